"""Real servers: a message is held, Prometheus scrapes the watch and the shipped alert fires; settled, it resolves."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika
import pytest
import requests
from pika.adapters.blocking_connection import BlockingChannel

from eventrail.configuration import load_configuration
from eventrail.investigate.unacked import investigate_unacked
from eventrail.sources.opening import open_sources
from stack.compose import Stack
from stack.live import configuration
from stack.prometheus import Prometheus
from tests.cli.test_process import PROGRAM
from tests.contract.documents import line, pod
from tests.contract.elasticsearch_subject import DYNAMIC, ElasticsearchSubject
from tests.deploy.manifests import RULES
from tests.stack.polling import eventually
from tests.watch.reading import Samples, labels, samples

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

INDEX = "application-watch-alert"
# No quotes: RabbitMQ 3.10 does not escape them in its metrics, and Prometheus then refuses them all.
QUEUE = "watch-alert & co"
ALERT = "EventrailUnackedTooOld"
DASHBOARD = "https://eventrail.example"
# The shipped alert but for its patience: what it waits for is made short, and nothing else.
HASTY = {" > 300 and ": " > 10 and ", "for: 1m\n": "for: 0s\n"}
PATIENCE_SECONDS = 120.0


@dataclass
class Consumer:
    """A pod that holds what it takes from a real queue, and logs what an instrumented one would, heartbeats too."""

    channel: BlockingChannel
    subject: ElasticsearchSubject
    vhost: str
    told: dict[str, Any] = field(default_factory=dict)

    def log(self, **fields: Any) -> None:
        now = f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        document = line(0, **{"time": now, "kubernetes": pod("payments-1", "node-a"), **fields})
        response = requests.post(
            f"{self.subject.server.url}/{INDEX}/_bulk?refresh=true",
            data=f'{{"index":{{}}}}\n{json.dumps(document)}\n',
            headers={"content-type": "application/x-ndjson"},
            auth=self.subject.server.admin.pair,
            timeout=30,
        )
        response.raise_for_status()
        assert not response.json()["errors"], response.text

    def beat(self) -> bool:
        """Live on: a heartbeat in the log, one to the broker. True, to stand in a condition."""
        self.channel.connection.process_data_events()
        self.log(action="heartbeat")
        return True

    def take(self) -> None:
        """Take the message at the head of the queue and keep it."""
        method, _, _ = self.channel.basic_get(QUEUE)
        self.told = {"message_id": "m-1", "correlation": "e-1", "queue": QUEUE, "vhost": self.vhost}
        self.told["tag"] = method.delivery_tag
        for operation in ("receive", "process"):
            self.log(operation=operation, **self.told)

    def settle(self) -> None:
        """Acknowledge it."""
        self.channel.basic_ack(self.told["tag"])
        self.log(operation="settle", outcome="ack", **self.told)


@pytest.fixture
def consumer(stack: Stack) -> Iterator[Consumer]:
    subject = ElasticsearchSubject(stack.elasticsearch, DYNAMIC)
    subject.fill(INDEX, [])
    with pika.BlockingConnection(pika.URLParameters(stack.rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        channel.queue_declare(QUEUE, exclusive=True)
        channel.basic_publish("", QUEUE, b"{}")
        holding = Consumer(channel, subject, stack.rabbitmq.virtual_host)
        # Which fields and metrics there are is looked at once a minute, so they shall be there from the beginning.
        holding.beat()
        asked = f"rabbitmq_detailed_queue_messages_unacked{{queue={json.dumps(QUEUE)}}}"
        assert eventually(lambda: holding.beat() and instant_query(stack.prometheus, asked) != [], PATIENCE_SECONDS)
        yield holding
    subject.clear()


@pytest.fixture
def eventrail_toml(stack: Stack, tmp_path: Path) -> Path:
    text = configuration(stack).replace('"application-*"', f'"{INDEX}"')
    path = tmp_path / "eventrail.toml"
    path.write_text(f'{text}\n[watch]\ndashboard_url = "{DASHBOARD}"\n', encoding="utf-8")
    return path


@pytest.fixture
def watch_url(eventrail_toml: Path, stack: Stack, consumer: Consumer) -> Iterator[str]:
    """The watch as a process of its own, scraped by the stack's Prometheus."""
    command = [PROGRAM, "watch", "--config", eventrail_toml, "--listen", "127.0.0.1:0", "--interval", "1"]
    with subprocess.Popen([*command, "--queue", QUEUE], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        target = stack.prometheus.register("eventrail-watch", [url.split("/")[2]], {})
        yield url
        target.unlink()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.fixture
def hasty_rules(prometheus: Prometheus) -> Iterator[None]:
    text = RULES.read_text(encoding="utf-8")
    for shipped, hasty in HASTY.items():
        assert text.count(shipped) == 1
        text = text.replace(shipped, hasty)
    path = prometheus.rules_folder / "eventrail-watch.yml"
    path.write_text(text, encoding="utf-8")
    prometheus.reload()
    yield
    path.unlink()
    prometheus.reload()


def instant_query(prometheus: Prometheus, expression: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{prometheus.url}/api/v1/query", params={"query": expression}, timeout=10)
    return list(answer.json()["data"]["result"])


def firing(prometheus: Prometheus) -> list[dict[str, Any]]:
    alerts = requests.get(f"{prometheus.url}/api/v1/alerts", timeout=10).json()["data"]["alerts"]
    return [one for one in alerts if one["labels"]["alertname"] == ALERT and one["state"] == "firing"]


def scraped(url: str) -> Samples:
    return samples(requests.get(url, timeout=10).text)


def same_as_unacked(seen: Samples, eventrail_toml: Path) -> None:
    """The figures are those that `eventrail unacked --as-of` gives for the instant that they say they speak about."""
    instant = datetime.fromtimestamp(seen["eventrail_as_of_timestamp_seconds"][labels()], tz=UTC)
    answer = investigate_unacked(
        open_sources("live", load_configuration(eventrail_toml)), now=instant, queue=QUEUE, as_of=instant
    )
    (ledger,) = answer.ledger.queues
    key = labels(vhost=ledger.vhost, queue=ledger.queue)
    assert seen["eventrail_oldest_unacked_seconds"][key] == pytest.approx(ledger.oldest_age_seconds, abs=0.001)
    assert seen["eventrail_unacked_deliveries"][key] == len(ledger.deliveries) == 1
    assert seen["eventrail_broker_unacked_messages"][key] == ledger.gauge
    assert seen["eventrail_explained_unacked"][key] == ledger.explained
    assert seen["eventrail_unexplained_unacked"][key] == ledger.unexplained


@pytest.mark.usefixtures("hasty_rules")
def test_the_alert_fires_for_a_message_that_is_held_and_resolves_when_it_is_settled(
    consumer: Consumer, watch_url: str, prometheus: Prometheus, eventrail_toml: Path
) -> None:
    consumer.take()

    assert eventually(lambda: consumer.beat() and firing(prometheus) != [], PATIENCE_SECONDS), scraped(watch_url)
    (alert,) = firing(prometheus)
    seen = scraped(watch_url)
    same_as_unacked(seen, eventrail_toml)
    assert alert["labels"]["queue"] == QUEUE
    assert alert["annotations"]["summary"].startswith(f"{QUEUE}: a message has been held for ")
    assert "The oldest is held by payments-1 on node-a." in alert["annotations"]["description"]
    link = f"{DASHBOARD}/unacknowledged?unacked_queue=watch-alert+%26+co&unacked_vhost={consumer.vhost}"
    assert alert["annotations"]["dashboard"] == link
    key = labels(vhost=consumer.vhost, queue=QUEUE)
    timeout_seconds = seen["eventrail_consumer_timeout_seconds"][key]
    left_seconds = seen["eventrail_consumer_timeout_remaining_seconds"][key]
    assert (timeout_seconds, left_seconds) == (
        1800.0,
        pytest.approx(1800.0 - seen["eventrail_oldest_unacked_seconds"][key]),
    )

    consumer.settle()

    assert eventually(lambda: consumer.beat() and firing(prometheus) == [], PATIENCE_SECONDS), scraped(watch_url)
    assert scraped(watch_url)["eventrail_oldest_unacked_seconds"] == {key: 0.0}
