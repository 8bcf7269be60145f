"""What a handler learns of a message, however little its publisher told."""

from types import SimpleNamespace

import pika
import pytest
from eventrail_instrumentation.message import Message, attempt, from_amqp

METHOD = SimpleNamespace(exchange="bank.events", routing_key="payment.requested", redelivered=False)


def arrived(properties: pika.BasicProperties) -> Message:
    return from_amqp("ledger.payment-requested", METHOD, properties, b"{}")


def test_a_message_from_an_instrumented_service_brings_its_ids() -> None:
    message = arrived(
        pika.BasicProperties(
            correlation_id="event-1",
            message_id="m2",
            type="payment.requested",
            headers={"causation-id": "m1"},
        )
    )

    assert (message.correlation_id, message.message_id, message.causation_id) == ("event-1", "m2", "m1")
    assert message.event_type == "payment.requested"
    assert message.attempt == 1


def test_a_message_without_correlation_id_is_named_after_its_message_id() -> None:
    assert arrived(pika.BasicProperties(message_id="m2")).correlation_id == "m2"


def test_a_bare_message_gets_an_event_of_its_own_and_its_routing_key_as_type() -> None:
    first, second = arrived(pika.BasicProperties()), arrived(pika.BasicProperties())

    assert first.message_id is None
    assert first.event_type == "payment.requested"
    assert first.correlation_id != second.correlation_id


@pytest.mark.parametrize(
    ("headers", "redelivered", "expected"),
    [
        ({}, False, 1),
        ({}, True, 2),
        ({"x-delivery-count": 3}, True, 4),
        ({"x-death": [{"queue": "q", "reason": "rejected", "count": 2}]}, False, 3),
        ({"x-death": [{"queue": "q.retry", "reason": "expired", "count": 2}]}, False, 1),
        ({"x-death": [{"queue": "q", "count": 1}], "x-delivery-count": 1}, True, 3),
        ({"x-death": "nonsense"}, False, 1),
        ({"x-death": [7, {"queue": "q", "count": "many"}]}, False, 1),
    ],
)
def test_the_attempt_counts_what_the_broker_tells(headers: dict[str, object], redelivered: bool, expected: int) -> None:
    assert attempt("q", headers, redelivered=redelivered) == expected
