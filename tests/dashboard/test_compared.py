"""What an event lacks and how it differs from its twin, as the page says it."""

from datetime import UTC, datetime

import pytest

from dashboard.shaping.compared import difference_rows, missing_parts
from eventrail.investigate.answers import UsualAnswer
from eventrail.investigate.tracing import investigate_trace
from eventrail.investigate.usual import investigate_usual
from eventrail.model.events import Outcome
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from tests.investigate.told import told

EVENTS = 30
STUCK = "event-stuck"
RETRIED = "event-retried"


def purchase(book: EventBook, at: float, event: str, *, requeued: bool = False, stuck: bool = False) -> None:
    """Tell of a purchase that payments handles, then asks the ledger to book."""
    asked, booked = f"{event}-asked", f"{event}-booked"
    book.publish(at, asked, pod="cards-1", correlation_id=event)
    book.receive(at + 0.01, asked, pod="payments-1", queue="payments.requested")
    if stuck:
        return
    if requeued:
        book.settle(at + 0.5, asked, pod="payments-1", outcome=Outcome.REQUEUE)
        book.receive(at + 0.6, asked, pod="payments-2", node="node-b", queue="payments.requested", redelivered=True)
    pod, node, late = ("payments-2", "node-b", 1.0) if requeued else ("payments-1", "node-a", 0.0)
    book.publish(
        at + 0.03 + late, booked, pod=pod, correlation_id=event, event_type="payment.booked", causation_id=asked
    )
    book.settle(at + 0.04 + late, asked, pod=pod, node=node)
    book.handle(at + 0.06 + late, booked, pod="ledger-1", queue="ledger.booked", held_seconds=0.01)


@pytest.fixture(scope="module")
def sources() -> Sources:
    book = EventBook()
    for number in range(EVENTS):
        purchase(book, number, f"event-{number}")
    purchase(book, 40, RETRIED, requeued=True)
    purchase(book, 45, STUCK, stuck=True)
    book.log(240, "still here", pod="cards-1", correlation_id=None)
    return told(book, None)


def usual_of(sources: Sources, event: str) -> UsualAnswer:
    now = datetime(2026, 1, 31, 9, 5, tzinfo=UTC)
    trace = investigate_trace(sources, event, now=now).trace
    assert trace is not None
    return investigate_usual(sources, trace)


def test_what_has_not_come_is_said_with_what_is_usual(sources: Sources) -> None:
    (part,) = missing_parts(usual_of(sources, STUCK))
    assert part.tone == "bad"
    assert part.words.startswith("Expected payment.booked within 730 ms (p99 of 31), nothing for ")
    assert "payments-1 on node-a" in part.words


def test_a_complete_event_lacks_nothing_and_it_says_by_how_many(sources: Sources) -> None:
    (part,) = missing_parts(usual_of(sources, "event-3"))
    assert part.words == "Nothing is missing, by 30 completed events of payment.requested."
    assert part.tone == "plain"


def test_differences_are_named_step_by_step(sources: Sources) -> None:
    twin = usual_of(sources, RETRIED).twin
    assert twin is not None
    rows = difference_rows(twin).set_index("step")
    delivery = rows.loc["payment.requested · payments.requested"]
    assert delivery["differs"].startswith("1 attempt more; took ")
    assert delivery["differs"].endswith("another node")
    assert delivery["tone"] == "bad"
    assert ", 2 attempts · payments-2" in delivery["this"]
    assert rows.loc["cards publishes payment.requested", "differs"] == ""


def test_what_is_only_in_the_twin_is_said(sources: Sources) -> None:
    twin = usual_of(sources, STUCK).twin
    assert twin is not None
    rows = difference_rows(twin).set_index("step")
    assert rows.loc["payments publishes payment.booked", "this"] == "not there"
    assert rows.loc["payments publishes payment.booked", "differs"] == "only in the twin"
