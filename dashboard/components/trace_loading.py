"""The answers of the page Trace, loaded once for all readers who ask the same.

An event may have a million steps. Its answer is therefore handed out as it is, not as a copy for each drawing of the
page: answers are frozen, and nobody may change their tables in place. How many are kept goes by their steps.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

import streamlit as st

from dashboard.components.loading import (
    KEPT_SECONDS,
    LIVE_SECONDS,
    MOST_KEPT,
    doubt_checks,
    opened_sources,
    searched_window,
)
from dashboard.components.place import Asked
from dashboard.components.trace_progress import board
from dashboard.shaping.trace_shapes import TraceShapes
from eventrail import clock
from eventrail.investigate.answers import UsualAnswer
from eventrail.investigate.finding import NO_LOGS
from eventrail.investigate.tracing import investigate_trace
from eventrail.investigate.usual import investigate_usual
from eventrail.model.answers import RawDocument

# A kept step takes about 1 KB with what is drawn of it.
MOST_STEPS_KEPT: Final = 1_500_000

_Arguments = tuple[Any, ...]


@dataclass(slots=True)
class StepsKept:
    """Counts the steps of the answers that are kept, and says which to forget."""

    most: int = MOST_STEPS_KEPT
    _steps: "OrderedDict[_Arguments, int]" = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def use(self, asked: _Arguments, steps: int) -> list[_Arguments]:
        """Note that the answer to `asked` is used; give those to forget, the longest unused first, never this one."""
        with self._lock:
            self._steps[asked] = steps
            self._steps.move_to_end(asked)
            forgotten = []
            while len(self._steps) > 1 and sum(self._steps.values()) > self.most:
                forgotten.append(self._steps.popitem(last=False)[0])
            return forgotten


def trace(asked: Asked, correlation_id: str, hours: float | None, *, correct_clocks: bool = False) -> TraceShapes:
    """Give the event with all that is drawn of it; hours: how far back to look, None as far as is usual."""
    about = (correlation_id, hours, correct_clocks)
    load, when = _way(asked)
    shapes: TraceShapes = load("trace", when, *about)
    steps = 0 if shapes.answer.trace is None else len(shapes.trace.steps)
    for forget, *arguments in _steps_kept().use((load, when, *about), steps):
        forget.clear("trace", *arguments)
    return shapes


def usual(asked: Asked, correlation_id: str, hours: float | None) -> UsualAnswer | None:
    """Give what is usual of the event's type, what it lacks and its twin; None where the event was not found."""
    load, when = _way(asked)
    answer: UsualAnswer | None = load("usual", when, correlation_id, hours)
    return answer


def _way(asked: Asked) -> tuple[Any, Asked | float]:
    """Give how an answer is kept, and what stands for the instant there.

    Live, one that has grown old is shown until the next is there. What a file answers never grows old.
    """
    if asked.as_of is None:
        return _live, asked.window_seconds
    return (_kept if opened_sources().extent is None else _of_file), asked


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def raw_document(document_id: str) -> RawDocument:
    """Give a log line as its source holds it; see LogSource.raw_document."""
    logs = opened_sources().logs
    return RawDocument("", (NO_LOGS,)) if logs is None else logs.raw_document(document_id)


@st.cache_resource(show_spinner=False)
def _steps_kept() -> StepsKept:
    return StepsKept()


@st.cache_resource(ttl=LIVE_SECONDS, max_entries=MOST_KEPT, refresh_mode="background", show_spinner=False)
def _live(question: str, window_seconds: float, *about: str | float | None) -> Any:
    return _QUESTIONS[question](Asked(clock.now(), None, window_seconds), *about)


@st.cache_resource(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def _kept(question: str, asked: Asked, *about: str | float | None) -> Any:
    return _QUESTIONS[question](asked, *about)


@st.cache_resource(max_entries=MOST_KEPT, show_spinner=False)
def _of_file(question: str, asked: Asked, *about: str | float | None) -> Any:
    return _QUESTIONS[question](asked, *about)


def _trace(asked: Asked, correlation_id: str, hours: float | None, correct_clocks: bool) -> TraceShapes:
    answer = investigate_trace(
        opened_sources(),
        correlation_id,
        now=asked.now,
        as_of=asked.as_of,
        window=searched_window(asked, hours),
        correct_clocks=correct_clocks,
        on_progress=board().of(correlation_id),
    )
    board().forget(correlation_id)
    doubt_checks(answer.problems, asked)
    return TraceShapes(answer)


def _usual(asked: Asked, correlation_id: str, hours: float | None) -> UsualAnswer | None:
    event = trace(asked, correlation_id, hours).answer.trace
    return None if event is None else investigate_usual(opened_sources(), event)


_QUESTIONS: Final[dict[str, Callable[..., Any]]] = {"trace": _trace, "usual": _usual}
