"""The page Trace: one event through the services."""

from dashboard.components import frame
from dashboard.components.trace import PARAMETERS, draw

frame.page("Trace", PARAMETERS, draw)
