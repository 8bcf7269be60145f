"""Are the sources there, and do they hold what is needed?"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import SourceCheck
from eventrail.model.window import Window
from eventrail.sources.ports import Sources

CHECK_SECONDS: Final = 900.0


def check_sources(sources: Sources, *, now: datetime, window: Window | None = None) -> tuple[SourceCheck, ...]:
    """Check each source side by side; window: what a sample is taken of, by default see `sample_window`."""
    return tuple(side_by_side(list(checks_of(sources, window or sample_window(sources, now)).values())))


def sample_window(sources: Sources, now: datetime) -> Window:
    """Give what a file holds, else the last 15 minutes."""
    return sources.extent or Window.before(sources.opening or now, CHECK_SECONDS)


def checks_of(sources: Sources, window: Window) -> dict[str, Callable[[], SourceCheck]]:
    """Give what to call to check each source, by the source's name."""
    questions: dict[str, Callable[[], SourceCheck]] = {}
    if sources.logs is not None:
        questions[sources.logs.name] = partial(sources.logs.check, window)
    if sources.metrics is not None:
        questions[sources.metrics.name] = partial(sources.metrics.check, window)
    if sources.broker is not None:
        questions[sources.broker.name] = sources.broker.check
    return questions
