"""The answers that pages lay out, loaded once for all readers who ask the same.

Loaders give answers whose problems are values: what is cached is never an exception, so that a dead source is not
asked again by each reader's each refresh. The arguments are rounded instants (`Asked`).
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components.place import Asked
from dashboard.components.settings import settings
from dashboard.shaping.overview import Answering
from eventrail.investigate.answers import FoundEvents, Moment, Overview, TraceAnswer, UnackedAnswer
from eventrail.investigate.checking import CHECK_SECONDS, check_sources
from eventrail.investigate.finding import SEARCH_SECONDS, find_events
from eventrail.investigate.moment import find_moment
from eventrail.investigate.overview import investigate_overview
from eventrail.investigate.tracing import investigate_trace
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.answers import SourceCheck, TableAnswer
from eventrail.model.window import Window
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources

SOURCE_VARIABLE: Final = "EVENTRAIL_SOURCE"
USUAL_SOURCE: Final = "live"

KEPT_SECONDS: Final = 120.0
MOST_KEPT: Final = 64
MOST_TRACES_KEPT: Final = 24
CHECKED_SECONDS: Final = 20.0
MOST_FOUND: Final = 50
WIDEST_HOURS: Final = 24.0 * 31
NO_PODS: Final = pd.DataFrame(
    {"service": [], "pod": [], "node": [], "newest": pd.to_datetime([], utc=True), "documents": [], "heartbeats": []}
)


@st.cache_resource(show_spinner=False)
def opened_sources() -> Sources:
    """Open what EVENTRAIL_SOURCE names. Raises EventrailError, which is not cached: a repaired file is seen at once."""
    return open_sources(os.environ.get(SOURCE_VARIABLE, USUAL_SOURCE), settings())


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def overview(asked: Asked) -> Overview:
    """Give the answer of the page Now."""
    return investigate_overview(opened_sources(), now=asked.now, as_of=asked.as_of, window_seconds=asked.window_seconds)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def unacked(asked: Asked) -> UnackedAnswer:
    """Give the answer of the page Unacknowledged, for all queues."""
    return investigate_unacked(opened_sources(), now=asked.now, as_of=asked.as_of, window_seconds=asked.window_seconds)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_TRACES_KEPT, show_spinner=False)
def trace(asked: Asked, correlation_id: str, hours: float | None) -> TraceAnswer:
    """Give the answer of the page Trace; hours: how far back to look, None as far as is usual."""
    window = _searched(asked, hours)
    return investigate_trace(opened_sources(), correlation_id, now=asked.now, as_of=asked.as_of, window=window)


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def found(asked: Asked, text: str, hours: float | None) -> FoundEvents:
    """Give the events that a text finds."""
    return find_events(opened_sources(), text, now=asked.now, window=_searched(asked, hours), limit=MOST_FOUND)


@st.cache_data(ttl=CHECKED_SECONDS, max_entries=4, show_spinner=False)
def checks(asked: Asked) -> tuple[SourceCheck, ...]:
    """Give each source's health, by a sample of the lines before the instant."""
    end = asked.as_of or asked.now
    return check_sources(opened_sources(), now=asked.now, window=Window.before(end, CHECK_SECONDS))


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def moment(asked: Asked) -> Moment:
    """Give the moment that the pages speak about."""
    return find_moment(opened_sources(), asked.now, asked.as_of).moment


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def freshness(asked: Asked) -> TableAnswer:
    """Give each pod's newest line; see LogSource.freshness."""
    logs = opened_sources().logs
    return (
        TableAnswer(NO_PODS) if logs is None else logs.freshness(Window.before(asked.as_of or asked.now, CHECK_SECONDS))
    )


def _searched(asked: Asked, hours: float | None) -> Window | None:
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
