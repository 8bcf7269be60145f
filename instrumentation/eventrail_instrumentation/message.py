"""A message as a handler sees it, and what of it is read from AMQP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from eventrail_instrumentation.ids import new_id

CAUSATION_HEADER = "causation-id"


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery of one message.

    `attempt` is 1 for the first delivery to this queue. `correlation_id` is always there: a message that came
    without one belongs to an event of its own, named after its message ID.
    """

    body: bytes
    queue: str
    exchange: str
    routing_key: str
    event_type: str
    correlation_id: str
    message_id: str | None
    causation_id: str | None
    attempt: int
    redelivered: bool
    headers: Mapping[str, object]

    def json(self) -> Any:
        """The body read as JSON. Raises ValueError when it is not JSON."""
        return json.loads(self.body)


def from_amqp(queue: str, method: Any, properties: Any, body: bytes) -> Message:
    """The message of a pika delivery; missing properties are told by None, or by a value that is stable."""
    headers: Mapping[str, object] = MappingProxyType(properties.headers or {})
    message_id = _text(properties.message_id)
    return Message(
        body=body,
        queue=queue,
        exchange=method.exchange,
        routing_key=method.routing_key,
        event_type=_text(properties.type) or method.routing_key,
        correlation_id=_text(properties.correlation_id) or message_id or new_id(),
        message_id=message_id,
        causation_id=_text(headers.get(CAUSATION_HEADER)),
        attempt=attempt(queue, headers, redelivered=method.redelivered),
        redelivered=method.redelivered,
        headers=headers,
    )


def attempt(queue: str, headers: Mapping[str, object], *, redelivered: bool) -> int:
    """Which delivery to `queue` this is, counted from 1, as far as the broker tells.

    Dead-letter rounds are counted in `x-death`, redeliveries of a quorum queue in `x-delivery-count`; a
    classic queue only says that there was at least one before.
    """
    deaths = headers.get("x-death")
    rounds = 0
    for death in deaths if isinstance(deaths, list) else []:
        if isinstance(death, Mapping) and death.get("queue") == queue:
            rounds += _count(death.get("count"))
    redeliveries = _count(headers.get("x-delivery-count")) or int(redelivered)
    return 1 + rounds + redeliveries


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) and value else None
