"""Traces to be exported: the everyday one, one that stands still, one whose every name is hostile, a large one."""

import pandas as pd

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.sentences import trace_sentence
from eventrail.model.events import Outcome
from eventrail.model.sentence import Sentence
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook

HOSTILE = "a|b`c``d <img src=x onerror=alert(1)>\n# [x](http://e.example) @all **z** \\| &lt; \x1b[2J \u202e"


def stuck() -> Trace:
    """One order: paid for at the second attempt, its receipt held by receipts-2 since second 3, its parcel waiting."""
    book = EventBook()
    book.publish(1, "m1", pod="orders-1", event_type="order.placed")
    book.receive(1.25, "m1", queue="payments", pod="payments-1")
    book.process(1.26, "m1", pod="payments-1")
    book.call(1.3, pod="payments-1", peer_service="limits", span_id="s1", causation_id="m1")
    book.call(1.299, pod="limits-1", peer_service="", span_kind="server", span_id="s2", parent_span_id="s1")
    book.settle(1.4, "m1", Outcome.REQUEUE, pod="payments-1", error_type="TimeoutError")
    book.handle(1.5, "m1", queue="payments", pod="payments-2", held_seconds=0.2)
    book.publish(1.6, "m2", pod="payments-2", event_type="payment.made", causation_id="m1")
    book.publish(1.65, "m3", pod="payments-2", event_type="parcel.due", causation_id="m1")
    where = {"pod": "receipts-2", "node": "node-b", "service_version": "2.4.1"}
    book.receive(3, "m2", queue="receipts", **where)
    book.process(3.5, "m2", **where)
    return assembled(book, 60, routes=[("bank.events", "parcel.due", "parcels")])


def refused() -> Trace:
    """One order whose payment was thrown away."""
    book = EventBook()
    book.publish(1, "m1", pod="orders-1", event_type="order.placed")
    book.receive(1.2, "m1", queue="payments", pod="payments-1")
    book.process(1.3, "m1", pod="payments-1")
    book.settle(1.4, "m1", Outcome.DISCARD, pod="payments-1", error_type="CardError")
    return assembled(book, 60)


def hostile(text: str = HOSTILE) -> Trace:
    """One order whose names are all `text`; its handling failed."""
    book = EventBook()
    named = {
        "service": text,
        "service_version": text,
        "node": text,
        "correlation_id": text,
        "exchange": text,
        "routing_key": text,
    }
    book.publish(1, text, pod=text, event_type=text, **named)
    book.receive(2, text, queue=text, pod=text, service=text, node=text)
    book.settle(3, text, Outcome.DISCARD, pod=text, error_type=text, service=text, node=text)
    return assembled(book, 60, text)


def large(messages: int = 200) -> Trace:
    """Many messages handled, every 50th thrown away, every 100th held."""
    book = EventBook()
    for number in range(messages):
        name, at = f"m{number}", 1 + number / 100
        book.publish(at, name, pod="orders-1", event_type="order.placed")
        book.receive(at + 0.002, name, queue="payments", pod="payments-1")
        if number % 100 != 0:
            failed = number % 50 == 0
            outcome, error = (Outcome.DISCARD, "CardError") if failed else (Outcome.ACK, None)
            book.settle(at + 0.004, name, outcome, pod="payments-1", error_type=error)
    return assembled(book, 60)


def exported() -> dict[str, Trace]:
    """Traces that other programs are given, by name."""
    return {
        "stuck": renamed(stuck(), "a stuck event"),
        "refused": renamed(refused(), "8f2f08a9-dbda-62df-bdfb-1c7d381c5962"),
        "hostile": hostile(),
        "large": renamed(large(1_000), "a large event"),
    }


def renamed(trace: Trace, correlation_id: str) -> Trace:
    """The same trace as another event: all stories are called event-1."""
    return Trace(correlation_id, *(getattr(trace, name) for name in trace.__slots__[1:]))


def assembled(
    book: EventBook, until: float, correlation_id: str = "event-1", routes: list[tuple[str, str, str]] | None = None
) -> Trace:
    """Assemble what the book tells, as it stood at second `until`."""
    known = pd.DataFrame(routes or [], columns=["exchange", "routing_key", "queue"], dtype="str")
    return assemble_trace(correlation_id, book.events(), book.time(until), known)


def sentence(trace: Trace) -> Sentence:
    """What the page says of it."""
    return trace_sentence(trace, trace.correlation_id, "the story")
