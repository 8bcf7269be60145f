"""Exchanges, queues and bindings that the flows need, and their declaration on a broker."""

from dataclasses import dataclass, field

import pika

from bank.desk import DEAD_LETTER_EXCHANGE, EXCHANGE
from bank.flow import Flow, Step

RETRY_EXCHANGE = "bank.retry"
_DEAD_LETTERS_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable classic queue, what it is bound to, and its arguments."""

    name: str
    exchange: str | None
    routing_key: str
    arguments: dict[str, object] = field(default_factory=dict)


def queues(flows: tuple[Flow, ...]) -> tuple[Queue, ...]:
    """Every queue of the bank: one a consuming service and event, its retry queue, and the services' dead letters."""
    steps = [step for flow in flows for step in flow.steps]
    services = sorted({step.service for step in steps})
    return (
        *(_work_queue(step) for step in steps),
        *(_retry_queue(step) for step in steps if step.retry_seconds is not None),
        *(_dead_letter_queue(service) for service in services),
    )


def declare(url: str, flows: tuple[Flow, ...]) -> None:
    """Makes exchanges, queues and bindings; what exists with the same arguments is left as it is."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        channel = connection.channel()
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.exchange_declare(DEAD_LETTER_EXCHANGE, "topic", durable=True)
        channel.exchange_declare(RETRY_EXCHANGE, "direct", durable=True)
        for queue in queues(flows):
            channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
            if queue.exchange is not None:
                channel.queue_bind(queue.name, queue.exchange, queue.routing_key)
    finally:
        connection.close()


def _work_queue(step: Step) -> Queue:
    dead_letter_exchange = DEAD_LETTER_EXCHANGE if step.retry_seconds is None else RETRY_EXCHANGE
    arguments = {"x-dead-letter-exchange": dead_letter_exchange, "x-dead-letter-routing-key": step.queue}
    return Queue(step.queue, EXCHANGE, step.event_type, dict(arguments))


def _retry_queue(step: Step) -> Queue:
    """A discarded message waits here until its time to live is over, then goes back to the step's own queue only."""
    arguments: dict[str, object] = {
        "x-message-ttl": int((step.retry_seconds or 0) * 1000),
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": step.queue,
    }
    return Queue(f"{step.queue}.retry", RETRY_EXCHANGE, step.queue, arguments)


def _dead_letter_queue(service: str) -> Queue:
    """Bounded, so that a bank that nobody tidies can run for days."""
    return Queue(f"{service}.dead-letter", DEAD_LETTER_EXCHANGE, f"{service}.#", {"x-max-length": _DEAD_LETTERS_KEPT})
