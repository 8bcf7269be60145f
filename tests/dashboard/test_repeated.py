"""What is done once for an event, however often its page is drawn anew."""

import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.caching import cache_utils

from dashboard.components import trace_loading
from dashboard.components.trace_loading import StepsKept
from dashboard.shaping import trace_shapes
from eventrail import clock
from tests.dashboard.conftest import OpenPage
from tests.dashboard.story import story

SHAPING = ("waterfall", "sequence", "flow_graph", "whole_panels", "first_lines", "line_table", "count_lines")
ASKED = ("investigate_trace", "investigate_usual")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often the event is asked for and shaped, beginning with nothing kept."""
    st.cache_data.clear()
    st.cache_resource.clear()
    counted: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        real = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            counted[name] += 1
            return real(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    for name in SHAPING:
        count(trace_shapes, name)
    for name in ASKED:
        count(trace_loading, name)
    return counted


def test_what_is_not_shown_is_not_shaped_and_what_is_shown_is_shaped_once(
    open_page: OpenPage, done: Counter[str]
) -> None:
    page = open_page("trace", trace_id=story().stuck[0])
    first = {"investigate_trace", "investigate_usual", "waterfall", "whole_panels", "first_lines", "count_lines"}
    assert dict(done) == dict.fromkeys(first, 1)

    for step in ("publish:card.purchased", "another", ""):
        page.query_params["trace_step"] = step
        page.run()
    assert dict(done) == dict.fromkeys(first, 1)

    for drawing in ("sequence", "flow", "waterfall", "sequence", "flow"):
        page.query_params["trace_drawing"] = drawing
        page.run()
    assert dict(done) == dict.fromkeys(first | {"sequence", "flow_graph"}, 1)

    for words in ("lock", "row 8812", "nothing holds this"):
        page.query_params["trace_lines"] = words
        page.run()
    assert dict(done) == dict.fromkeys(first | {"sequence", "flow_graph", "line_table"}, 1)
    assert not page.exception


def test_the_answer_itself_is_kept_and_no_copy_of_it(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_out = []
    real = trace_loading.trace

    def keeping(*arguments: Any, **named: Any) -> Any:
        handed_out.append(real(*arguments, **named))
        return handed_out[-1]

    monkeypatch.setattr(trace_loading, "trace", keeping)
    page = open_page("trace", trace_id=story().stuck[0])
    page.run()

    assert len(handed_out) > 1
    assert all(shapes.answer is handed_out[0].answer for shapes in handed_out)


def test_hours_later_a_recording_is_not_asked_again(
    open_page: OpenPage, done: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, now = [0.0], clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=passed[0]))
    monkeypatch.setattr(cache_utils, "TTLCACHE_TIMER", lambda: time.monotonic() + passed[0])
    st.cache_resource.clear()  # caches made from here on go by that time

    page = open_page("trace", trace_id=story().stuck[0])
    passed[0] = 3 * 3600.0
    page.run()

    assert (done["investigate_trace"], done["investigate_usual"]) == (1, 1)


def test_answers_of_many_steps_make_the_longest_unused_be_forgotten_but_never_the_one_that_is_shown() -> None:
    kept = StepsKept(most=100)

    assert kept.use(("a",), 60) == []
    assert kept.use(("b",), 30) == []
    assert kept.use(("a",), 60) == []
    assert kept.use(("c",), 40) == [("b",)]
    assert kept.use(("huge",), 1_000) == [("a",), ("c",)]
    assert kept.use(("huge",), 1_000) == []
    assert kept.use(("a",), 60) == [("huge",)]
