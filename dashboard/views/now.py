"""The page Now: what is wrong at this instant."""

from dashboard.components import frame
from dashboard.components.now import draw

frame.page("Now", (), draw)
