"""Deliveries in a client's buffer that no line shows, and who must hold them."""

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.queue_order import QueueOrder, infer_by_queue_order, published_to
from eventrail.analysis.reconcile import GaugeReading
from eventrail.testing.builders import EventBook

QUEUE = "support.case-opened"
ROUTES = pd.DataFrame(
    {"vhost": ["/"], "exchange": ["bank.events"], "routing_key": ["case.opened"], "queue": [QUEUE]}, dtype="str"
)


def infer(book: EventBook, gauge: int, at: float = 60.0) -> QueueOrder:
    lines, _ = clean(book.events())
    deliveries, _ = match_deliveries(lines)
    published = published_to(lines[lines["operation"] == "send"], ROUTES, "/", QUEUE)
    return infer_by_queue_order("/", QUEUE, deliveries, published, GaugeReading(gauge, book.time(at)), book.time(at))


def publish(book: EventBook, *numbers: int) -> None:
    for number in numbers:
        book.publish(number, f"m{number}", pod="cards-1", event_type="case.opened")


def handle(book: EventBook, number: int, pod: str, settled: bool = True) -> None:
    book.process(number + 0.1, f"m{number}", queue=QUEUE, pod=pod)
    if settled:
        book.settle(number + 0.2, f"m{number}", pod=pod)


def inferred(order: QueueOrder) -> dict[str, str]:
    rows = order.deliveries[order.deliveries["inferred"].str.contains("stage")]
    return dict(zip(rows["message_id"], rows["pod"].fillna("?"), strict=True))


def test_what_the_gauge_counts_beyond_the_lines_is_the_head_of_what_was_published() -> None:
    book = EventBook()
    publish(book, 1, 2, 3, 4, 5, 6)
    handle(book, 1, "support-1")
    handle(book, 2, "support-2", settled=False)
    handle(book, 3, "support-1")

    order = infer(book, gauge=3)

    assert set(inferred(order)) == {"m4", "m5"}
    assert order.inferred == 2
    assert order.doubts == ()


def test_a_pod_that_went_on_to_later_messages_holds_no_earlier_one() -> None:
    book = EventBook()
    publish(book, 1, 2, 3, 4, 5)
    handle(book, 1, "support-2", settled=False)
    handle(book, 2, "support-1")
    handle(book, 5, "support-1")

    assert inferred(infer(book, gauge=3)) == {"m3": "support-2", "m4": "support-2"}


def test_where_two_pods_may_hold_a_message_no_holder_is_named() -> None:
    book = EventBook()
    publish(book, 1, 2, 3)
    handle(book, 1, "support-1", settled=False)
    handle(book, 2, "support-2", settled=False)

    assert inferred(infer(book, gauge=3)) == {"m3": "?"}


def test_messages_beyond_the_gauge_still_wait_in_the_queue() -> None:
    book = EventBook()
    publish(book, 1, 2, 3, 4)

    assert set(inferred(infer(book, gauge=1))) == {"m1"}


def test_a_message_shown_by_a_line_is_never_inferred_too() -> None:
    book = EventBook()
    publish(book, 1, 2)
    handle(book, 1, "support-1")
    book.process(70, "m2", queue=QUEUE, pod="support-1")

    order = infer(book, gauge=1, at=60)

    assert order.inferred == 0


def test_messages_given_back_raise_a_doubt() -> None:
    book = EventBook()
    publish(book, 1, 2)
    book.process(1.1, "m1", queue=QUEUE, pod="support-1")
    book.settle(1.2, "m1", "requeue", pod="support-1")

    assert "1 messages were given back" in infer(book, gauge=2).doubts[0]


def test_unroutable_messages_are_not_in_the_queue() -> None:
    book = EventBook()
    book.publish(1, "m1", pod="cards-1", event_type="case.opened", outcome="unroutable")
    publish(book, 2)

    assert set(inferred(infer(book, gauge=1))) == {"m2"}
