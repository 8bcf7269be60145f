"""The answers of the page Unacknowledged, loaded once for all readers who ask the same.

There may be a hundred thousand deliveries. The answer is therefore handed out as it is, not as a copy for each drawing
of the page, as a trace's is; how many answers are kept goes by their deliveries.
"""

from typing import Any, Final

import streamlit as st

from dashboard.components.loading import KEPT_SECONDS, LIVE_SECONDS, MOST_KEPT, doubt_checks, opened_sources
from dashboard.components.place import Asked
from dashboard.components.trace_loading import StepsKept
from dashboard.shaping.unacked_shapes import UnackedShapes
from eventrail import clock
from eventrail.investigate.queue_curves import QueueCurves, read_queue_curves
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.window import Window

# A kept delivery takes about 1 KB with what is drawn of it.
MOST_DELIVERIES_KEPT: Final = 1_000_000


def unacked(asked: Asked) -> UnackedShapes:
    """Give the answer for all queues. Live, one that has grown old is shown until the next one is there."""
    load: Any = _live if asked.as_of is None else _kept
    when = asked.window_seconds if asked.as_of is None else asked
    shapes: UnackedShapes = load(when)
    for forgotten, *arguments in _deliveries_kept().use((load, when), len(shapes.deliveries)):
        forgotten.clear(*arguments)
    return shapes


@st.cache_data(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def queue_curves(vhost: str, queue: str, window: Window) -> QueueCurves:
    """Give the curves of one queue; see read_queue_curves."""
    return read_queue_curves(opened_sources(), vhost, queue, window)


@st.cache_resource(show_spinner=False)
def _deliveries_kept() -> StepsKept:
    return StepsKept(MOST_DELIVERIES_KEPT)


@st.cache_resource(ttl=LIVE_SECONDS, max_entries=MOST_KEPT, refresh_mode="background", show_spinner=False)
def _live(window_seconds: float) -> Any:
    return _ask(Asked(clock.now(), None, window_seconds))


@st.cache_resource(ttl=KEPT_SECONDS, max_entries=MOST_KEPT, show_spinner=False)
def _kept(asked: Asked) -> Any:
    return _ask(asked)


def _ask(asked: Asked) -> UnackedShapes:
    answer = investigate_unacked(
        opened_sources(), now=asked.now, as_of=asked.as_of, window_seconds=asked.window_seconds
    )
    doubt_checks(answer.problems, asked)
    return UnackedShapes(answer)
