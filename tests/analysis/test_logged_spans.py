"""Events of which only plain lines tell: the spans that they were written in are the steps."""

from typing import Any

import pandas as pd

from eventrail.analysis.assemble import assemble_trace
from eventrail.model.events import Operation, as_events
from eventrail.model.trace import StepState, Trace, TraceState

START = pd.Timestamp("2026-01-31T09:00:00Z")
INFERRED = "kind,start,end"


def lines(span: str | None, pod: str, *at_ms: float, parent: str | None = None, method: str = "") -> list[Any]:
    """A line at each of the times, written in a span."""
    return [
        {
            "time": START + pd.Timedelta(at, unit="ms"),
            "document_id": f"{span} {pod} {at}",
            "operation": str(Operation.LOG),
            "service": pod.rsplit("-", 1)[0],
            "pod": pod,
            "correlation_id": "event-1",
            "span_id": span,
            "parent_span_id": parent,
            "call_method": method or f"{span}()",
            "message": "said",
        }
        for at in at_ms
    ]


def assembled(*parts: list[Any]) -> Trace:
    rows = pd.DataFrame([line for part in parts for line in part])
    return assemble_trace("event-1", as_events(rows), START + pd.Timedelta(1, unit="h"))


def told(trace: Trace) -> list[tuple[str, str | None, str]]:
    """Each step, its cause and what is inferred."""
    causes = trace.steps["parent_id"].astype(object)
    return list(zip(trace.steps["id"], causes.where(causes.notna(), None), trace.steps["inferred"], strict=True))


def test_each_span_is_a_step_from_its_first_line_to_its_last_and_its_end_is_not_known() -> None:
    trace = assembled(lines("a", "orders-1", 0, 5, 9), lines("b", "limits-1", 2, 4))

    assert told(trace) == [
        ("call:a.server", None, INFERRED),
        ("call:b.server", "call:a.server", f"{INFERRED},parent_id"),
    ]
    assert set(trace.steps["state"]) == {StepState.UNKNOWN}
    assert trace.state is TraceState.UNKNOWN
    assert trace.services == ("orders", "limits")
    took = (trace.steps["end"] - trace.steps["start"]) / pd.Timedelta(1, unit="ms")
    assert took.tolist() == [9, 2]
    assert trace.steps["call_method"].tolist() == ["a()", "b()"]
    assert len(trace.log_lines) == 5


def test_a_parent_that_wrote_lines_itself_is_no_guess() -> None:
    trace = assembled(lines("a", "orders-1", 0, 1), lines("b", "limits-1", 4, parent="a"))

    assert told(trace)[1] == ("call:b.server", "call:a.server", INFERRED)


def test_of_several_that_enclose_a_span_the_last_to_begin_is_its_cause() -> None:
    trace = assembled(lines("a", "orders-1", 0, 20), lines("b", "limits-1", 2, 10), lines("c", "accounts-1", 4, 5))

    assert [cause for _, cause, _ in told(trace)] == [None, "call:a.server", "call:b.server"]


def test_no_pod_calls_itself() -> None:
    trace = assembled(lines("a", "orders-1", 0, 20), lines("b", "limits-1", 2, 10), lines("c", "limits-1", 4, 5))

    assert [cause for _, cause, _ in told(trace)] == [None, "call:a.server", "call:a.server"]


def test_a_span_within_another_of_the_same_pod_is_work_inside_its_step() -> None:
    trace = assembled(lines("a", "orders-1", 2, 5), lines("b", "orders-1", 6, 8, parent="a"))

    assert told(trace) == [("call:a.server", None, INFERRED)]
    assert trace.steps["end"].tolist() == [START + pd.Timedelta(8, unit="ms")]


def test_a_delivery_is_told_by_its_spans_name_and_nobody_waits_for_it() -> None:
    trace = assembled(
        lines("a", "orders-1", 0, 20), lines("b", "payments-1", 4, 9, parent="sent", method="payments process")
    )
    handle = trace.steps.iloc[1]

    assert (handle["kind"], handle["queue"]) == ("handle", "payments")
    assert pd.isna(handle["parent_id"])
    assert pd.isna(handle["call_method"])
    assert handle["state"] == StepState.UNKNOWN


def test_lines_without_spans_stay_lines() -> None:
    trace = assembled(lines(None, "orders-1", 0, 5))

    assert len(trace.steps) == 0
    assert len(trace.log_lines) == 2


def test_where_lines_tell_of_a_message_their_spans_make_no_steps() -> None:
    sent = lines("b", "orders-1", 3)[0] | {"operation": str(Operation.SEND), "message_id": "m1", "document_id": "sent"}
    trace = assembled(lines("a", "orders-1", 0, 5), [sent])

    assert trace.steps["kind"].unique().tolist() == ["publish", "wait"]
