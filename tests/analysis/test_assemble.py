"""What one event's lines are put together to."""

import pandas as pd
import pytest

from eventrail.analysis.assemble import assemble_trace
from eventrail.model.events import Outcome, empty_events
from eventrail.model.trace import Trace, TraceState
from eventrail.testing.builders import EventBook

QUEUE = "fraud.card-requested"
ROUTES = pd.DataFrame(
    {
        "vhost": ["/", "/", "/"],
        "exchange": "bank.events",
        "routing_key": ["card.requested", "card.requested", "card.authorised"],
        "queue": [QUEUE, "audit.card-requested", "payments.card-authorised"],
        "service": ["fraud", "audit", "payments"],
    }
)


def assemble(book: EventBook, at: float = 60.0, routes: pd.DataFrame | None = None) -> Trace:
    return assemble_trace("event-1", book.events(), book.time(at), routes)


def shape(trace: Trace) -> list[tuple[str, str, str, str]]:
    """Kind, place and state of each step, and the kind of its parent, in order."""
    kinds = trace.steps.set_index("id")["kind"]
    parents = kinds.reindex(trace.steps["parent_id"]).fillna("").to_list()
    place = trace.steps["queue"].fillna(trace.steps["service"])
    return list(zip(trace.steps["kind"], place, trace.steps["state"], parents, strict=True))


def purchase(book: EventBook) -> None:
    """Let cards publish, fraud handle and publish on, payments receive."""
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.receive(0.1, "m1", queue=QUEUE, pod="fraud-1")
    book.process(0.2, "m1", pod="fraud-1")
    book.publish(0.25, "m2", pod="fraud-1", event_type="card.authorised", causation_id="m1")
    book.settle(0.3, "m1", pod="fraud-1")
    book.receive(0.4, "m2", queue="payments.card-authorised", pod="payments-1")


def test_an_event_goes_from_publish_through_queue_and_handling_to_the_next_publish() -> None:
    book = EventBook()
    purchase(book)
    book.process(0.5, "m2", pod="payments-1")
    book.settle(0.6, "m2", pod="payments-1")

    trace = assemble(book)

    assert shape(trace) == [
        ("publish", "cards", "complete", ""),
        ("wait", QUEUE, "complete", "publish"),
        ("handle", QUEUE, "complete", "wait"),
        ("publish", "fraud", "complete", "handle"),
        ("wait", "payments.card-authorised", "complete", "publish"),
        ("handle", "payments.card-authorised", "complete", "wait"),
    ]
    assert trace.state is TraceState.COMPLETE
    assert (trace.started, trace.ended) == (book.time(0.0), book.time(0.6))
    assert trace.services == ("cards", "fraud", "payments")
    assert trace.event_type == "card.requested"
    assert (trace.steps["inferred"] == "").all()
    assert trace.warnings == ()


def test_a_delivery_without_settlement_is_outstanding_and_the_trace_has_no_end() -> None:
    book = EventBook()
    purchase(book)

    trace = assemble(book)

    assert trace.state is TraceState.OUTSTANDING
    assert trace.ended is None
    held = trace.outstanding.iloc[0]
    assert (held["pod"], held["message_id"], held["start"]) == ("payments-1", "m2", book.time(0.4))
    assert pd.isna(held["end"])
    assert pd.isna(held["handling_start"])


def test_the_past_is_told_without_what_came_after() -> None:
    book = EventBook()
    purchase(book)
    book.settle(0.9, "m2", pod="payments-1")

    assert assemble(book, at=0.5).state is TraceState.OUTSTANDING
    assert assemble(book, at=1.0).state is TraceState.COMPLETE


def test_a_message_in_a_queue_without_delivery_waits_where_its_routing_key_leads() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.handle(0.1, "m1", queue="audit.card-requested", pod="audit-1")

    trace = assemble(book, routes=ROUTES)

    assert trace.state is TraceState.WAITING
    waiting = trace.steps[trace.steps["state"] == "waiting"].iloc[0]
    assert (waiting["queue"], waiting["start"]) == (QUEUE, book.time(0.0))
    assert "queue" in waiting["inferred"]


def test_where_no_route_is_known_an_undelivered_message_is_unknown_not_waiting() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")

    assert assemble(book).state is TraceState.UNKNOWN


def test_an_unroutable_publish_has_failed() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested", outcome=Outcome.UNROUTABLE)

    trace = assemble(book, routes=ROUTES)

    assert shape(trace) == [("publish", "cards", "failed", "")]
    assert trace.state is TraceState.FAILED


def test_a_requeued_delivery_waits_again_and_counts_its_attempts() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.receive(0.1, "m1", queue=QUEUE, pod="fraud-1")
    book.settle(0.2, "m1", Outcome.REQUEUE, pod="fraud-1")
    book.receive(0.5, "m1", queue=QUEUE, pod="fraud-2")
    book.settle(0.6, "m1", pod="fraud-2")

    trace = assemble(book)

    assert [(kind, state) for kind, _, state, _ in shape(trace)] == [
        ("publish", "complete"),
        ("wait", "complete"),
        ("handle", "requeued"),
        ("wait", "complete"),
        ("handle", "complete"),
    ]
    assert trace.steps["attempt"].dropna().to_list() == [1, 1, 2, 2]
    second_wait = trace.steps.iloc[3]
    assert (second_wait["start"], second_wait["end"]) == (book.time(0.2), book.time(0.5))
    assert trace.state is TraceState.COMPLETE


def test_a_pod_that_dies_returns_what_it_held_and_another_gets_it() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.receive(0.1, "m1", queue=QUEUE, pod="fraud-1")
    book.restart("fraud-1")
    book.receive(5.0, "m1", queue=QUEUE, pod="fraud-2")
    book.settle(5.1, "m1", pod="fraud-2")

    handles = assemble(book).steps.query("kind == 'handle'")

    assert handles["state"].to_list() == ["returned", "complete"]
    assert handles["end"].iloc[0] == book.time(5.0)


def test_a_discarded_message_has_failed_unless_a_later_attempt_came_through() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.receive(0.1, "m1", queue=QUEUE, pod="fraud-1")
    book.settle(0.2, "m1", Outcome.DISCARD, pod="fraud-1", error_type="Declined")

    assert assemble(book).state is TraceState.FAILED

    book.receive(10.0, "m1", queue=QUEUE, pod="fraud-1", redelivered=False)
    book.settle(10.1, "m1", pod="fraud-1")

    trace = assemble(book)
    assert trace.state is TraceState.COMPLETE
    retry_wait = trace.steps.query("kind == 'wait'").iloc[1]
    assert (retry_wait["start"], retry_wait["end"]) == (book.time(0.2), book.time(10.0))


def test_a_call_stands_under_the_handling_that_made_it_and_the_called_side_under_the_call() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.receive(0.1, "m1", queue=QUEUE, pod="fraud-1")
    book.call(0.25, pod="fraud-1", peer_service="limits", causation_id="m1", span_id="a", duration_seconds=0.1)
    book.call(0.24, pod="limits-1", peer_service="fraud", span_kind="server", span_id="b", parent_span_id="a")
    book.settle(0.3, "m1", pod="fraud-1")

    trace = assemble(book)

    assert [(kind, parent) for kind, _, _, parent in shape(trace)][2:] == [
        ("handle", "wait"),
        ("call", "handle"),
        ("call", "call"),
    ]
    assert trace.steps.iloc[3]["start"] == book.time(0.15)


def test_a_call_began_its_duration_before_its_line_to_the_nanosecond_and_no_duration_is_too_odd() -> None:
    book = EventBook()
    # As binary fractions these lie just below the whole number of nanoseconds that they mean.
    for number, seconds in enumerate([0.000000063, 0.00000192, 0.016014432, 0.510468489]):
        book.call(10.0 + number, pod="fraud-1", peer_service="limits", span_id=f"s{number}", duration_seconds=seconds)
    book.call(20.0, pod="fraud-1", peer_service="limits", span_id="long", duration_seconds=1e300)
    book.call(21.0, pod="fraud-1", peer_service="limits", span_id="without", duration_seconds=None)

    calls = assemble(book).steps.set_index("id")

    took = (calls["end"] - calls["start"]).to_numpy(dtype="timedelta64[ns]").astype(int)
    assert sorted(took)[:-1] == [0, 63, 1_920, 16_014_432, 510_468_489]
    assert calls.loc["call:without.client", "inferred"] == "start"


def test_a_message_given_back_again_and_again_waits_between_and_each_call_hangs_under_its_own_attempt() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    attempts = 200
    for attempt in range(1, attempts + 1):
        book.receive(attempt, "m1", queue=QUEUE, pod="fraud-1")
        book.call(attempt + 0.2, pod="fraud-1", peer_service="limits", causation_id="m1", span_id=f"s{attempt}")
        book.settle(attempt + 0.3, "m1", Outcome.REQUEUE, pod="fraud-1")

    steps = assemble(book, at=1_000.0).steps

    def numbered(kind: str) -> list[str]:
        return [f"{kind}:{QUEUE}:m1{'' if attempt == 1 else f'#{attempt}'}" for attempt in range(1, attempts + 2)]

    by_kind = {str(kind): part for kind, part in steps.groupby("kind")}
    assert by_kind["wait"]["id"].to_list() == numbered("wait")
    assert by_kind["wait"]["parent_id"].to_list() == ["publish:m1", *numbered("handle")[:-1]]
    assert by_kind["wait"]["state"].to_list() == ["complete"] * attempts + ["waiting"]
    assert by_kind["call"]["parent_id"].to_list() == numbered("handle")[:-1]


def test_causes_that_run_in_a_circle_are_cut_above_the_earliest_step() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="fraud-1", event_type="card.requested", causation_id="m2")
    book.handle(0.1, "m1", queue=QUEUE, pod="payments-1")
    book.publish(0.15, "m2", pod="payments-1", event_type="card.authorised", causation_id="m1")
    book.handle(0.3, "m2", queue="payments.card-authorised", pod="fraud-1")

    trace = assemble(book)

    assert trace.steps["parent_id"].isna().to_list() == [True, False, False, False, False, False]
    assert trace.steps["kind"].to_list() == ["publish", "wait", "handle", "publish", "wait", "handle"]
    assert trace.state is TraceState.COMPLETE
    assert "causes run in a circle at 1 place" in str(trace.warnings[0])


def test_without_causation_ids_the_handling_in_progress_on_the_pod_is_taken_and_marked() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.receive(0.1, "m1", queue=QUEUE, pod="fraud-1")
    book.publish(0.2, "m2", pod="fraud-1", event_type="card.authorised")
    book.settle(0.3, "m1", pod="fraud-1")
    book.publish(0.9, "m3", pod="fraud-1", event_type="card.reviewed")

    steps = assemble(book).steps.set_index("message_id").query("kind == 'publish'")

    assert steps.loc["m2", "parent_id"] == f"handle:{QUEUE}:m1"
    assert steps.loc["m2", "inferred"] == "parent_id"
    assert pd.isna(steps.loc["m3", "parent_id"])


def test_a_missing_publish_line_leaves_a_handling_without_wait_and_a_warning() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.requested")
    book.handle(0.1, "m1", queue=QUEUE, pod="fraud-1")
    events = book.events().query("operation != 'send'")

    trace = assemble_trace("event-1", events, book.time(60.0))

    assert trace.steps["kind"].to_list() == ["handle"]
    assert "no line shows being published" in str(trace.warnings[0])


def test_lines_that_came_twice_count_once() -> None:
    book = EventBook()
    purchase(book)
    once = book.events()
    twice = pd.concat([once, once.assign(document_id=once["document_id"] + "-again")])

    trace = assemble_trace("event-1", twice, book.time(60.0))

    pd.testing.assert_frame_equal(trace.steps, assemble(book).steps)
    assert "counted once" in str(trace.warnings[0])


@pytest.mark.parametrize("precision", ["ms", "s"])
def test_lines_of_equal_stored_time_stand_in_the_order_of_cause(precision: str) -> None:
    book = EventBook()
    purchase(book)
    events = book.events()
    coarse = events.assign(time=events["time"].dt.floor(precision))

    trace = assemble_trace("event-1", coarse.sample(frac=1, random_state=7), book.time(60.0))

    assert trace.steps["kind"].iloc[0] == "publish"
    assert trace.steps.query("kind == 'handle'")["state"].to_list() == ["complete", "outstanding"]


def test_lines_of_the_application_join_the_trace_as_text() -> None:
    book = EventBook()
    purchase(book)
    book.log(0.45, "<b>debit</b> \x1b[31m412.00", pod="payments-1")

    trace = assemble(book)

    assert trace.log_lines["message"].to_list() == ["<b>debit</b> \x1b[31m412.00"]


def test_no_lines_give_an_unknown_trace_and_no_exception() -> None:
    book = EventBook()

    trace = assemble_trace("event-1", empty_events(), book.time(0.0))

    assert (trace.state, trace.started, trace.ended) == (TraceState.UNKNOWN, None, None)
    assert trace.steps.empty
