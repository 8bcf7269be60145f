"""The page Unacknowledged: which messages are not settled, since when, and who holds them."""

from dashboard.components import frame
from dashboard.components.unacked import PARAMETERS, draw

frame.page("Unacknowledged", PARAMETERS, draw)
