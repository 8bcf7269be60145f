"""The page Sources: whether what the other pages rest on is there."""

from dashboard.components import frame
from dashboard.components.sources import draw

frame.page("Sources", (), draw)
