"""Whatever lines say, in any order: a trace comes of it, every line counts once, and every cause is a step."""

from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.lines import Lines
from eventrail.analysis.spans_told import read_spans
from eventrail.model.events import EVENT_COLUMNS, Operation, Outcome, as_events
from eventrail.model.trace import STEP_COLUMNS, Trace

pytestmark = pytest.mark.slow

# The phase that explains a failure traces every line that runs, through all of pandas.
NO_EXPLANATION = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
START = pd.Timestamp("2026-01-31T09:00:00Z")
AS_OF = START + pd.Timedelta("1s")

# Few values each, so that lines meet; a service may leave out any of them.
VALUES = {
    "operation": [*map(str, Operation), "another"],
    "outcome": [*map(str, Outcome), "another"],
    "sequence": [1, 2],
    "document_id": ["d1", "d2", "d3", "d4", "d5"],
    "service": ["fraud"],
    "pod": ["fraud-1", "fraud-2"],
    "instance_id": ["fraud-1.1", "fraud-1.2"],
    "correlation_id": ["event-1"],
    "message_id": ["m1", "m2", "?", "m1#2", ""],
    "causation_id": ["m1", "m2", "m3"],
    "vhost": ["/"],
    "exchange": ["bank.events", ""],
    "routing_key": ["card.requested"],
    "queue": ["fraud.card-requested", "audit.card-requested", "?"],
    "channel_id": ["fraud-1.1/1/1", "fraud-2.1/1/1"],
    "delivery_tag": [1, 2, 2**53],
    "redelivered": [True, False],
    "attempt": [1, 2, -1],
    "duration_seconds": [0.001, 0.0, -1.0, 1e300, float("inf")],
    "error_type": ["Declined"],
    "span_kind": ["client", "server"],
    "span_id": ["a", "b"],
    "parent_span_id": ["a", "b"],
}
lines_of_any_kind = st.lists(
    st.tuples(
        st.integers(0, 20), st.fixed_dictionaries({name: st.sampled_from([None, *VALUES[name]]) for name in VALUES})
    ),
    max_size=15,
)
ROUTES = pd.DataFrame(
    {
        "exchange": ["bank.events", "bank.events", "bank.events", None],
        "routing_key": ["card.requested", "card.requested", "card.refused", "card.requested"],
        "queue": ["fraud.card-requested", "payments.card-requested", "fraud.card-refused", None],
    },
    dtype="str",
)


def table(lines: list[tuple[int, dict[str, Any]]]) -> pd.DataFrame:
    rows = [{"time": START + pd.Timedelta(milliseconds=at), **told} for at, told in lines]
    return as_events(pd.DataFrame(rows, columns=list(EVENT_COLUMNS)))


def of_kind(trace: Trace, kind: str) -> pd.DataFrame:
    return trace.steps[trace.steps["kind"] == kind]


@settings(max_examples=60, deadline=None, phases=NO_EXPLANATION)
@given(lines=lines_of_any_kind, routes=st.sampled_from([None, ROUTES]))
def test_any_lines_make_a_trace_in_which_every_line_counts_and_every_cause_is_a_step(
    lines: list[tuple[int, dict[str, Any]]], routes: pd.DataFrame | None
) -> None:
    events = table(lines)
    as_read = events.copy()

    trace = assemble_trace("event-1", events, AS_OF, routes)

    pd.testing.assert_frame_equal(events, as_read)
    # What spans tell is put into the lines first: a message's ID, a call, which is told when it has ended.
    told = read_spans(Lines(events), AS_OF).lines.events
    once, _ = clean(told[told["time"] <= AS_OF])
    counts = once["operation"].value_counts()
    deliveries = len(match_deliveries(once)[0])
    if counts.get("send", 0) + counts.get("call", 0) + deliveries:
        assert len(of_kind(trace, "publish")) == counts.get("send", 0)
        assert len(of_kind(trace, "call")) == counts.get("call", 0)
        assert len(of_kind(trace, "handle")) == deliveries
    else:
        spans_of_lines = once["span_id"][once["operation"] == "log"].nunique()
        assert len(trace.steps) <= spans_of_lines
        assert (len(trace.steps) > 0) == (spans_of_lines > 0)
    assert len(trace.log_lines) == counts.get("log", 0)
    assert {name: str(kind) for name, kind in trace.steps.dtypes.items()} == {
        name: kind for name, (kind, _) in STEP_COLUMNS.items()
    }
    assert trace.steps["start"].is_monotonic_increasing
    assert set(trace.steps["parent_id"].dropna()) <= set(trace.steps["id"])
    assert (trace.ended is None) == ((not len(trace.steps) and not len(once)) or is_open(trace))


def is_open(trace: Trace) -> bool:
    return bool(trace.steps["state"].isin(["outstanding", "waiting"]).any())


@settings(max_examples=60, deadline=None, phases=NO_EXPLANATION)
@given(lines=lines_of_any_kind, randomness=st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_lines_come_nor_whether_they_come_twice(
    lines: list[tuple[int, dict[str, Any]]], randomness: Any
) -> None:
    # Each line at its own instant and with its own document: what is equal in both may stand either way.
    apart = [(place, told | {"document_id": f"d{place}", "sequence": None}) for place, (_, told) in enumerate(lines)]
    told = assemble_trace("event-1", table(apart), AS_OF, ROUTES)
    mixed = [*apart, *apart]
    randomness.shuffle(mixed)

    again = assemble_trace("event-1", table(mixed), AS_OF, ROUTES)

    pd.testing.assert_frame_equal(again.steps, told.steps)
    pd.testing.assert_frame_equal(again.log_lines, told.log_lines)
    assert (again.state, again.started, again.ended) == (told.state, told.started, told.ended)
    assert [problem for problem in again.warnings if problem.source != "logs"] == [
        problem for problem in told.warnings if problem.source != "logs"
    ]
