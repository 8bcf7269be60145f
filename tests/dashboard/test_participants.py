"""Which calls of an event are drawn, and between whom."""

import pytest

from dashboard.shaping.flow_graph import flow_graph
from dashboard.shaping.participants import calls_made
from dashboard.shaping.sequence import sequence
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook


@pytest.fixture
def book() -> EventBook:
    """Payments asks limits; both write a line."""
    book = EventBook()
    book.call(1.0, pod="payments-1", peer_service="limits", span_id="s-1", duration_seconds=0.5)
    book.call(
        0.9,
        pod="limits-1",
        peer_service="payments",
        span_kind="server",
        span_id="s-2",
        parent_span_id="s-1",
        duration_seconds=0.3,
    )
    return book


def trace_of(book: EventBook) -> Trace:
    return assemble_trace("event-1", book.events(), book.time(2.0))


def ends(trace: Trace) -> list[tuple[str, str]]:
    made = calls_made(trace.steps)
    return list(zip(made["caller"], made["called"], strict=True))


def test_the_lines_of_both_sides_are_one_call(book: EventBook) -> None:
    assert ends(trace_of(book)) == [("payments", "limits")]


def test_a_call_made_while_answering_another_is_drawn_too(book: EventBook) -> None:
    book.call(0.8, pod="limits-1", peer_service="rates", span_id="s-3", parent_span_id="s-2", duration_seconds=0.1)
    trace = trace_of(book)
    assert ends(trace) == [("payments", "limits"), ("limits", "rates")]

    shaped = sequence(trace)
    assert shaped.participants["name"].tolist() == ["payments", "limits", "rates"]
    assert list(zip(shaped.arrows["source"], shaped.arrows["target"], strict=True)) == [(0, 1), (1, 2)]
    edges = flow_graph(trace).edges
    assert edges[["source", "target"]].to_numpy().tolist() == [
        ["service:payments", "service:limits"],
        ["service:limits", "service:rates"],
    ]


def test_an_answer_whose_caller_writes_nothing_points_at_who_answers() -> None:
    book = EventBook()
    book.call(0.9, pod="limits-1", peer_service="payments", span_kind="server", span_id="s-2", duration_seconds=0.3)
    assert ends(trace_of(book)) == [("payments", "limits")]
