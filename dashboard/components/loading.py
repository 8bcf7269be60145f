"""The answers that pages lay out, loaded once for all readers who ask the same.

Loaders give answers whose problems are values: what is cached is never an exception, so that a dead source is not
asked again by each reader's each refresh. For a set instant the answer is kept under the instant. Live, the last answer
is given at once while the next is being made, so that a page that draws itself anew neither fades nor jumps.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import streamlit as st

from dashboard.components.place import Asked
from dashboard.components.settings import settings
from dashboard.shaping.overview import Answering
from eventrail import clock
from eventrail.investigate.answers import FoundEvents, Moment, Overview, WaitingAnswer
from eventrail.investigate.checking import CHECK_SECONDS, sample_window
from eventrail.investigate.finding import SEARCH_SECONDS, find_events
from eventrail.investigate.kept_checks import KeptChecks
from eventrail.investigate.moment import find_moment
from eventrail.investigate.overview import investigate_overview
from eventrail.investigate.waiting import investigate_waiting
from eventrail.model.answers import SourceCheck, TableAnswer
from eventrail.model.problem import Problem
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources

SOURCE_VARIABLE: Final = "EVENTRAIL_SOURCE"
USUAL_SOURCE: Final = "live"

LIVE_SECONDS: Final = 4.0  # below the usual refreshing, so that each refresh sets the next answer going
KEPT_SECONDS: Final = 120.0
SERVICES_SECONDS: Final = 300.0  # a new service need not have its own colour at once
MOST_KEPT: Final = 96
MOST_FOUND: Final = 50
WIDEST_HOURS: Final = 24.0 * 31


@st.cache_resource(show_spinner=False)
def opened_sources() -> Sources:
    """Open what EVENTRAIL_SOURCE names. Raises EventrailError, which is not cached: a repaired file is seen at once."""
    return open_sources(os.environ.get(SOURCE_VARIABLE, USUAL_SOURCE), settings())


@st.cache_resource(show_spinner=False)
def _kept_checks() -> KeptChecks:
    return KeptChecks(opened_sources())


def doubt_checks(problems: tuple[Problem, ...], asked: Asked) -> None:
    """Let what was met while asking put the sources' kept health in doubt."""
    _kept_checks().doubt(problems, now=asked.now)


@st.cache_resource(show_spinner=False)
def _services_seen() -> set[str]:
    return set()


@st.cache_data(ttl=SERVICES_SECONDS, refresh_mode="background", show_spinner=False)
def known_services() -> frozenset[str]:
    """Give the services that write logs: a file's all, of servers those of the last minutes and any seen before."""
    sources = opened_sources()
    if sources.logs is None:
        return frozenset()
    writing = sources.logs.activity(sample_window(sources, clock.now())).frame["service"].dropna()
    seen = _services_seen()
    seen.update(str(service) for service in writing)
    return frozenset(seen)


def overview(asked: Asked) -> Overview:
    """Give the answer of the page Now."""
    answer: Overview = _ask("overview", asked)
    return answer


def waiting_messages(asked: Asked) -> WaitingAnswer:
    """Give what waits in queues, for the page Unacknowledged."""
    answer: WaitingAnswer = _ask("waiting", asked)
    return answer


def found(asked: Asked, text: str, hours: float | None) -> FoundEvents:
    """Give the events that a text finds."""
    answer: FoundEvents = _ask("found", asked, text, hours)
    return answer


def checks(asked: Asked) -> tuple[SourceCheck, ...]:
    """Give each source's health, by a sample of the lines before the instant."""
    answer: tuple[SourceCheck, ...] = _ask("checks", asked)
    return answer


def moment(asked: Asked) -> Moment:
    """Give the moment that the pages speak about."""
    answer: Moment = _ask("moment", asked)
    return answer


def freshness(asked: Asked) -> TableAnswer:
    """Give each pod's newest line; see LogSource.freshness."""
    answer: TableAnswer = _ask("freshness", asked)
    return answer


def _ask(question: str, asked: Asked, *about: str | float | None) -> Any:
    """Ask once for all readers. Live, an answer that has grown old is shown until the next one is there."""
    if asked.as_of is None:
        return _live(question, asked.window_seconds, *about)
    return _kept(question, asked, *about)


@st.cache_data(ttl=LIVE_SECONDS, max_entries=MOST_KEPT, refresh_mode="background", show_spinner=False)
def _live(question: str, window_seconds: float, *about: str | float | None) -> Any:
    return _QUESTIONS[question](Asked(clock.now(), None, window_seconds), *about)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def _kept(question: str, asked: Asked, *about: str | float | None) -> Any:
    return _QUESTIONS[question](asked, *about)


def _overview(asked: Asked) -> Overview:
    return investigate_overview(
        opened_sources(),
        now=asked.now,
        as_of=asked.as_of,
        window_seconds=asked.window_seconds,
        kept_checks=_kept_checks(),
    )


def _waiting(asked: Asked) -> WaitingAnswer:
    answer = investigate_waiting(
        opened_sources(), now=asked.now, as_of=asked.as_of, window_seconds=asked.window_seconds
    )
    doubt_checks(answer.problems, asked)
    return answer


def _found(asked: Asked, text: str, hours: float | None) -> FoundEvents:
    return find_events(opened_sources(), text, now=asked.now, window=searched_window(asked, hours), limit=MOST_FOUND)


def _checks(asked: Asked) -> tuple[SourceCheck, ...]:
    return _kept_checks().ask(now=asked.now, window=_recent(asked))


def _moment(asked: Asked) -> Moment:
    return find_moment(opened_sources(), asked.now, asked.as_of).moment


def _freshness(asked: Asked) -> TableAnswer:
    logs = opened_sources().logs
    answer = TableAnswer(conform({}, FRESHNESS_COLUMNS)) if logs is None else logs.freshness(_recent(asked))
    doubt_checks(answer.problems, asked)
    return answer


_QUESTIONS: Final[dict[str, Callable[..., Any]]] = {
    "overview": _overview,
    "waiting": _waiting,
    "found": _found,
    "checks": _checks,
    "moment": _moment,
    "freshness": _freshness,
}


def _recent(asked: Asked) -> Window:
    return Window.before(asked.as_of or asked.now, CHECK_SECONDS)


def searched_window(asked: Asked, hours: float | None) -> Window | None:
    """Give where lines are looked for: up to the instant shown, from as far back as the reader wants or is usual."""
    extent = opened_sources().extent
    end = asked.as_of or asked.now
    if hours is not None:
        return Window(end - timedelta(hours=min(hours, WIDEST_HOURS)), end)
    if extent is not None:
        return Window(min(extent.start, end), end)
    return Window.before(end, SEARCH_SECONDS) if asked.as_of is not None else None


def answering(found: Sequence[SourceCheck]) -> Answering:
    """Tell from the checks which kinds of source answer."""
    up = {check.source for check in found if check.reachable}
    sources = opened_sources()
    return Answering(
        logs=sources.logs is not None and sources.logs.name in up,
        metrics=sources.metrics is not None and sources.metrics.name in up,
    )


@contextmanager
def waiting(place: Any, page: str, height: int = 320) -> Iterator[None]:
    """Hold a page's place while it is loaded for the first time; a refresh keeps what is there until it has more."""
    seen = st.session_state.setdefault("loading.seen", set())
    if page in seen:
        yield
        return
    with place.skeleton(height=height):
        yield
    seen.add(page)
