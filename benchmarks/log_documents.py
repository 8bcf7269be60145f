"""Log documents of the bank's kind in any number: each message is published, received, handled and settled.

The field names and sizes are those that the bank's log shipper writes (docs/log-fields.md); what they say is drawn from
a seed, so that an index is the same each time it is made. Two events of a chosen length and one queue with a hung
consumer are laid in between.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SERVICES = tuple(f"service-{number:02d}" for number in range(19))
NODES = ("node-a", "node-b", "node-c")
PODS_PER_SERVICE = 3
PREFETCH = 10
# One message makes four messaging lines and, on average, so many of the application's own.
APPLICATION_LINES = 1
MESSAGES_PER_EVENT = 8


@dataclass(frozen=True)
class Shape:
    """What to make: about `documents` lines, ending at `end`, `lines_per_second` of them.

    long_events: correlation ID → number of messages; they begin after that share of the index.
    stuck_queue's pod 0 stops handling `stuck_seconds` before the end.
    """

    documents: int
    end: datetime = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    lines_per_second: float = 500.0
    long_events: tuple[tuple[str, int], ...] = (("event-of-100-steps", 34), ("event-of-2000-steps", 667))
    long_events_from: float = 0.5
    stuck_queue: str = "service-03.message-published"
    stuck_seconds: float = 900.0
    seed: int = 7

    @property
    def start(self) -> datetime:
        """The first line's time."""
        return self.end - timedelta(seconds=self.documents / self.lines_per_second)


def documents(shape: Shape) -> Iterator[tuple[datetime, str]]:
    """Give each document's time and its JSON text; messages in order of their publish."""
    draw = random.Random(shape.seed)
    lines_per_message = 4 + APPLICATION_LINES
    messages = shape.documents // lines_per_message
    gap = timedelta(seconds=lines_per_message / shape.lines_per_second)
    planned = _long_event_messages(shape, messages)
    writer = _Writer(shape, draw)
    for number in range(messages):
        correlation_id = planned.get(number, f"e{number // MESSAGES_PER_EVENT:012x}")
        yield from writer.message(number, correlation_id, shape.start + number * gap)


def _long_event_messages(shape: Shape, messages: int) -> dict[int, str]:
    """Spread the messages of the long events over the index, one in three positions each."""
    planned: dict[int, str] = {}
    for offset, (correlation_id, count) in enumerate(shape.long_events):
        first = int(messages * shape.long_events_from) + offset
        planned |= {first + 3 * step: correlation_id for step in range(count) if first + 3 * step < messages}
    return planned


class _Writer:
    """Writes the lines of one message after another, and remembers what the hung pod holds."""

    def __init__(self, shape: Shape, draw: random.Random) -> None:
        self._shape = shape
        self._draw = draw
        self._hung_from = shape.end - timedelta(seconds=shape.stuck_seconds)
        self._held = 0
        self._tags: dict[str, int] = {}
        self._last_of_event: dict[str, int] = {}
        self._line = 0

    def message(self, number: int, correlation_id: str, at: datetime) -> Iterator[tuple[datetime, str]]:
        """Give the lines about one message."""
        publisher, consumer = SERVICES[number % 19], SERVICES[(number * 7 + 3) % 19]
        queue = f"{consumer}.message-published"
        pod = self._consumer_pod(queue, number, at)
        facts = self._facts(number, correlation_id, queue)
        cause = self._last_of_event.get(correlation_id)
        causation = "" if cause is None else f'"messaging.message.causation_id":"m{cause:012x}",'
        self._last_of_event[correlation_id] = number
        yield self._line_of(
            at,
            publisher,
            number % PODS_PER_SERVICE,
            f"published message.published.{consumer}",
            f'{facts}{causation}"messaging.operation.type":"send","messaging.operation.name":"publish",'
            '"messaging.operation.outcome":"confirmed"',
        )
        received = at + timedelta(milliseconds=self._draw.uniform(1, 20))
        tag = self._tags[f"{consumer}-{pod}"] = self._tags.get(f"{consumer}-{pod}", 0) + 1
        delivery = self._delivery(facts, consumer, pod, queue, tag)
        yield self._line_of(
            received,
            consumer,
            pod,
            f"received {queue}",
            f'{delivery}"messaging.operation.type":"receive","messaging.operation.name":"deliver"',
        )
        if self._hangs(queue, pod, at):
            self._held += 1
            if self._held > 4:
                return
        handling = received + timedelta(milliseconds=self._draw.uniform(0.1, 2))
        yield self._line_of(
            handling,
            consumer,
            pod,
            f"handling {queue}",
            f'{delivery}"messaging.operation.type":"process","messaging.operation.name":"process"',
        )
        yield self._line_of(
            handling + timedelta(milliseconds=1),
            consumer,
            pod,
            f"debit {self._draw.uniform(1, 900):.2f} DKK on account {self._draw.randrange(10**8)}",
            f'"messaging.message.conversation_id":"{correlation_id}"',
        )
        if self._hangs(queue, pod, at):
            return
        took = self._draw.uniform(2, 60)
        yield self._line_of(
            handling + timedelta(milliseconds=took),
            consumer,
            pod,
            f"ack {queue}",
            f'{delivery}"messaging.operation.type":"settle","messaging.operation.name":"ack",'
            f'"messaging.operation.outcome":"ack","event.duration":{int(took * 1e6)}',
        )

    def _consumer_pod(self, queue: str, number: int, at: datetime) -> int:
        """Choose the pod; the hung one takes no more than its prefetch."""
        pod = (number // 19) % PODS_PER_SERVICE
        return 1 if self._hangs(queue, pod, at) and self._held >= PREFETCH else pod

    def _hangs(self, queue: str, pod: int, at: datetime) -> bool:
        return queue == self._shape.stuck_queue and pod == 0 and at >= self._hung_from

    def _facts(self, number: int, correlation_id: str, queue: str) -> str:
        return (
            f'"messaging.system":"rabbitmq","messaging.message.conversation_id":"{correlation_id}",'
            f'"messaging.message.id":"m{number:012x}","messaging.message.type":"message.published",'
            '"messaging.destination.name":"bank.events","messaging.rabbitmq.vhost":"bank",'
            f'"messaging.rabbitmq.destination.routing_key":"message.published.{queue.split(".", maxsplit=1)[0]}",'
        )

    def _delivery(self, facts: str, consumer: str, pod: int, queue: str, tag: int) -> str:
        instance = f"{consumer}-{pod}-i1"
        return (
            f'{facts}"messaging.destination.subscription.name":"{queue}",'
            f'"messaging.rabbitmq.message.delivery_tag":{tag},"messaging.rabbitmq.message.redelivered":false,'
            f'"messaging.rabbitmq.consumer.tag":"ctag1.{instance}","messaging.rabbitmq.channel.id":"{instance}/1/1",'
            f'"messaging.client.id":"{consumer}-{pod}/1","messaging.message.attempt":1,'
        )

    def _line_of(self, at: datetime, service: str, pod: int, message: str, fields: str) -> tuple[datetime, str]:
        self._line += 1
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return at, (
            f'{{"@timestamp":"{stamp}","message":"{message}","log.level":"info","log.logger":"{service}.handler",'
            f'"service.name":"{service}","service.version":"2.1.0","service.instance.id":"{service}-{pod}-i1",'
            f'"event.sequence":{self._line},{fields},'
            f'"kubernetes":{{"pod_name":"{service}-{pod}","namespace_name":"bank","container_name":"{service}",'
            f'"host":"{NODES[pod]}"}}}}'
        )
