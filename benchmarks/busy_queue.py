"""Log documents of one busy queue through four pods, one of which hangs, among the lines of everything else."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

QUEUE = "payments.card-authorised"
PODS = 4
MESSAGES_PER_SECOND = 200.0
LINES_PER_MESSAGE = 5  # publish, receive, process, one of the application's own, settle


@dataclass(frozen=True)
class BusyQueue:
    """About `documents` lines, ending at `end`; one pod holds `prefetch` messages from `hung_from` on."""

    documents: int
    end: datetime = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    prefetch: int = 250
    hung_seconds_max: float = 3600.0
    seed: int = 5

    @property
    def start(self) -> datetime:
        """The first line's time."""
        return self.end - timedelta(seconds=self.documents / LINES_PER_MESSAGE / MESSAGES_PER_SECOND)

    @property
    def hung_from(self) -> datetime:
        """When the pod stopped: an hour before the end, or shortly after the start where that is later."""
        return max(self.end - timedelta(seconds=self.hung_seconds_max), self.start + timedelta(seconds=5))

    def lines(self) -> Iterator[str]:
        """Give the documents as JSON, messages in order of their publish."""
        draw = random.Random(self.seed)
        tags = [0] * PODS
        held = 0
        for number in range(self.documents // LINES_PER_MESSAGE):
            at = self.start + timedelta(seconds=number / MESSAGES_PER_SECOND)
            hangs = number % PODS == 0 and at >= self.hung_from
            pod = number % PODS if not hangs or held < self.prefetch else 1 + number // PODS % (PODS - 1)
            stuck = hangs and pod == 0
            held += stuck
            tags[pod] += 1
            yield from _message(number, pod, tags[pod], at, draw, stuck=stuck)


def _message(number: int, pod: int, tag: int, at: datetime, draw: random.Random, *, stuck: bool) -> Iterator[str]:
    received = at + timedelta(milliseconds=draw.uniform(1, 10))
    facts = (
        f'"messaging.message.conversation_id":"e{number // 8:012x}","messaging.message.id":"m{number:012x}",'
        '"messaging.message.type":"card.authorised","messaging.destination.name":"bank.events",'
        '"messaging.rabbitmq.vhost":"bank","messaging.rabbitmq.destination.routing_key":"card.authorised"'
    )
    delivery = (
        f'{facts},"messaging.destination.subscription.name":"{QUEUE}","messaging.rabbitmq.message.delivery_tag":{tag},'
        f'"messaging.rabbitmq.message.redelivered":false,"messaging.rabbitmq.channel.id":"payments-{pod}-i1/1/1",'
        f'"messaging.client.id":"payments-{pod}/1","messaging.message.attempt":1'
    )
    line = 6 * number
    yield _line(at, "cards", 0, line, f'{facts},"messaging.operation.type":"send"')
    yield _line(received, "payments", pod, line + 1, f'{delivery},"messaging.operation.type":"receive"')
    if stuck:
        return
    yield _line(received, "payments", pod, line + 2, f'{delivery},"messaging.operation.type":"process"')
    yield _line(received, "payments", pod, line + 3, f'"messaging.message.conversation_id":"e{number // 8:012x}"')
    settled = received + timedelta(milliseconds=draw.uniform(2, 15))
    settling = '"messaging.operation.type":"settle","messaging.operation.outcome":"ack"'
    yield _line(settled, "payments", pod, line + 4, f"{delivery},{settling}")


def _line(at: datetime, service: str, pod: int, sequence: int, fields: str) -> str:
    return (
        f'{{"@timestamp":"{at:%Y-%m-%dT%H:%M:%S.%fZ}","message":"a line of {service}","log.level":"info",'
        f'"service.name":"{service}","service.instance.id":"{service}-{pod}-i1","event.sequence":{sequence},{fields},'
        f'"kubernetes":{{"pod_name":"{service}-{pod}","namespace_name":"bank","host":"node-{pod}"}}}}'
    )
