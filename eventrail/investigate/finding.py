"""Find an event when all one has is a piece of it."""

from datetime import datetime
from typing import Final

import pandas as pd

from eventrail.investigate.answers import FoundEvents
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import Sources

SEARCH_SECONDS: Final = 24 * 3600.0
NO_LOGS: Final = Problem("logs", "no log source is configured", "configure [elasticsearch] in eventrail.toml", "error")


def searched_window(sources: Sources, now: datetime, window: Window | None, as_of: datetime | None = None) -> Window:
    """Give the window asked for, else a file's whole extent up to `as_of`, else the day up to `as_of` or now."""
    if window is not None:
        return window
    end = as_of or sources.opening or now
    if sources.extent is not None:
        return Window(min(sources.extent.start, end), end)
    return Window.before(end, SEARCH_SECONDS)


def find_events(
    sources: Sources, text: str, *, now: datetime, window: Window | None = None, limit: int = 50
) -> FoundEvents:
    """Find events by a correlation ID's beginning, message ID, event type, service or words, newest first."""
    searched = searched_window(sources, now, window)
    empty = pd.DataFrame({"correlation_id": [], "newest": [], "lines": [], "matched": []})
    wanted = text.strip()
    if sources.logs is None:
        return FoundEvents(wanted, searched, empty, (NO_LOGS,))
    if not wanted:
        return FoundEvents(wanted, searched, empty, ())
    answer = sources.logs.find(wanted, searched, limit)
    return FoundEvents(wanted, searched, answer.frame, answer.problems)
