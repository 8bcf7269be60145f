"""The list beside the gauge: every message of a difference has a reason."""

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.reconcile import Circumstances, GaugeReading, reconcile
from eventrail.model.ledger import QueueLedger
from eventrail.testing.builders import EventBook

QUEUE = "payments.card-authorised"
NOTHING_ELSE = Circumstances()


def hold(book: EventBook, *message_ids: str, at: float = 0.0, pod: str = "payments-1") -> None:
    for message_id in message_ids:
        book.receive(at, message_id, queue=QUEUE, pod=pod)


def compare(
    book: EventBook, gauge: int | None, gauge_at: float, as_of: float, circumstances: Circumstances = NOTHING_ELSE
) -> QueueLedger:
    deliveries, _ = match_deliveries(clean(book.events())[0])
    reading = None if gauge is None else GaugeReading(gauge, book.time(gauge_at))
    return reconcile("/", QUEUE, deliveries, book.time(as_of), reading, circumstances)


def reasons(ledger: QueueLedger) -> list[tuple[str, str, int]]:
    return [(reason.side, reason.kind, reason.messages) for reason in ledger.reasons]


def test_a_stuck_queue_whose_gauge_the_list_explains_wholly() -> None:
    book = EventBook()
    hold(book, "m1", "m2", "m3")

    ledger = compare(book, gauge=3, gauge_at=60, as_of=62)

    assert (ledger.explained, ledger.unexplained, ledger.surplus) == (3, 0, 0)
    assert ledger.agrees
    assert ledger.reasons == ()
    assert ledger.oldest_age_seconds == 62.0


def test_what_was_settled_after_the_sample_is_unexplained_with_that_reason() -> None:
    book = EventBook()
    hold(book, "m1", "m2")
    book.settle(61, "m2", pod="payments-1")

    ledger = compare(book, gauge=2, gauge_at=60, as_of=62)

    assert reasons(ledger) == [("unexplained", "settled-since-sample", 1)]
    assert ledger.agrees


def test_what_a_closed_channel_gave_back_after_the_sample_is_not_called_settled() -> None:
    book = EventBook()
    hold(book, "m1", "m2", "m3")
    book.settle(61, "m1", pod="payments-1")
    book.channel_closed(62, pod="payments-1", error_type="ConnectionClosedByBroker")

    ledger = compare(book, gauge=3, gauge_at=60, as_of=63)

    assert reasons(ledger) == [
        ("unexplained", "settled-since-sample", 1),
        ("unexplained", "returned-since-sample", 2),
    ]
    assert "channel closed: ConnectionClosedByBroker" in ledger.reasons[1].what
    assert ledger.agrees


def test_what_was_delivered_after_the_sample_is_surplus_with_that_reason() -> None:
    book = EventBook()
    hold(book, "m1")
    hold(book, "m2", at=61)

    ledger = compare(book, gauge=1, gauge_at=60, as_of=62)

    assert (ledger.explained, reasons(ledger)) == (1, [("surplus", "delivered-since-sample", 1)])
    assert ledger.agrees


def test_a_broker_that_counts_seldom_may_have_counted_earlier() -> None:
    book = EventBook()
    hold(book, "m1")
    book.settle(48, "m1", pod="payments-1")
    deliveries, _ = match_deliveries(clean(book.events())[0])

    usual = reconcile("/", QUEUE, deliveries, book.time(62), GaugeReading(1, book.time(60)), NOTHING_ELSE)
    seldom = reconcile("/", QUEUE, deliveries, book.time(62), GaugeReading(1, book.time(60), 15.0), NOTHING_ELSE)

    assert (usual.agrees, seldom.agrees) == (False, True)


def test_a_sample_of_other_messages_explains_none_of_the_list() -> None:
    book = EventBook()
    hold(book, "m1")
    book.settle(60.9, "m1", pod="payments-1")
    hold(book, "m2", at=61)

    ledger = compare(book, gauge=1, gauge_at=60, as_of=62)

    assert (ledger.explained, ledger.unexplained, ledger.surplus) == (0, 1, 1)


def test_the_broker_counts_every_five_seconds_so_a_gauge_may_be_that_old() -> None:
    book = EventBook()
    hold(book, "m1", "m2")
    book.settle(57, "m2", pod="payments-1")

    ledger = compare(book, gauge=2, gauge_at=60, as_of=60)

    assert ledger.agrees
    assert (ledger.lowest, ledger.highest) == (1, 2)
    assert reasons(ledger) == [("unexplained", "gauge-uncertainty", 1)]


def test_what_lay_in_a_buffer_when_the_gauge_was_read_and_was_handled_since_is_no_lost_line() -> None:
    """Three were counted in the buffer of a consumer that logs no receive lines; it has handled four since."""
    book = EventBook()
    for number in range(4):
        book.process(60.2 + 0.3 * number, f"m{number}", queue=QUEUE, pod="payments-1")
    book.settle(61, "m0", pod="payments-1")
    book.settle(61.5, "m1", pod="payments-1")

    ledger = compare(book, gauge=3, gauge_at=60, as_of=62)

    assert (ledger.explained, ledger.unexplained, ledger.surplus) == (1, 2, 1)
    assert reasons(ledger) == [("unexplained", "settled-since-sample", 2), ("surplus", "delivered-since-sample", 1)]
    assert ledger.agrees
    assert ledger.deliveries["delivered"].min() > book.time(60)


def test_a_buffer_that_was_emptied_while_the_gauge_was_being_taken_is_no_lost_line() -> None:
    book = EventBook()
    for number in range(3):
        book.process(59 + 0.2 * number, f"m{number}", queue=QUEUE, pod="payments-1")
        book.settle(59.1 + 0.2 * number, f"m{number}", pod="payments-1")

    ledger = compare(book, gauge=3, gauge_at=60, as_of=62)

    assert reasons(ledger) == [("unexplained", "gauge-uncertainty", 3)]
    assert ledger.agrees


def test_what_was_received_after_the_sample_lay_in_no_buffer_then() -> None:
    book = EventBook()
    hold(book, "m1", at=61)
    book.settle(61.5, "m1", pod="payments-1")

    ledger = compare(book, gauge=1, gauge_at=60, as_of=62)

    assert reasons(ledger) == [("unexplained", "no-line", 1)]
    assert not ledger.agrees


def test_a_consumer_without_lines_is_said_to_log_nothing() -> None:
    ledger = compare(EventBook(), gauge=4, gauge_at=60, as_of=60)

    assert not ledger.agrees
    assert reasons(ledger) == [("unexplained", "no-instrumentation", 4)]


def test_late_logs_are_named_before_anything_worse_is_thought() -> None:
    book = EventBook()
    hold(book, "m1")

    ledger = compare(book, 3, gauge_at=60, as_of=60, circumstances=Circumstances(logs_complete_to=book.time(20)))

    assert reasons(ledger) == [("unexplained", "late-logs", 2)]
    assert "40 s behind" in ledger.reasons[0].what


def test_a_holder_that_is_gone_and_a_settlement_without_a_line_are_surplus() -> None:
    book = EventBook()
    hold(book, "m1", "m2", pod="payments-1")
    hold(book, "m3", pod="payments-2")

    ledger = compare(book, 0, gauge_at=60, as_of=60, circumstances=Circumstances(gone_pods=frozenset({"payments-1"})))

    assert reasons(ledger) == [("surplus", "pod-gone", 2), ("surplus", "settled-without-line", 1)]


def test_without_a_gauge_the_list_stands_alone() -> None:
    book = EventBook()
    hold(book, "m1")

    ledger = compare(book, None, gauge_at=0, as_of=60)

    assert (ledger.gauge, ledger.explained, ledger.unexplained, ledger.surplus) == (None, 1, 0, 0)
    assert ledger.agrees is None


def test_the_list_of_an_instant_knows_nothing_of_later_lines() -> None:
    book = EventBook()
    hold(book, "m1", at=10)
    book.process(20, "m1", pod="payments-1")
    book.settle(30, "m1", pod="payments-1")

    then = compare(book, 1, gauge_at=15, as_of=15).deliveries.iloc[0]

    assert then["stage"] == "received"
    assert pd.isna(then["handling_start"])
    assert pd.isna(then["settled"])
    assert pd.isna(then["settlement"])
