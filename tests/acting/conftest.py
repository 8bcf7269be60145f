"""A dead-letter queue on the real broker, letters in it, and leave to act."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pika
import pytest

from eventrail.acting.exact_properties import ExactConnection, ExactProperties
from eventrail.acting.letters import DeadLetter
from eventrail.acting.looking import peek
from eventrail.acting.permission import Allowed, require_allowed
from eventrail.acting.queue_facts import queue_facts
from eventrail.configuration import Configuration
from eventrail.configuration.sections import ActingSection, RabbitmqSection
from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Post:
    """Two queues: what dies in `work` lands in `dead`."""

    channel: Any
    work: str
    dead: str
    rabbitmq: RabbitMQ
    kind: str

    def publish(self, queue: str, body: bytes = b"{}", properties: Any = None) -> None:
        self.channel.basic_publish("", queue, body, properties or pika.BasicProperties())

    def die(self, *message_ids: str, persistent: bool = True, **properties: Any) -> None:
        """Let messages with these IDs be rejected by the consumer of `work`."""
        for message_id in message_ids:
            self.publish(
                self.work,
                message_id.encode(),
                pika.BasicProperties(message_id=message_id, delivery_mode=1 + persistent, **properties),
            )
        self.reject(len(message_ids))

    def reject(self, number: int) -> None:
        tag = 0
        for _ in range(number):
            tag = self.channel.basic_get(self.work)[0].delivery_tag
        self.channel.basic_nack(tag, multiple=True, requeue=False)
        self.settle()

    def settle(self) -> None:
        """Wait until the broker has done what was asked on the channel."""
        self.channel.queue_declare(self.dead, passive=True)

    def count(self, queue: str) -> int:
        ready: int = self.channel.queue_declare(queue, passive=True).method.message_count
        return ready

    def total(self, queue: str) -> tuple[int, int]:
        """Messages ready and messages held, as the living process tells."""
        columns = ("name", "messages_ready", "messages_unacknowledged")
        rows = self.rabbitmq.control_table("list_queues", "-p", VIRTUAL_HOST, *columns)
        return next((int(row[columns[1]]), int(row[columns[2]])) for row in rows if row["name"] == queue)

    def take_all(self, queue: str) -> list[tuple[Any, ExactProperties, bytes]]:
        """Empty a queue."""
        taken = []
        while (got := self.channel.basic_get(queue, auto_ack=True))[0] is not None:
            taken.append(got)
        return taken

    def ids(self, queue: str) -> list[str]:
        return [properties.message_id for _, properties, _ in self.take_all(queue)]


MakePost = Callable[..., Post]


@pytest.fixture
def make_post(rabbitmq: RabbitMQ) -> Iterator[MakePost]:
    """Declare the two queues, of a kind; they are deleted afterwards."""
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url), _impl_class=ExactConnection) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        declared: list[str] = []

        def made(kind: str = "classic", **dead_arguments: Any) -> Post:
            name = f"acting-{next(_NUMBERS)}-{uuid.uuid4().hex[:6]}"
            work, dead = f"{name}.work", f"{name}.dead"
            leads = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
            channel.queue_declare(work, durable=True, arguments=leads)
            channel.queue_declare(dead, durable=True, arguments={"x-queue-type": kind, **dead_arguments})
            declared.extend((work, dead))
            return Post(channel, work, dead, rabbitmq, kind)

        yield made
        with connection.channel() as cleaning:
            for queue in declared:
                cleaning.queue_delete(queue)


@pytest.fixture
def post(make_post: MakePost) -> Post:
    """The two queues, classic ones."""
    return make_post()


@pytest.fixture
def allowed(rabbitmq: RabbitMQ, tmp_path: Path) -> Allowed:
    """Leave to act on the broker, with a journal of the test's own."""
    return leave(rabbitmq, tmp_path / "journal.jsonl")


def leave(rabbitmq: RabbitMQ, journal: Path) -> Allowed:
    looking, acting = rabbitmq.monitoring, rabbitmq.bank
    management: dict[str, Any] = {
        "url": rabbitmq.management_url,
        "username": looking.username,
        "password": looking.password,
        "vhosts": (VIRTUAL_HOST,),
    }
    section: dict[str, Any] = {
        "allowed": True,
        "url": f"amqp://127.0.0.1:{rabbitmq.amqp_port}",
        "username": acting.username,
        "password": acting.password,
        "journal": journal,
    }
    return require_allowed(Configuration(rabbitmq=RabbitmqSection(**management), acting=ActingSection(**section)))


def look(allowed: Allowed, queue: str, scan: int) -> tuple[DeadLetter, ...]:
    """Look into a queue, whatever its limits."""
    return peek(allowed, queue_facts(allowed, VIRTUAL_HOST, queue), scan)


def by_port(allowed: Allowed, port: int) -> Allowed:
    """The same leave by way of another port of this machine."""
    return replace(allowed, amqp_url=f"amqp://127.0.0.1:{port}")


@contextmanager
def consumer(rabbitmq: RabbitMQ, name: str) -> Iterator[Any]:
    """A channel of a client of this name."""
    parameters = pika.URLParameters(rabbitmq.amqp_url)
    parameters.client_properties = {"connection_name": name}
    connection = pika.BlockingConnection(parameters)
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()
