"""Services on a real broker, with queues of their own."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pika
import pytest
from eventrail_instrumentation import Identity, Service
from eventrail_instrumentation.testing import LogLines
from prometheus_client import CollectorRegistry

from stack.places import temporary_root
from stack.rabbitmq import RabbitMQ


@dataclass
class Running:
    """A service under test, its log and its metrics."""

    service: Service
    lines: LogLines
    registry: CollectorRegistry

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


StartService = Callable[..., Running]


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """A broker of these tests' own, so that they may end its connections and stop it."""
    folder = temporary_root("eventrail-instrumentation-")
    broker = RabbitMQ.create(folder / "rabbitmq")
    broker.start()
    yield broker
    broker.stop()
    shutil.rmtree(folder)


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def new_service(rabbitmq: RabbitMQ, restored_logging: None) -> Iterator[StartService]:
    """Makes services on the test broker; the caller starts them, the fixture stops them."""
    made: list[Running] = []

    def make(name: str = "payments", pod: str = "payments-7f9c4d-x2x4k", **options: Any) -> Running:
        lines, registry = LogLines(), CollectorRegistry()
        options.setdefault("reconnect_seconds", (0.1, 0.5))
        service = Service(
            name,
            "2.31.0",
            url=options.pop("url", rabbitmq.amqp_url),
            identity=Identity(name, "2.31.0", pod=pod),
            stream=lines,
            registry=registry,
            **options,
        )
        made.append(Running(service, lines, registry))
        return made[-1]

    yield make
    for running in made:
        running.service.stop(timeout_seconds=2)


@pytest.fixture
def channel(rabbitmq: RabbitMQ) -> Iterator[Any]:
    """A plain channel for setting up queues and looking into them."""
    connection = pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url))
    yield connection.channel()
    connection.close()


@pytest.fixture
def queue(rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> str:
    """A queue bound to `test.events` by its own name, with a dead-letter queue `<name>.dead`."""
    name = f"test.{abs(hash(request.node.nodeid))}"
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        channel.exchange_declare("test.events", "topic", durable=True)
        channel.queue_declare(f"{name}.dead", durable=True)
        arguments = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{name}.dead"}
        channel.queue_declare(name, durable=True, arguments=arguments)
        channel.queue_bind(name, "test.events", name)
    return name
