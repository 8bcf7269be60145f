"""A trace as a sequence diagram: who takes part, which arrows, what they say."""

import pandas as pd
import pytest

from dashboard.shaping.participants import QUEUE, SERVICE
from dashboard.shaping.sequence import FOLDED_ABOVE, sequence
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.events import Outcome, empty_events
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook


def trace_of(book: EventBook, as_of: float = 60) -> Trace:
    return assemble_trace("event-1", book.events(), book.time(as_of))


@pytest.fixture
def book() -> EventBook:
    """A payment that the ledger books after a requeue, and that a hung mailer holds."""
    book = EventBook()
    book.publish(0, "m-1", pod="payments-1")
    book.receive(0.01, "m-1", pod="ledger-1", queue="ledger.booking")
    book.process(0.02, "m-1", pod="ledger-1")
    book.settle(0.05, "m-1", pod="ledger-1", outcome=Outcome.REQUEUE)
    book.receive(1, "m-1", pod="ledger-2", queue="ledger.booking", redelivered=True)
    book.settle(1.2, "m-1", pod="ledger-2")
    book.receive(0.03, "m-1", pod="mailer-1", queue="mailer.receipts")
    return book


def said(trace: Trace) -> list[tuple[str, str, str, str, str]]:
    shaped = sequence(trace)
    names = shaped.participants["name"]
    arrows = shaped.arrows
    ends = zip(arrows["source"].map(names), arrows["target"].map(names), strict=True)
    return [
        (kind, source, target, detail, tone)
        for kind, (source, target), detail, tone in zip(
            arrows["kind"], ends, arrows["detail"], arrows["tone"], strict=True
        )
    ]


def test_services_and_queues_stand_in_the_order_of_first_appearance(book: EventBook) -> None:
    participants = sequence(trace_of(book)).participants
    assert list(participants.itertuples(index=False, name=None)) == [
        ("payments", SERVICE),
        ("ledger.booking", QUEUE),
        ("mailer.receipts", QUEUE),
        ("ledger", SERVICE),
        ("mailer", SERVICE),
    ]


def test_arrows_tell_waits_requeues_and_what_is_held(book: EventBook) -> None:
    assert said(trace_of(book)) == [
        ("publish", "payments", "ledger.booking", "published", ""),
        ("publish", "payments", "mailer.receipts", "published", ""),
        ("deliver", "ledger.booking", "ledger", "waited 10 ms · held 40 ms", ""),
        ("deliver", "mailer.receipts", "mailer", "waited 30 ms · not settled for 1 min 00 s", "bad"),
        ("give-back", "ledger", "ledger.booking", "given back after 40 ms", "warn"),
        ("deliver", "ledger.booking", "ledger", "waited 950 ms · held 200 ms · attempt 2", ""),
    ]


def test_a_message_that_no_queue_took_goes_to_the_exchange() -> None:
    book = EventBook()
    book.publish(0, "m-1", pod="payments-1", outcome=Outcome.UNROUTABLE)
    assert said(trace_of(book)) == [("publish", "payments", "bank.events", "✕ unroutable", "failed")]


def test_a_message_without_a_delivery_stays_at_its_queue() -> None:
    book = EventBook()
    book.publish(0, "m-1", pod="payments-1")
    routes = pd.DataFrame(
        {"exchange": ["bank.events"], "routing_key": ["payment.requested"], "queue": ["ledger.booking"]}
    )
    trace = assemble_trace("event-1", book.events(), book.time(90), routes)
    assert said(trace)[-1] == (
        "wait",
        "ledger.booking",
        "ledger.booking",
        "waiting for 1 min 30 s, not delivered",
        "warn",
    )


def test_a_call_is_one_arrow_though_both_sides_write_a_line() -> None:
    book = EventBook()
    book.call(
        0.01, pod="payments-1", peer_service="limits", call_method="Limits/Check", span_id="a", duration_seconds=0.01
    )
    book.call(
        0.009,
        pod="limits-1",
        peer_service=None,
        span_kind="server",
        call_method="Limits/Check",
        span_id="b",
        parent_span_id="a",
        duration_seconds=0.007,
    )
    assert said(trace_of(book)) == [("call", "payments", "limits", "10 ms", "")]


def test_many_equal_arrows_are_folded_and_the_open_one_stays() -> None:
    book = EventBook()
    for number in range(FOLDED_ABOVE):
        book.publish(number, f"m-{number}", pod="payments-1")
        book.receive(number + 0.01, f"m-{number}", pod="ledger-1", queue="ledger.booking")
        if number:
            book.settle(number + 0.02, f"m-{number}", pod="ledger-1")
    shaped = sequence(trace_of(book, FOLDED_ABOVE))
    assert shaped.drawn_of == 2 * FOLDED_ABOVE
    assert shaped.arrows["count"].tolist() == [FOLDED_ABOVE, 1, FOLDED_ABOVE - 1]
    assert shaped.arrows["tone"].tolist() == ["", "bad", ""]
    assert shaped.arrows["detail"].iloc[2] == "× 199, held 10 ms (median), 10 ms at most"


def test_an_event_without_steps_gives_nothing_to_draw() -> None:
    shaped = sequence(assemble_trace("event-1", empty_events(), pd.Timestamp("2026-01-31", tz="UTC")))
    assert shaped.participants.empty
    assert shaped.arrows.empty


def test_foreign_names_are_made_visible() -> None:
    book = EventBook()
    book.publish(0, "m-1", pod="payments-1", event_type="paid\x1b[31m")
    assert sequence(trace_of(book)).arrows["label"].tolist() == ["paid␛[31m"]
