"""The waterfall of an event: lanes, bars, links."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.shaping.waterfall import Waterfall, waterfall
from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.critical_path import critical_path
from eventrail.model.events import Outcome
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook

WAIT, RECEIVED, HANDLE, CALL, SERVED, PUBLISH = "wait", "received", "handle", "call", "served", "publish"


def told(book: EventBook, at: float) -> Trace:
    return assemble_trace("event-1", book.events(), book.time(at), _routes(book))


def _routes(book: EventBook) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "vhost": ["/"],
            "exchange": ["bank.events"],
            "routing_key": ["payment.requested"],
            "queue": ["payments"],
            "service": ["payments"],
            "deliveries": [1],
        }
    )


def drawn(shaped: Waterfall) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Say for each lane whose it is, and its bars with whether they are open."""
    bars = shaped.bars.groupby("lane")
    return [
        (lane.service, list(zip(bars.get_group(number)["kind"], bars.get_group(number)["open"], strict=True)))
        for number, lane in enumerate(shaped.lanes.itertuples())
    ]


@pytest.fixture
def book() -> EventBook:
    """Cards asks for a payment; payments takes it after 39 ms."""
    book = EventBook()
    book.publish(0.0, "m-1", pod="cards-1")
    book.receive(0.039, "m-1", queue="payments", pod="payments-2", node="node-b")
    return book


def test_a_dead_letter_is_said_to_lie_where_others_went_and_not_to_have_waited(book: EventBook) -> None:
    book.settle(0.120, "m-1", Outcome.DISCARD, pod="payments-2", node="node-b")
    dead_letters = pd.DataFrame(
        {"exchange": ["bank.dead-letter"], "routing_key": ["payments"], "queue": ["payments.dead-letter"]}
    )
    shaped = waterfall(assemble_trace("event-1", book.events(), book.time(60.0), dead_letters))

    assert shaped.lanes[["service", "words", "tone"]].to_numpy().tolist()[-1] == [
        "payments.dead-letter",
        "✕ lies in the dead letters · inferred",
        "failed",
    ]


def test_a_message_that_no_line_shows_arriving_is_not_said_to_have_waited() -> None:
    book = EventBook()
    book.publish(0.0, "m-1", pod="cards-1")
    shaped = waterfall(assemble_trace("event-1", book.events(), book.time(60.0)))

    assert shaped.lanes["words"].tolist() == ["published", "no line shows where it waits"]


def test_a_delivery_is_one_lane_it_waits_is_received_and_handled(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2", node="node-b")
    book.settle(0.120, "m-1", pod="payments-2", node="node-b")
    shaped = waterfall(told(book, 1.0))

    assert drawn(shaped) == [
        ("cards", [(PUBLISH, False)]),
        ("payments", [(WAIT, False), (RECEIVED, False), (HANDLE, False)]),
    ]
    assert shaped.lanes["words"].tolist() == ["published", "waited 39 ms · 70 ms ✓ ack"]
    assert shaped.lanes["detail"].tolist() == ["cards-1 · node-a", "payments-2 · node-b"]
    assert shaped.now is None, "nothing is open, so the present has no line"


def test_what_is_not_settled_ends_open_at_the_instant_shown(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2", node="node-b")
    shaped = waterfall(told(book, 842.0))
    (open_bar,) = shaped.bars[shaped.bars["open"]].to_dict("records")

    assert (open_bar["kind"], open_bar["state"]) == (HANDLE, "outstanding")
    assert open_bar["x1"] == pytest.approx(shaped.now)
    assert shaped.lanes["words"].iloc[-1] == "waited 39 ms · handling, not settled for 14 min 02 s"
    assert shaped.lanes["tone"].iloc[-1] == "bad"
    assert [pause.label for pause in shaped.axis.breaks] == ["14 min 02 s"]


def test_what_lies_in_the_clients_buffer_is_open_without_being_handled(book: EventBook) -> None:
    shaped = waterfall(told(book, 60.0))

    assert drawn(shaped)[-1] == ("payments", [(WAIT, False), (RECEIVED, True)])
    assert shaped.lanes["words"].iloc[-1] == "waited 39 ms · received, not handled for 1 min 00 s"


def test_what_nobody_received_waits_open() -> None:
    book = EventBook()
    book.publish(0.0, "m-1", pod="cards-1")
    shaped = waterfall(told(book, 90.0))

    assert drawn(shaped)[-1] == ("payments", [(WAIT, True)])
    assert shaped.lanes["words"].iloc[-1] == "waiting for 1 min 30 s, not delivered · inferred"
    assert shaped.lanes["detail"].iloc[-1] == "no consumer is known"


def test_each_attempt_is_a_lane_of_its_own(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2")
    book.settle(0.100, "m-1", Outcome.REQUEUE, pod="payments-2", error_type="LockTimeout")
    book.handle(30.0, "m-1", queue="payments", pod="payments-1")
    shaped = waterfall(told(book, 60.0))

    assert [lane for lane, _ in drawn(shaped)] == ["cards", "payments", "payments"]
    assert shaped.lanes["words"].iloc[1] == "waited 39 ms · ↩ given back after 50 ms: LockTimeout"
    assert shaped.lanes["words"].iloc[2].endswith("✓ ack · attempt 2")
    assert shaped.lanes["tone"].tolist() == ["", "warn", ""]


def test_calls_stand_under_their_handling_and_both_sides_share_a_lane(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2")
    book.call(0.080, pod="payments-2", peer_service="limits", causation_id="m-1", span_id="s-1")
    book.call(
        0.079,
        pod="limits-1",
        peer_service="payments",
        span_kind="server",
        parent_span_id="s-1",
        duration_seconds=0.017,
        node="node-c",
    )
    book.settle(0.120, "m-1", pod="payments-2")
    shaped = waterfall(told(book, 1.0))

    assert drawn(shaped)[-1] == ("limits", [(CALL, False), (SERVED, False)])
    called = shaped.lanes.iloc[-1]
    assert (called["call"], called["indent"], called["title"], called["detail"]) == (
        True,
        2,
        "Limits/Check",
        "limits-1 · node-c",
    )


def test_an_answer_whose_caller_logs_nothing_is_a_lane_of_who_answers() -> None:
    book = EventBook()
    book.call(1.0, pod="limits-1", peer_service="cards", span_kind="server", parent_span_id="s-1", duration_seconds=0.4)
    shaped = waterfall(told(book, 2.0))

    assert drawn(shaped) == [("limits", [(CALL, False)])]
    assert shaped.lanes[["title", "detail"]].iloc[0].tolist() == ["Limits/Check", "limits-1 · node-a"]


def test_a_call_made_while_answering_one_is_a_lane_of_its_own() -> None:
    book = EventBook()
    book.call(1.0, pod="limits-1", peer_service="cards", span_kind="server", span_id="s-1", duration_seconds=0.4)
    book.call(0.9, pod="limits-1", peer_service="rates", span_id="s-2", parent_span_id="s-1", duration_seconds=0.1)
    shaped = waterfall(told(book, 2.0))

    assert drawn(shaped) == [("limits", [(CALL, False)]), ("rates", [(CALL, False)])]
    assert shaped.lanes["indent"].tolist() == [0, 1]


def test_what_a_handling_publishes_is_a_mark_on_its_lane_and_linked_to_what_it_led_to(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2")
    book.publish(0.090, "m-2", pod="payments-2", event_type="payment.booked", causation_id="m-1")
    book.settle(0.120, "m-1", pod="payments-2")
    book.handle(0.150, "m-2", queue="notices", pod="notices-1")
    shaped = waterfall(told(book, 1.0))

    assert [lane for lane, _ in drawn(shaped)] == ["cards", "payments", "notices"]
    assert (PUBLISH, False) in drawn(shaped)[1][1]
    assert shaped.links[["from_lane", "to_lane"]].to_numpy().tolist() == [[0, 1], [1, 2]]


def test_further_attempts_stand_beside_the_first_and_arrows_lead_to_them(book: EventBook) -> None:
    book.settle(0.050, "m-1", pod="payments-2", outcome=Outcome.REQUEUE)
    book.receive(0.060, "m-1", queue="payments", pod="payments-3", redelivered=True)
    book.settle(0.070, "m-1", pod="payments-3", outcome=Outcome.REQUEUE)
    book.handle(0.080, "m-1", queue="payments", pod="payments-1")
    shaped = waterfall(told(book, 1.0))

    assert shaped.lanes["indent"].tolist() == [0, 1, 1, 1]
    assert shaped.lanes["parent"].tolist() == [-1, 0, 0, 0]
    links = shaped.links[["from_lane", "to_lane", "kind"]]
    assert links.to_numpy().tolist() == [[0, 1, "cause"], [1, 2, "again"], [2, 3, "again"]]


def test_what_one_thing_caused_stands_together_below_it(book: EventBook) -> None:
    book.publish(0.010, "m-2", pod="cards-1", event_type="payment.noted")
    book.handle(0.020, "m-2", queue="notes", pod="notes-1")
    book.publish(0.050, "m-3", pod="payments-2", event_type="payment.booked", causation_id="m-1")
    book.settle(0.060, "m-1", pod="payments-2")
    book.handle(0.080, "m-3", queue="ledger", pod="ledger-1")
    lanes = waterfall(told(book, 1.0)).lanes

    assert list(zip(lanes["service"], lanes["indent"], strict=True)) == [
        ("cards", 0),
        ("payments", 1),
        ("ledger", 2),
        ("cards", 0),
        ("notes", 1),
    ]


def test_the_critical_path_is_marked(book: EventBook) -> None:
    book.settle(0.120, "m-1", pod="payments-2")
    book.receive(0.040, "m-1", queue="notices", pod="notices-1")
    book.settle(0.050, "m-1", pod="notices-1")
    trace = told(book, 1.0)
    shaped = waterfall(trace, critical_path(trace))
    marked = shaped.bars[shaped.bars["critical"]]
    assert set(shaped.lanes["service"].iloc[marked["lane"].unique()]) == {"cards", "payments"}
    assert not waterfall(trace).bars["critical"].any()


def test_a_filter_looks_through_names_queue_and_state(book: EventBook) -> None:
    searched = waterfall(told(book, 1.0)).lanes["searched"].iloc[-1]
    for word in ("payments", "payment.requested", "payments-2", "node-b", "outstanding"):
        assert word in searched


def test_a_lane_says_what_a_filter_by_service_queue_pod_and_state_asks_for(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2")
    book.call(0.080, pod="payments-2", peer_service="limits", causation_id="m-1", outcome=Outcome.ERROR)
    lanes = waterfall(told(book, 1.0)).lanes

    assert lanes[["service", "queue", "pod", "state"]].to_numpy().tolist() == [
        ["cards", "", "cards-1", "complete"],
        ["payments", "payments", "payments-2", "outstanding"],
        ["limits", "", "payments-2", "failed"],
    ]


def test_a_publish_that_went_nowhere_has_a_lane_that_says_so() -> None:
    book = EventBook()
    book.publish(0.0, "m-1", pod="cards-1", outcome=Outcome.UNROUTABLE)
    shaped = waterfall(told(book, 1.0))

    assert shaped.lanes[["words", "tone"]].to_numpy().tolist() == [["✕ unroutable", "failed"]]


def test_hostile_names_are_shown_as_text() -> None:
    book = EventBook()
    book.publish(0.0, "m-1", pod="cards-1", event_type="<script>\x1b[2J", service="**cards**\u202e")
    lane = waterfall(told(book, 1.0)).lanes.iloc[0]

    assert (lane["title"], lane["service"]) == ("<script>␛[2J", "**cards**⟨202E⟩")


def test_an_event_without_steps_gives_nothing_to_draw(book: EventBook) -> None:
    empty = replace(told(book, 1.0), steps=told(book, 1.0).steps.iloc[:0])

    assert waterfall(empty).lanes.empty
    assert waterfall(empty).bars.empty


def test_a_hundred_thousand_steps_are_shaped_in_seconds(book: EventBook) -> None:
    book.process(0.050, "m-1", pod="payments-2")
    small = told(book, 842.0)
    copies = 100_000 // len(small.steps) + 1
    many = small.steps.iloc[np.tile(np.arange(len(small.steps)), copies)].reset_index(drop=True)
    number = pd.Series(range(len(many)), index=many.index) // len(small.steps)
    many["id"] = many["id"] + "/" + number.astype("str")
    many["parent_id"] = (many["parent_id"] + "/" + number.astype("str")).where(many["parent_id"].notna())
    many["start"] += pd.to_timedelta(number, unit="ms")

    begun = time.perf_counter()
    shaped = waterfall(replace(small, steps=many))

    assert len(shaped.bars) >= 100_000
    # An order of magnitude above what it takes, to catch a loop over rows and not a busy machine.
    assert time.perf_counter() - begun < 30
