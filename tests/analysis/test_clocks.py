"""How far clocks are apart, as causes and effects tell; what is moved because of it, and what order is proved."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.event_tables import Mishaps, long_event
from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.clocks import clock_bounds, clock_problems
from eventrail.analysis.corrected import corrected, remaining
from eventrail.analysis.forest import forest_of
from eventrail.analysis.order_proofs import order_proof, order_proofs
from eventrail.model.clocks import CLOCK_COLUMNS, CLOCK_PAIR_COLUMNS, ClockBounds, OrderProof
from eventrail.model.events import Outcome, empty_events
from eventrail.model.table import conform
from eventrail.model.trace import STEP_COLUMNS, Trace
from eventrail.testing.builders import EventBook

GRAIN = 0.001


def purchase() -> EventBook:
    """Let cards (node-a) publish, fraud (node-b) ask limits (node-c) and publish on, payments (node-a) be done."""
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", node="node-a")
    book.handle(0.1, "m1", queue="fraud.q", pod="fraud-1", node="node-b", held_seconds=0.2)
    call = {"peer_service": "limits", "causation_id": "m1", "span_id": "x", "duration_seconds": 0.05}
    book.call(0.2, pod="fraud-1", node="node-b", **call)
    answer = {"span_kind": "server", "parent_span_id": "x", "span_id": "y", "duration_seconds": 0.03}
    book.call(0.19, pod="limits-1", node="node-c", peer_service="fraud", **answer)
    book.log(0.21, "limits are fine", pod="limits-1", node="node-c")
    book.publish(0.25, "m2", pod="fraud-1", node="node-b", causation_id="m1")
    book.handle(0.4, "m2", queue="payments.q", pod="payments-1", node="node-a", held_seconds=0.1)
    return book


def as_logged(book: EventBook, **ahead_seconds: float) -> Trace:
    """Assemble what is logged by nodes whose clocks are ahead, by node name with _ for -."""
    events = book.events()
    ahead = events["node"].str.replace("-", "_").map(ahead_seconds).fillna(0.0).astype(float)
    events["time"] = events["time"] + pd.to_timedelta(ahead, unit="s")
    return assemble_trace("event-1", events, book.time(60))


def told(bounds: ClockBounds) -> dict[str, tuple[float, float, float]]:
    """Give lower, upper and offset of each clock."""
    columns = bounds.clocks[["lower_seconds", "upper_seconds", "offset_seconds"]].round(6)
    return dict(zip(bounds.clocks["clock"], columns.itertuples(index=False, name=None), strict=True))


def seconds_in(trace: Trace, step: str) -> tuple[float, float]:
    """Give begin and end of a step, in seconds since 09:00."""
    row = trace.steps.set_index("id").loc[step]
    nine = EventBook().time(0)
    return round((row["start"] - nine).total_seconds(), 6), round((row["end"] - nine).total_seconds(), 6)


def test_clocks_that_agree_are_bounded_by_messages_both_ways_and_nothing_is_moved() -> None:
    trace = as_logged(purchase())

    bounds = clock_bounds(trace.steps)

    assert bounds.reference == "node-b"
    assert told(bounds) == {
        "node-a": (-0.101, 0.151, 0.0),  # m1 took 100 ms from it, m2 took 150 ms to it
        "node-b": (0.0, 0.0, 0.0),
        "node-c": (-0.011, 0.011, 0.0),  # 10 ms on the way to limits, 10 ms back to fraud
    }
    assert not bounds.contradictory
    assert clock_problems(bounds) == ()
    assert corrected(trace, bounds) is trace


def test_what_was_sent_is_counted_with_the_least_time_it_took() -> None:
    bounds = clock_bounds(as_logged(purchase(), node_b=5.0).steps)

    sent = bounds.pairs.set_index(["cause_clock", "effect_clock"])[["messages", "negative", "least_seconds"]]
    assert sent.round(6).to_dict("index") == {
        ("node-a", "node-b"): {"messages": 1, "negative": 0, "least_seconds": 5.1},
        ("node-b", "node-a"): {"messages": 1, "negative": 1, "least_seconds": -4.85},
        ("node-b", "node-c"): {"messages": 1, "negative": 1, "least_seconds": -4.99},
        ("node-c", "node-b"): {"messages": 1, "negative": 0, "least_seconds": 5.01},
    }
    assert dict(zip(bounds.clocks["clock"], bounds.clocks["messages"], strict=True)) == {
        "node-a": 2,
        "node-b": 4,
        "node-c": 2,
    }


def test_a_node_five_seconds_ahead_is_found_and_moved_by_the_least_that_puts_causes_first() -> None:
    trace = as_logged(purchase(), node_b=5.0)

    bounds = clock_bounds(trace.steps)
    moved = corrected(trace, bounds)

    assert bounds.reference == "node-a"
    assert told(bounds)["node-b"] == (4.849, 5.101, 4.99)  # the answer of limits leaves no less than 4.99
    assert told(bounds)["node-c"][2] == 0.0
    assert bounds.wrong["clock"].to_list() == ["node-b"]
    assert seconds_in(trace, "wait:payments.q:m2") == (5.25, 0.4)
    assert seconds_in(moved, "wait:payments.q:m2") == (0.26, 0.4)
    assert seconds_in(moved, "handle:fraud.q:m1") == (0.11, 0.31)
    assert seconds_in(moved, "call:x.client") == (0.16, 0.21)
    assert seconds_in(moved, "call:y.server") == (0.16, 0.19)
    assert moved.steps["start"].is_monotonic_increasing
    assert (moved.steps["end"] >= moved.steps["start"]).all()
    assert (moved.started, moved.ended) == (trace.started, EventBook().time(0.5))
    assert [problem.what for problem in clock_problems(bounds)] == [
        "the clock of node-b is 5.0 s or more ahead of that of node-a, as 4 causes and effects show"
    ]
    assert [problem.what for problem in moved.warnings] == [
        "times are shown corrected by node-a's clock, not as logged: node-b's 5.0 s earlier"
    ]


def test_a_node_behind_is_moved_the_other_way_and_its_log_lines_with_it() -> None:
    trace = as_logged(purchase(), node_c=-5.0)

    bounds = clock_bounds(trace.steps)
    moved = corrected(trace, bounds)

    assert told(bounds)["node-c"] == (-5.011, -4.989, -4.99)
    assert seconds_in(moved, "call:y.server") == (0.15, 0.18)
    assert trace.log_lines["time"].to_list() == [EventBook().time(-4.79)]
    assert moved.log_lines["time"].to_list() == [EventBook().time(0.2)]


def test_the_reader_may_choose_whose_clock_counts() -> None:
    steps = as_logged(purchase(), node_b=5.0).steps

    bounds = clock_bounds(steps, reference="node-b")

    assert bounds.reference == "node-b"
    assert {clock: offset for clock, (_, _, offset) in told(bounds).items()} == {
        "node-a": -4.85,
        "node-b": 0.0,
        "node-c": -4.99,
    }
    with pytest.raises(KeyError, match="node-z"):
        clock_bounds(steps, reference="node-z")


def test_after_the_correction_every_clock_can_agree() -> None:
    trace = as_logged(purchase(), node_b=5.0, node_c=-70.0)
    bounds = clock_bounds(trace.steps)

    left, anew = remaining(bounds), clock_bounds(corrected(trace, bounds).steps)

    assert left.wrong.empty
    np.testing.assert_allclose(left.between, anew.between, atol=1e-6)
    assert left.pairs["least_seconds"].round(6).to_list() == anew.pairs["least_seconds"].round(6).to_list()
    assert left.pairs["least_seconds"].min() == pytest.approx(0.0, abs=1e-6)


def test_messages_one_way_only_bound_one_side_and_a_node_without_any_is_not_bounded() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", node="node-a")
    book.handle(0.3, "m1", queue="fraud.q", pod="fraud-1", node="node-b")
    book.call(0.2, pod="cards-1", node="node-c", peer_service="limits", span_id="lonely")

    bounds = clock_bounds(as_logged(book).steps)

    assert told(bounds) == {
        "node-a": (0.0, 0.0, 0.0),
        "node-b": (-np.inf, 0.301, 0.0),
        "node-c": (-np.inf, np.inf, 0.0),
    }


def test_giving_back_comes_before_the_next_delivery_and_what_only_that_one_proves_is_by_its_clock() -> None:
    """Given back on node-a; lost on node-b, as the delivery on node-c shows, whose clock is 20 s ahead."""
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", node="node-a")
    book.receive(0.1, "m1", queue="fraud.q", pod="fraud-1", node="node-a")
    book.settle(0.4, "m1", Outcome.REQUEUE, pod="fraud-1", node="node-a")
    book.receive(0.5, "m1", queue="fraud.q", pod="fraud-2", node="node-b")
    book.handle(0.9, "m1", queue="fraud.q", pod="fraud-3", node="node-c", held_seconds=0.3)
    book.publish(1.1, "m2", pod="fraud-3", node="node-c", causation_id="m1")
    book.handle(1.2, "m2", queue="cards.q", pod="cards-1", node="node-a")
    trace = as_logged(book, node_c=20.0)

    bounds = clock_bounds(trace.steps)
    moved = corrected(trace, bounds)

    assert told(bounds)["node-b"][1] == 0.101  # given back at 0.4, received at 0.5
    assert told(bounds)["node-c"] == (19.899, 20.502, 19.9)  # 20.401 after it was received on node-b
    assert seconds_in(trace, "handle:fraud.q:m1#2") == (0.5, 20.9)
    assert seconds_in(moved, "handle:fraud.q:m1#2") == (0.5, 1.0)
    assert seconds_in(moved, "wait:fraud.q:m1#3") == (1.0, 1.0)
    assert seconds_in(moved, "handle:fraud.q:m1#3") == (1.0, 1.3)


def test_a_clock_that_was_set_during_the_event_is_told_not_corrected() -> None:
    book = EventBook()
    for hop, ahead in enumerate((0.0, 30.0)):
        book.publish(hop, f"there{hop}", pod="cards-1", node="node-a")
        book.handle(hop + 0.1 + ahead, f"there{hop}", queue="fraud.q", pod="fraud-1", node="node-b")
        book.publish(hop + 0.2 + ahead, f"back{hop}", pod="fraud-1", node="node-b", causation_id=f"there{hop}")
        book.handle(hop + 0.3, f"back{hop}", queue="cards.q", pod="cards-1", node="node-a")
    trace = as_logged(book)

    bounds = clock_bounds(trace.steps)

    assert bounds.contradictory
    assert bounds.clocks["contradictory"].to_list() == [True, True]
    assert told(bounds)["node-b"] == (-np.inf, np.inf, 0.0)
    assert corrected(trace, bounds) is trace
    assert [problem.what.partition(":")[0] for problem in clock_problems(bounds)] == [
        "what node-a sent node-b fits no one difference of their clocks",
        "what node-b sent node-a fits no one difference of their clocks",
    ]


def test_three_clocks_that_contradict_each_other_only_in_a_circle_are_told_and_a_fourth_is_still_bounded() -> None:
    """Each seems to be 1 s behind the one before it, around."""
    book = EventBook()
    for number, (here, there) in enumerate((("a", "b"), ("b", "c"), ("c", "a"))):
        book.publish(10.0, f"m{number}", pod=f"cards-{here}", node=f"node-{here}")
        book.handle(9.0, f"m{number}", queue="fraud.q", pod=f"fraud-{there}", node=f"node-{there}")
    book.publish(10.0, "m3", pod="cards-a", node="node-a")
    book.handle(10.5, "m3", queue="audit.q", pod="audit-1", node="node-d")

    bounds = clock_bounds(as_logged(book).steps)

    assert bounds.clocks.set_index("clock")["contradictory"].to_dict() == {
        "node-a": False,  # what it sent node-d is fine
        "node-b": True,
        "node-c": True,
        "node-d": False,
    }
    assert told(bounds)["node-d"][1] == 0.501
    assert bounds.wrong.empty


def test_lines_of_one_clock_in_the_wrong_order_show_how_exact_lines_are() -> None:
    book = EventBook()
    book.publish(1.020, "m1", pod="cards-1", node="node-a")
    book.handle(1.000, "m1", queue="audit.q", pod="audit-1", node="node-a")
    book.handle(1.005, "m1", queue="fraud.q", pod="fraud-1", node="node-b")

    bounds = clock_bounds(as_logged(book).steps)

    assert bounds.grain_seconds == pytest.approx(0.020)
    assert bounds.wrong.empty


def test_where_lines_state_no_node_pods_have_clocks_and_where_none_either_nothing_is_said() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", node=None)
    book.handle(0.1, "m1", queue="fraud.q", pod="fraud-1", node=None)
    trace = as_logged(book)

    assert set(clock_bounds(trace.steps).clocks["clock"]) == {"cards-1", "fraud-1"}
    nameless = clock_bounds(trace.steps.assign(pod=None).astype({"pod": "str"}))
    assert (nameless.reference, len(nameless.clocks), nameless.between.shape) == (None, 0, (0, 0))


def test_an_event_without_steps_has_no_clocks() -> None:
    trace = assemble_trace("event-1", empty_events(), EventBook().time(0))

    bounds = clock_bounds(trace.steps)

    assert list(bounds.clocks.columns) == list(CLOCK_COLUMNS)
    assert list(bounds.pairs.columns) == list(CLOCK_PAIR_COLUMNS)
    assert corrected(trace, bounds) is trace
    assert order_proofs(trace.steps, bounds).empty


def test_the_order_of_two_steps_is_proved_by_cause_by_one_clock_or_only_as_well_as_clocks_are_known() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", node="node-a")
    book.handle(0.1, "m1", queue="fraud.q", pod="fraud-1", node="node-b", held_seconds=2.0)
    book.publish(0.3, "m2", pod="fraud-1", node="node-b", causation_id="m1")
    book.handle(0.4, "m2", queue="cards.q", pod="cards-1", node="node-a", held_seconds=0.1)
    book.handle(0.45, "m1", queue="audit.q", pod="audit-1", node="node-b")
    book.handle(0.9, "m1", queue="points.q", pod="points-1", node="node-a")
    book.handle(1.0, "m1", queue="mail.q", pod="mail-1", node="node-z")
    trace = as_logged(book)

    proofs = order_proofs(trace.steps, clock_bounds(trace.steps))

    handles = trace.steps["kind"].eq("handle").to_numpy()
    assert dict(zip(trace.steps["id"][handles], proofs[handles], strict=True)) == {
        "handle:fraud.q:m1": OrderProof.CLOCKS,  # after another queue's wait began: node-a, 0.1 s before
        "handle:cards.q:m2": OrderProof.CAUSE,
        "handle:audit.q:m1": OrderProof.CLOCKS,  # 50 ms after node-a's, which may be 100 ms wrong
        "handle:points.q:m1": OrderProof.APART,  # 450 ms after node-b's
        "handle:mail.q:m1": OrderProof.CLOCKS,  # nothing comes back from node-z
    }
    assert proofs.iloc[0] == OrderProof.FIRST


def test_an_effect_logged_before_its_cause_disproves_the_order_until_the_clocks_are_corrected() -> None:
    trace = as_logged(purchase(), node_b=5.0)
    bounds = clock_bounds(trace.steps)
    moved = corrected(trace, bounds)

    assert OrderProof.DISPROVED in set(order_proofs(trace.steps, bounds))
    assert OrderProof.DISPROVED not in set(order_proofs(moved.steps, remaining(bounds)))


def test_the_order_of_one_step_is_told_from_the_few_that_have_a_part_in_it_as_it_is_from_all() -> None:
    for customers, seed in ((1, 1), (1, 2), (6, 3)):
        events, end = long_event(customers * 46, Mishaps(requeued_share=0.1, failed_share=0.1, seed=seed))
        steps = assemble_trace("event-1", events, end).steps
        forest, bounds = forest_of(steps), clock_bounds(steps)

        singly = [order_proof(steps, bounds, forest, position) for position in range(len(steps))]

        assert singly == order_proofs(steps, bounds, forest=forest).tolist()
        assert len(set(singly)) > 2
        with pytest.raises(IndexError, match="there is no step"):
            order_proof(steps, bounds, forest, len(steps))


def test_a_cause_that_was_itself_inferred_from_times_proves_no_order() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", node="node-a")
    book.handle(0.1, "m1", queue="fraud.q", pod="fraud-1", node="node-b", held_seconds=1.0)
    book.publish(0.3, "m2", pod="fraud-1", node="node-b")
    trace = as_logged(book)
    steps = trace.steps.set_index("id", drop=False)
    positions = {step: place for place, step in enumerate(steps.index)}
    before = np.full(len(steps), -1)
    before[positions["publish:m2"]] = positions["handle:fraud.q:m1"]

    proofs = order_proofs(trace.steps, clock_bounds(trace.steps), before)

    assert steps.loc["publish:m2", "inferred"] == "parent_id"
    assert proofs[positions["publish:m2"]] == OrderProof.SAME_CLOCK
    assert (proofs.drop(positions["publish:m2"]) == OrderProof.FIRST).all()


MESSAGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 10_000), st.integers(0, 2_000)), max_size=25
)
OFFSETS = st.lists(st.integers(-10_000, 10_000), min_size=4, max_size=4)


@settings(max_examples=50, deadline=None)
@given(MESSAGES, OFFSETS)
def test_bounds_hold_the_truth_and_the_correction_puts_every_cause_first(
    messages: list[tuple[int, int, int, int]], ahead: list[int]
) -> None:
    """Messages between four nodes, with true milliseconds of publish and travel, logged by clocks that are ahead."""
    steps = steps_of(messages, ahead)
    trace = Trace("event-1", EventBook().time(60), None, None, "complete", steps, empty_events(), ())

    bounds = clock_bounds(steps)
    moved = corrected(trace, bounds).steps

    assert not bounds.contradictory
    places = bounds.clocks["clock"].str.removeprefix("node-").astype(int).to_list()
    truth = [(ahead[place] - ahead[int(bounds.reference.removeprefix("node-"))]) / 1000 for place in places]
    assert (bounds.clocks["lower_seconds"] <= np.array(truth) + 1e-9).all()
    assert (bounds.clocks["upper_seconds"] >= np.array(truth) - 1e-9).all()
    assert ((moved["end"] - moved["start"]).dt.total_seconds() >= -GRAIN - 1e-9).all()
    if not any(ahead):
        assert bounds.wrong.empty


def steps_of(messages: list[tuple[int, int, int, int]], ahead: list[int]) -> pd.DataFrame:
    """Make the steps: each message is published, waits, and is received and settled at once."""
    nine = EventBook().time(0)
    rows = []
    for number, (sender, receiver, sent, travelled) in enumerate(messages):
        published = nine + pd.Timedelta(sent + ahead[sender], unit="ms")
        received = nine + pd.Timedelta(sent + travelled + ahead[receiver], unit="ms")
        nodes = f"node-{sender}", None, f"node-{receiver}"
        names = [f"{kind}{number}" for kind in ("publish", "wait", "handle")]
        spans = ((published, published), (published, received), (received, received))
        for kind, name, cause, node, span in zip(
            ("publish", "wait", "handle"), names, (None, *names), nodes, spans, strict=False
        ):
            row = {"id": name, "parent_id": cause, "kind": kind, "node": node, "start": span[0], "end": span[1]}
            rows.append(row | {"state": "complete", "inferred": ""})
    columns = ["id", "parent_id", "kind", "node", "start", "end", "state", "inferred"]
    return conform(pd.DataFrame(rows, columns=columns), STEP_COLUMNS)
