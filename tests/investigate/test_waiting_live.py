"""What waits and what died, beside the broker's own count: real services, a real broker, Prometheus."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika
import pytest
from eventrail_instrumentation import Discard, Identity, Message, PublishError, Service
from eventrail_instrumentation.testing import LogLines, wait_for
from prometheus_client import CollectorRegistry

from eventrail.configuration.sections import PrometheusSection, RabbitmqSection
from eventrail.investigate.answers import WaitingAnswer
from eventrail.investigate.waiting import investigate_waiting
from eventrail.model.waiting import QueueWaiting, WayKnownBy
from eventrail.sources.jsonl import open_jsonl
from eventrail.sources.ports import Sources
from eventrail.sources.prometheus import PrometheusSource
from eventrail.sources.rabbitmq import RabbitmqSource
from stack.prometheus import Prometheus
from stack.rabbitmq import VIRTUAL_HOST, RabbitMQ

pytestmark = pytest.mark.servers

# Statistics every 5 s and a scrape every 5 s, twice over.
SHOWN_SECONDS = 40.0
# What each queue holds in the end.
READY = {"idle": 4, "graves": 2, "brief": 0, "letters": 0, "work": 0}
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Bench:
    """Queues of one test: `idle` without consumer; `brief`, whose messages expire to `letters`; `work`, whose rejected
    ones lie in `graves`.
    """

    rabbitmq: RabbitMQ
    prefix: str
    service: Service
    lines: LogLines
    sources: Sources
    log: Path

    def queue(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def publish(self, name: str, count: int) -> None:
        for _ in range(count):
            self.service.publish("", self.queue(name), "payment.posted", {})

    def ready(self) -> dict[str, int]:
        """Messages ready, as the living queues say."""
        rows = self.rabbitmq.control_table("list_queues", "-p", VIRTUAL_HOST, "name", "messages_ready")
        return {row["name"]: int(row["messages_ready"]) for row in rows if row["name"].startswith(self.prefix)}

    def ask(self, queue: str | None = None) -> WaitingAnswer:
        self.log.write_text("".join(f"{json.dumps(line)}\n" for line in self.lines.all()))
        logs = open_jsonl(self.log).logs
        now = datetime.now(tz=UTC)
        sources = Sources(logs, self.sources.metrics, self.sources.broker, "the test's servers")
        return investigate_waiting(sources, now=now, queue=queue and self.queue(queue))

    def asked_until(self, queue: str, counted: int) -> tuple[WaitingAnswer, QueueWaiting]:
        """Ask until Prometheus has counted so many."""
        deadline = time.monotonic() + SHOWN_SECONDS
        while True:
            answer = self.ask(queue)
            if answer.queues and answer.queues[0].ready == counted:
                return answer, answer.queues[0]
            assert time.monotonic() < deadline, answer.queues
            time.sleep(0.5)


@pytest.fixture
def bench(rabbitmq: RabbitMQ, prometheus: Prometheus, tmp_path: Path) -> Iterator[Bench]:
    prefix = f"waiting-{next(_NUMBERS)}-{time.time_ns():x}"
    dead: dict[str, dict[str, Any]] = {
        "idle": {},
        "brief": {"x-message-ttl": 1000, **_leads(f"{prefix}.letters")},
        "letters": {},
        "work": _leads(f"{prefix}.graves"),
        "graves": {},
    }
    lines = LogLines()
    service = Service(
        "ledger",
        "1.0.0",
        url=rabbitmq.amqp_url,
        identity=Identity("ledger", "1.0.0", pod="ledger-1"),
        stream=lines,
        registry=CollectorRegistry(),
    )
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        for name, arguments in dead.items():
            channel.queue_declare(f"{prefix}.{name}", durable=True, arguments=arguments)

        @service.consumer(f"{prefix}.work")
        def refuse(message: Message) -> None:
            raise Discard("no such account")

        @service.consumer(f"{prefix}.letters")
        def take(message: Message) -> None:
            """A letter that was received tells how it died."""

        service.start()
        account = rabbitmq.monitoring
        given = {"url": rabbitmq.management_url, "username": account.username, "password": account.password}
        broker = RabbitmqSource(RabbitmqSection(**given))
        metrics = PrometheusSource(PrometheusSection(url=prometheus.url))
        sources = Sources(None, metrics, broker, "the test's servers")
        yield Bench(rabbitmq, prefix, service, lines, sources, tmp_path / "service.log")
        service.stop(timeout_seconds=2)
        for name in dead:
            channel.queue_delete(f"{prefix}.{name}")


def _leads(queue: str) -> dict[str, str]:
    return {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue}


def test_the_list_is_what_the_broker_counts_and_the_dead_are_told_with_their_way(bench: Bench) -> None:
    bench.publish("idle", 4)
    bench.publish("work", 2)
    bench.publish("brief", 3)
    with pytest.raises(PublishError, match="unroutable"):
        bench.publish("nowhere", 1)
    bench.lines.wait(2 + 3, operation="receive")
    truth = wait_for(bench.ready, lambda ready: ready[bench.queue("graves")] == 2)
    assert truth == {bench.queue(name): count for name, count in READY.items()}

    answer, idle = bench.asked_until("idle", truth[bench.queue("idle")])
    assert (idle.explained, idle.unexplained, idle.surplus) == (4, 0, 0)
    assert idle.cause.kind in ("no-consumer", "moving")
    assert set(idle.messages["came_by"]) == {"published"}

    answer, graves = bench.asked_until("graves", truth[bench.queue("graves")])
    assert (graves.explained, graves.unexplained, graves.surplus) == (2, 0, 0)
    assert set(graves.messages["came_by"]) == {"dead-lettered"}
    assert set(graves.messages["from_queue"]) == {bench.queue("work")}
    (rejected,) = answer.gone_sums.to_dict("records")
    assert (rejected["reason"], rejected["messages"], rejected["known_by"]) == ("rejected", 2, WayKnownBy.BROKER)

    answer, brief = bench.asked_until("brief", 0)
    assert len(brief.messages) == 0, "x-death of the letters that were received says that they died"
    (expired,) = answer.gone_sums.to_dict("records")
    assert (expired["reason"], expired["messages"], expired["known_by"]) == ("expired", 3, WayKnownBy.DEATH)
    assert expired["to_queue"] == bench.queue("letters")
    assert f"expired in {bench.queue('brief')}" in answer.gone["history"].iloc[0]

    everywhere = bench.ask()
    unroutable = everywhere.gone[everywhere.gone["reason"] == "unroutable"]
    assert unroutable["routing_key"].to_list() == [bench.queue("nowhere")]
