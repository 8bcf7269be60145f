"""The catalogue's names are those that a real broker and a real node_exporter show."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from eventrail.configuration.sections import PrometheusSection
from eventrail.model.answers import MetricAnswer, MetricRequest
from eventrail.model.window import Window
from eventrail.sources.prometheus import PrometheusSource
from stack.prometheus import Prometheus
from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ

pytestmark = pytest.mark.servers

STUCK, BUSY = "catalogue-stuck", "catalogue-busy"
# Statistics every 5 s, a scrape every 5 s, and two scrapes for a rate.
SHOWN_SECONDS = 60.0
HELD, WAITING = 3, 2


@pytest.fixture
def source(prometheus: Prometheus) -> PrometheusSource:
    return PrometheusSource(PrometheusSection(url=prometheus.url))


@pytest.fixture
def channel(rabbitmq: RabbitMQ) -> Iterator[BlockingChannel]:
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        yield connection.channel()


def ask(source: PrometheusSource, name: str, queue: str | None = None) -> MetricAnswer:
    window = Window.before(datetime.now(tz=UTC), 120)
    labels = {"queue": (queue,), "vhost": (VIRTUAL_HOST,)} if queue else {}
    (answer,) = source.read([MetricRequest(name, window, labels, step_seconds=5.0)])
    assert [problem for problem in answer.problems if problem.severity == "error"] == []
    return answer


def until_above(
    source: PrometheusSource,
    name: str,
    value: float,
    queue: str | None = None,
    meanwhile: Callable[[], object] = lambda: time.sleep(0.5),
) -> MetricAnswer:
    """Ask until a point is above the value, and do something in between."""
    deadline = time.monotonic() + SHOWN_SECONDS
    while True:
        answer = ask(source, name, queue)
        if len(answer.frame) and answer.frame["value"].max() > value:
            return answer
        assert time.monotonic() < deadline, f"{name}: {answer.frame} {answer.problems}"
        meanwhile()


def test_the_gauges_of_a_real_queue_are_read_by_the_detailed_generation(
    source: PrometheusSource, channel: BlockingChannel
) -> None:
    channel.queue_declare(STUCK, exclusive=True)
    channel.basic_qos(prefetch_count=HELD)
    channel.basic_consume(STUCK, lambda *_: None)
    for _ in range(HELD + WAITING):
        channel.basic_publish("", STUCK, b"{}")

    for name, count in (
        ("queue_messages_unacked", HELD),
        ("queue_messages_ready", WAITING),
        ("queue_consumers", 1),
    ):
        answer = until_above(
            source, name, count - 0.5, STUCK, lambda: channel.connection.process_data_events(time_limit=0.5)
        )
        assert answer.generation == "rabbitmq-detailed", name
        assert set(answer.frame["queue"]) == {STUCK}
        assert set(answer.frame["vhost"]) == {VIRTUAL_HOST}


def test_a_real_node_says_of_which_cluster_it_is_at_the_address_at_which_it_tells_of_its_queues(
    source: PrometheusSource, channel: BlockingChannel
) -> None:
    channel.queue_declare(STUCK, exclusive=True)

    counted = until_above(source, "queue_messages_unacked", -1.0, STUCK)
    identity = until_above(source, "broker_identity", 0.5)

    assert set(counted.frame["instance"]) <= set(identity.frame["instance"])
    assert identity.frame["rabbitmq_cluster"].notna().all()


def test_the_rates_of_a_real_queue_are_read_by_the_detailed_generation(
    source: PrometheusSource, channel: BlockingChannel
) -> None:
    def take(_channel: object, method: pika.spec.Basic.Deliver, *_: object) -> None:
        if method.redelivered:
            channel.basic_ack(method.delivery_tag)
        else:
            channel.basic_reject(method.delivery_tag, requeue=True)

    def traffic() -> None:
        channel.basic_publish("", BUSY, b"{}")
        channel.connection.process_data_events(time_limit=0.2)

    channel.queue_declare(BUSY, exclusive=True)
    channel.basic_consume(BUSY, take)

    for name in ("queue_publish_rate", "queue_deliver_rate", "queue_settle_rate", "queue_redeliver_rate"):
        answer = until_above(source, name, 0.0, BUSY, traffic)
        assert answer.generation == "rabbitmq-detailed", name
        assert set(answer.frame["queue"]) == {BUSY}
        assert set(answer.frame["vhost"]) == {VIRTUAL_HOST}


def test_real_nodes_are_read_by_their_names(source: PrometheusSource) -> None:
    for name, lowest, highest in (
        ("node_cpu_ratio", 0.0, 1.0),
        ("node_memory_available_bytes", 1e8, 1e13),
        ("node_load1", 0.0, 1e4),
    ):
        answer = until_above(source, name, lowest - 1)
        assert set(answer.frame["node"]) == {"node-a", "node-b", "node-c"}, name
        assert answer.frame["value"].between(lowest - 0.01, highest).all(), name


def test_the_scrapes_of_the_servers_are_up(source: PrometheusSource) -> None:
    answer = until_above(source, "scrape_up", 0.5)

    newest = answer.frame.sort_values("time").groupby(["job", "instance"]).tail(1)
    assert {"rabbitmq-detailed", "node-exporter"} <= set(newest.loc[newest["value"] == 1.0, "job"])
