"""Traces of events whose spans tell what lines do not: message IDs, calls, causes. And what is then marked."""

from typing import Any

import pandas as pd
import pytest

from eventrail.analysis.assemble import assemble_trace
from eventrail.model.events import Operation, as_events
from eventrail.model.trace import StepState, Trace, TraceState
from eventrail.testing.builders import EventBook

START = pd.Timestamp("2026-01-31T09:00:00Z")


def row(span: str, operation: Operation, at_ms: float, pod: str, parent: str | None = None, **columns: Any) -> Any:
    """A row that a span makes."""
    return {
        "time": START + pd.Timedelta(at_ms, unit="ms"),
        "document_id": f"{span} {operation}",
        "operation": str(operation),
        "service": pod.rsplit("-", 1)[0],
        "pod": pod,
        "correlation_id": "event-1",
        "span_id": span,
        "parent_span_id": parent,
        **columns,
    }


def work(span: str, at_ms: float, took_ms: float, pod: str, parent: str | None = None) -> Any:
    """A span that says neither message nor call."""
    told = {"duration_seconds": took_ms / 1000, "call_method": f"{span}()"}
    return row(span, Operation.WORK, at_ms, pod, parent, **told)


def delivery(span: str, at_ms: float, took_ms: float, pod: str, parent: str) -> list[Any]:
    """The rows of a consumer's span."""
    return [
        row(span, Operation.PROCESS, at_ms, pod, parent, queue="payments"),
        row(span, Operation.SETTLE, at_ms + took_ms, pod, parent, queue="payments"),
    ]


def assembled(rows: list[Any], at_ms: float = 10_000) -> Trace:
    return assemble_trace("event-1", as_events(pd.DataFrame(rows)), START + pd.Timedelta(at_ms, unit="ms"))


def tree(trace: Trace) -> dict[str, str | None]:
    """Each step and its cause."""
    causes = trace.steps["parent_id"].astype(object)
    return dict(zip(trace.steps["id"], causes.where(causes.notna(), None), strict=True))


def marks(trace: Trace) -> dict[str, str]:
    return {step: names for step, names in zip(trace.steps["id"], trace.steps["inferred"], strict=True) if names}


def order_by_spans() -> list[Any]:
    """A request that orders calls, within which orders publishes; payments handles it and calls limits."""
    return [
        work("in", 0, 50, "orders-1"),
        work("controller", 1, 48, "orders-1", "in"),
        row("sent", Operation.SEND, 2, "orders-1", "controller", exchange=""),
        *delivery("got", 5, 30, "payments-1", "sent"),
        work("handler", 6, 28, "payments-1", "got"),
        work("ask", 7, 20, "payments-1", "handler"),
        work("asked", 9, 15, "limits-1", "ask"),
        work("select", 10, 3, "limits-1", "asked"),
    ]


def test_spans_lead_from_a_request_through_the_queue_to_the_call_in_its_handling() -> None:
    trace = assembled(order_by_spans())

    assert tree(trace) == {
        "call:in.server": None,
        "publish:sent": "call:in.server",
        "wait:payments:sent": "publish:sent",
        "handle:payments:sent": "wait:payments:sent",
        "call:ask.client": "handle:payments:sent",
        "call:asked.server": "call:ask.client",
    }
    assert trace.state is TraceState.COMPLETE
    calls = trace.steps.set_index("id").loc[["call:in.server", "call:ask.client", "call:asked.server"]]
    assert calls["peer_service"].isna().tolist() == [True, False, False]
    assert calls["peer_service"].tolist()[1:] == ["limits", "payments"]
    assert ((calls["end"] - calls["start"]) / pd.Timedelta(1, unit="ms")).tolist() == [50, 20, 15]


def test_what_spans_only_imply_is_marked() -> None:
    assert marks(assembled(order_by_spans())) == {
        "call:in.server": "kind",
        "publish:sent": "message_id",
        "wait:payments:sent": "end,message_id",
        "handle:payments:sent": "start,outcome,message_id",
        "call:ask.client": "kind",
        "call:asked.server": "kind",
    }


def test_no_span_is_lost_uncounted() -> None:
    (told,) = [problem for problem in assembled(order_by_spans()).warnings if problem.severity == "info"]

    assert told.what == "3 spans are work inside a step and no step"


def test_an_event_is_shown_as_its_spans_were_at_the_instant_asked_for() -> None:
    trace = assembled(order_by_spans(), at_ms=15)

    assert trace.steps.set_index("id")["state"].to_dict() == {
        "publish:sent": StepState.COMPLETE,
        "wait:payments:sent": StepState.COMPLETE,
        "handle:payments:sent": StepState.OUTSTANDING,
    }


def test_an_id_that_is_stated_stays_and_names_the_delivery_too() -> None:
    rows = [
        row("sent", Operation.SEND, 0, "orders-1", message_id="m1"),
        *delivery("got", 5, 3, "payments-1", "sent"),
    ]
    trace = assembled(rows)

    assert list(tree(trace)) == ["publish:m1", "wait:payments:m1", "handle:payments:m1"]
    assert "publish:m1" not in marks(trace)
    assert "message_id" in marks(trace)["handle:payments:m1"]


def test_a_handling_below_its_arrival_is_of_the_same_message() -> None:
    rows = [
        row("sent", Operation.SEND, 0, "orders-1"),
        row("arrived", Operation.RECEIVE, 2, "payments-1", "sent", queue="payments"),
        *delivery("got", 5, 3, "payments-1", "arrived"),
        work("ask", 6, 1, "payments-1", "got"),
        work("asked", 6.2, 0.5, "limits-1", "ask"),
    ]

    assert tree(assembled(rows)) == {
        "publish:sent": None,
        "wait:payments:sent": "publish:sent",
        "handle:payments:sent": "wait:payments:sent",
        "call:ask.client": "handle:payments:sent",
        "call:asked.server": "call:ask.client",
    }


def test_a_span_in_which_two_messages_were_published_names_neither() -> None:
    rows = [
        row("handler", Operation.SEND, 0, "orders-1", document_id="first"),
        row("handler", Operation.SEND, 1, "orders-1", document_id="second"),
        *delivery("got", 5, 3, "payments-1", "handler"),
    ]

    assert assembled(rows).steps["message_id"].isna().all()


def test_a_span_whose_parent_ran_in_the_same_pod_is_work_inside_it() -> None:
    rows = [
        work("in", 0, 9, "orders-1"),
        work("inner", 1, 5, "orders-1", "in"),
        work("leaf", 2, 1, "orders-1", "inner"),
    ]

    assert tree(assembled(rows)) == {"call:in.server": None}


def test_a_call_without_a_callers_span_hangs_under_the_span_that_caused_it() -> None:
    rows = [work("in", 0, 9, "orders-1"), work("called", 1, 5, "limits-1", "in")]
    trace = assembled(rows)

    assert tree(trace) == {"call:in.server": None, "call:called.server": "call:in.server"}
    assert trace.steps["peer_service"].tolist()[1] == "orders"


def test_a_span_whose_parent_is_lost_stays_work_and_is_counted() -> None:
    trace = assembled([work("in", 0, 9, "orders-1"), work("stray", 1, 5, "limits-1", "nobody")])

    assert tree(trace) == {"call:in.server": None}
    assert "1 span is work inside a step and no step" in [problem.what for problem in trace.warnings]


def test_spans_that_cause_each_other_in_a_circle_do_no_harm() -> None:
    rows = [work("a", 0, 9, "orders-1", "b"), work("b", 1, 5, "limits-1", "a"), work("c", 1, 5, "limits-1", "c")]

    assert set(tree(assembled(rows))) == {"call:a.server", "call:b.server"}


def test_a_stated_cause_stays_whatever_spans_say() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="orders-1")
    book.handle(1, "m1", queue="payments", pod="payments-1", held_seconds=3)
    book.publish(2, "m2", pod="payments-1", causation_id="m1", span_id="s", parent_span_id="other")
    book.call(2.5, pod="payments-1", peer_service="limits", span_id="other")
    trace = assemble_trace("event-1", book.events(), book.time(60))

    assert tree(trace)["publish:m2"] == "handle:payments:m1"


def test_a_cause_by_spans_replaces_an_inferred_one_and_its_mark() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="orders-1")
    book.handle(1, "m1", queue="payments", pod="payments-1", held_seconds=3)
    book.publish(2, "m2", pod="payments-1", span_id="s", parent_span_id="served")
    book.call(2.5, pod="payments-1", peer_service="", span_kind="server", span_id="served", duration_seconds=1.0)
    trace = assemble_trace("event-1", book.events(), book.time(60))

    assert tree(trace)["publish:m2"] == "call:served.server"
    assert "parent_id" not in marks(trace).get("publish:m2", "")


@pytest.mark.parametrize("missing", ["pod", "service"])
def test_pods_or_services_tell_that_a_span_ran_elsewhere(missing: str) -> None:
    rows = [each | {missing: None} for each in (work("in", 0, 9, "orders-1"), work("called", 1, 5, "limits-1", "in"))]

    assert list(tree(assembled(rows))) == ["call:in.server", "call:called.server"]
