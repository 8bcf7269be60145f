"""A consumer without instrumentation beside one with it, on the real broker: what can be known of it is told."""

import json
import logging
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika
import pytest
from eventrail_instrumentation import Identity, Message, Service
from eventrail_instrumentation.testing import LogLines
from prometheus_client import CollectorRegistry
from streamlit.testing.v1 import AppTest

from eventrail.cli.documents import unacked_document
from eventrail.configuration import Configuration
from eventrail.investigate.answers import UnackedAnswer
from eventrail.investigate.unacked import investigate_unacked
from eventrail.report.json_values import as_text
from eventrail.sources.jsonl import open_jsonl
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources
from stack.compose import Stack
from stack.live import configuration
from stack.rabbitmq import RabbitMQ
from tests.dashboard.conftest import ENTRY, forget_answers
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

QUEUE = "counts.card-authorised"
LISTED, UNLISTED = 5, 7
POD = "payments-7f9c4d-x2x4k"


@dataclass
class Holding:
    """Two consumers that hold all they may: the one writes `lines`, the other, at `peer`, nothing."""

    stack: Stack
    lines: LogLines
    file: Path
    peer: str

    def sources(self) -> Sources:
        """The living broker and Prometheus, with the lines that were written until now."""
        self.file.write_text(self.lines.getvalue(), encoding="utf-8")
        live = open_sources("live", Configuration(**tomllib.loads(configuration(self.stack))))
        return replace(live, logs=open_jsonl(self.file).logs, deliveries=None)

    def answer(self) -> UnackedAnswer:
        return investigate_unacked(self.sources(), now=datetime.now(tz=UTC), queue=QUEUE)

    def counted(self) -> bool:
        """Whether the figures of Prometheus and of the management API, seconds old each, have come to it."""
        (counts,) = self.answer().counts or (None,)
        held = LISTED + UNLISTED
        return counts is not None and (counts.gauge, counts.counted, counts.listed) == (held, held, LISTED)


@pytest.fixture
def _quiet_logging() -> Iterator[None]:
    """A service takes the process's logging over; it is given back."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def holding(stack: Stack, rabbitmq: RabbitMQ, tmp_path: Path, _quiet_logging: None) -> Iterator[Holding]:
    lines, released = LogLines(), threading.Event()
    service = Service(
        "payments",
        "2.31.0",
        url=rabbitmq.amqp_url,
        identity=Identity("payments", "2.31.0", pod=POD),
        stream=lines,
        registry=CollectorRegistry(),
    )

    @service.consumer(QUEUE, prefetch=LISTED, workers=2)
    def block(_message: Message) -> None:
        released.wait(60)

    with pika.BlockingConnection(pika.URLParameters(rabbitmq.amqp_url)) as connection:
        channel = connection.channel()
        channel.queue_declare(QUEUE)
        for number in range(LISTED + UNLISTED):
            about = pika.BasicProperties(message_id=f"m{number}", type="card.authorised", correlation_id=f"e{number}")
            channel.basic_publish("", QUEUE, b"{}", about)
        channel.basic_qos(prefetch_count=UNLISTED)
        channel.basic_consume(QUEUE, lambda *_: None, consumer_tag="the-silent-one")
        connection.process_data_events(time_limit=0.5)
        service.start()
        lines.wait(LISTED, operation="receive")
        peer = "{}:{}".format(*_local_address(connection))
        try:
            yield Holding(stack, lines, tmp_path / "application.log", peer)
        finally:
            released.set()
            service.stop(timeout_seconds=5)
            channel.queue_delete(QUEUE)


def _local_address(connection: Any) -> tuple[str, int]:
    host, port = connection._impl._transport._sock.getsockname()[:2]
    return host, port


def test_twelve_are_five_listed_and_seven_that_a_channel_without_lines_holds(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert eventually(holding.counted, 40), holding.answer().counts
    answer = holding.answer()

    document = json.loads(as_text(unacked_document(answer)))
    (counts,) = document["counts"]
    assert [counts[name] for name in ("gauge", "counted", "explained", "unknown", "surplus")] == [12, 12, 5, 7, 0]
    (reason,) = [each for each in counts["reasons"] if each["side"] == "unknown"]
    silent, told = counts["channels"]
    assert (reason["kind"], reason["messages"]) == ("no-instrumentation", UNLISTED)
    assert reason["what"] == (
        f"7 held by channel {silent['channel']} of {holding.peer} with prefetch 7, of which no line speaks: "
        "a consumer without instrumentation"
    )
    assert silent["channel"].startswith(f"{holding.peer} -> ")
    assert [silent[name] for name in ("consumer_tags", "prefetch", "counted", "listed")] == ["the-silent-one", 7, 7, 0]
    assert counts["asked"] > silent["idle_since"] >= silent["connected"]
    assert [told[name] for name in ("pod", "counted", "listed", "unknown")] == [POD, LISTED, LISTED, 0]
    assert {holder["unknown"] for holder in document["holders"]} == {UNLISTED, 0}

    said = _page(holding, monkeypatch)
    assert "12 = 5 listed + 7 unknown" in said
    assert f"of {holding.peer} with prefetch 7, of which no line speaks" in said
    assert "nothing happened on the channel since" in said


def _page(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give what the page Unacknowledged says of the queue."""
    opened: Callable[..., Sources] = lambda *_: holding.sources()  # noqa: E731
    monkeypatch.setattr("dashboard.components.loading.open_sources", opened)
    monkeypatch.setenv("EVENTRAIL_SOURCE", "live")
    monkeypatch.delenv("EVENTRAIL_CONFIG", raising=False)
    forget_answers()
    app = AppTest.from_file(str(ENTRY), default_timeout=60.0)
    app.query_params["unacked_queue"] = QUEUE
    app.switch_page("views/unacknowledged.py").run()
    forget_answers()
    assert not app.exception
    return "\n".join(shown.value for shown in app.html)
