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
    """Check each source side by side; window: what a sample is taken of, by default the last 15 minutes."""
    looked_at = window or sources.extent or Window.before(sources.opening or now, CHECK_SECONDS)
    questions: list[Callable[[], SourceCheck]] = []
    if sources.logs is not None:
        questions.append(partial(sources.logs.check, looked_at))
    if sources.metrics is not None:
        questions.append(partial(sources.metrics.check, looked_at))
    if sources.broker is not None:
        questions.append(sources.broker.check)
    return tuple(side_by_side(questions))
