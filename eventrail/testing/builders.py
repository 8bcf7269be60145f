"""`EventBook`: tell what a few services did, get the canonical event table they would have logged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from eventrail.model.events import EVENT_COLUMNS, Operation, Outcome, as_events

START: Final = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)

# what a consumer's lines repeat from the publish
MESSAGE_FACTS: Final = ("correlation_id", "event_type", "vhost", "exchange", "routing_key")

Row = dict[str, Any]


@dataclass(slots=True)
class _Process:
    """One start of a pod: its counters."""

    instance_id: str
    lines: int = 0
    delivery_tags: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class EventBook:
    """Write lines in any order; `events()` gives them by time.

    `at` is seconds after `start`, or an aware instant. A pod named "payments-2" belongs to the service "payments"
    and runs on `node`, unless `service=` or `node=` says otherwise. Every method takes further canonical columns by
    name; None leaves a column empty, as a poorer service would. Consumers repeat what the publish said of a message,
    and process and settle what the receive said of the delivery, so a story needs to say each thing once.
    IDs are the same in each run.
    """

    start: datetime = START
    node: str = "node-a"
    namespace: str = "bank"
    vhost: str = "/"
    exchange: str = "bank.events"
    _rows: list[Row] = field(default_factory=list)
    _messages: dict[str, Row] = field(default_factory=dict)
    _deliveries: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    _settled: set[tuple[str, str, str]] = field(default_factory=set)
    _latest_queue: dict[tuple[str, str], str] = field(default_factory=dict)
    _attempts: dict[tuple[str, str], int] = field(default_factory=dict)
    _processes: dict[str, _Process] = field(default_factory=dict)
    _starts: dict[str, int] = field(default_factory=dict)

    def time(self, at: float | datetime) -> pd.Timestamp:
        """Give the instant meant by `at`."""
        if isinstance(at, datetime):
            return pd.Timestamp(at).tz_convert("UTC")
        return pd.Timestamp(self.start).tz_convert("UTC") + pd.Timedelta(round(at * 1e9), unit="ns")

    def publish(
        self,
        at: float | datetime,
        message_id: str,
        *,
        pod: str,
        correlation_id: str | None = "event-1",
        event_type: str | None = "payment.requested",
        causation_id: str | None = None,
        outcome: Outcome | None = Outcome.CONFIRMED,
        **columns: Any,
    ) -> None:
        """Publish a message; the routing key is the event type unless given."""
        facts: Row = {
            "correlation_id": correlation_id,
            "event_type": event_type,
            "vhost": self.vhost,
            "exchange": self.exchange,
            "routing_key": event_type,
            **columns,
        }
        self._messages[message_id] = {name: facts[name] for name in MESSAGE_FACTS}
        told: Row = {
            "message_id": message_id,
            "causation_id": causation_id,
            "outcome": outcome,
            "message": f"published {event_type}",
        }
        self._write(at, Operation.SEND, pod, told | facts)

    def receive(
        self, at: float | datetime, message_id: str, *, queue: str, pod: str, channel: int = 1, **columns: Any
    ) -> None:
        """Let a delivery arrive in a consumer's process; a second one of the same message and queue is redelivered."""
        told = self._delivery(message_id, queue, pod, channel)
        self._deliveries[message_id, pod, queue] = told | {name: columns[name] for name in told if name in columns}
        told |= columns
        self._write(at, Operation.RECEIVE, pod, {"message": f"received {message_id}"} | told)

    def process(
        self, at: float | datetime, message_id: str, *, pod: str, queue: str | None = None, **columns: Any
    ) -> None:
        """Let the handler take a delivery; without a receive line before it, say the `queue`."""
        delivery = (message_id, pod, queue or "")
        if queue is not None and (delivery not in self._deliveries or delivery in self._settled):
            self._delivery(message_id, queue, pod, channel=1)
        told = self._known(message_id, pod, queue) | columns
        self._write(at, Operation.PROCESS, pod, {"message": f"handling {message_id}"} | told)

    def settle(
        self,
        at: float | datetime,
        message_id: str,
        outcome: Outcome = Outcome.ACK,
        *,
        pod: str,
        queue: str | None = None,
        **columns: Any,
    ) -> None:
        """End a delivery: ack, requeue or discard."""
        told = self._known(message_id, pod, queue) | {"redelivered": None, "outcome": outcome} | columns
        self._settled.add((message_id, pod, queue or self._latest_queue.get((message_id, pod), "")))
        self._write(at, Operation.SETTLE, pod, {"message": f"{outcome} {message_id}"} | told)

    def handle(
        self, at: float | datetime, message_id: str, *, queue: str, pod: str, held_seconds: float = 0.1, **columns: Any
    ) -> None:
        """Receive, process (1 ms later) and ack a delivery."""
        begin = self.time(at)
        handling = begin + pd.Timedelta(1, unit="ms")
        end = begin + pd.Timedelta(round(held_seconds * 1e9), unit="ns")
        self.receive(begin, message_id, queue=queue, pod=pod, **columns)
        self.process(handling, message_id, pod=pod, **columns)
        self.settle(end, message_id, pod=pod, duration_seconds=(end - handling).total_seconds(), **columns)

    def call(
        self,
        at: float | datetime,
        *,
        pod: str,
        peer_service: str,
        method: str = "Limits/Check",
        span_kind: str = "client",
        duration_seconds: float = 0.02,
        outcome: Outcome = Outcome.OK,
        **columns: Any,
    ) -> None:
        """Log a synchronous call as it ends at `at`; it began `duration_seconds` before."""
        told: Row = {
            "peer_service": peer_service,
            "call_method": method,
            "span_kind": span_kind,
            "duration_seconds": duration_seconds,
            "outcome": outcome,
            "correlation_id": "event-1",
            "message": f"{span_kind} {method}",
        }
        self._write(at, Operation.CALL, pod, told | columns)

    def log(
        self,
        at: float | datetime,
        message: str,
        *,
        pod: str,
        correlation_id: str | None = "event-1",
        level: str = "info",
        **columns: Any,
    ) -> None:
        """Write any other line."""
        told: Row = {"message": message, "correlation_id": correlation_id, "level": level}
        self._write(at, Operation.LOG, pod, told | columns)

    def heartbeat(self, at: float | datetime, *, pod: str, in_flight: int = 0, **columns: Any) -> None:
        """Say that the process lives and how many deliveries it holds."""
        self._write(at, Operation.HEARTBEAT, pod, {"in_flight": in_flight, "message": "alive"} | columns)

    def channel_opened(
        self, at: float | datetime, *, pod: str, queue: str, prefetch: int = 10, channel: int = 1, **columns: Any
    ) -> None:
        """Open a consumer channel."""
        told = self._channel(pod, channel) | {"queue": queue, "prefetch": prefetch, "vhost": self.vhost}
        self._write(at, Operation.CHANNEL_OPENED, pod, told | {"message": "channel opened"} | columns)

    def channel_closed(
        self, at: float | datetime, *, pod: str, channel: int = 1, error_type: str | None = None, **columns: Any
    ) -> None:
        """End a consumer channel."""
        told = self._channel(pod, channel) | {"error_type": error_type, "message": "channel closed"}
        self._write(at, Operation.CHANNEL_CLOSED, pod, told | columns)

    def restart(self, pod: str) -> None:
        """Give the pod a new process: new instance ID, channels and counters. Writes no line, as a killed one."""
        self._processes.pop(pod, None)

    def change_last_line(self, **columns: Any) -> None:
        """Have the last line say otherwise, or with None nothing; the story goes on as it was told."""
        self._rows[-1] |= columns

    def copy_last_line(self, *, as_new_document: bool = False) -> None:
        """Have the last line in the log twice, under the same document ID or as a document of its own."""
        copied = dict(self._rows[-1])
        if as_new_document:
            copied["document_id"] = f"{copied['document_id']}-again"
        self._rows.append(copied)

    def drop_last_line(self) -> None:
        """Have what the last line tells happen without the line: it was never logged, or never arrived."""
        self._rows.pop()

    def events(self) -> pd.DataFrame:
        """Give the canonical event table, ordered by time, then sequence."""
        table = as_events(pd.DataFrame(self._rows, columns=list(EVENT_COLUMNS)))
        return table.sort_values(["time", "sequence"], kind="stable", ignore_index=True)

    def _write(self, at: float | datetime, operation: Operation, pod: str, told: Mapping[str, Any]) -> None:
        process = self._process(pod)
        process.lines += 1
        row: Row = {
            "time": self.time(at),
            "sequence": process.lines,
            "document_id": f"document-{len(self._rows) + 1:06d}",
            "operation": operation,
            "service": pod.rsplit("-", 1)[0],
            "pod": pod,
            "node": self.node,
            "namespace": self.namespace,
            "instance_id": process.instance_id,
            "level": "info",
            "logger": f"bank.{pod.rsplit('-', 1)[0]}",
        }
        self._rows.append(row | dict(told))

    def _process(self, pod: str) -> _Process:
        if pod not in self._processes:
            self._starts[pod] = self._starts.get(pod, 0) + 1
            self._processes[pod] = _Process(f"{pod}.{self._starts[pod]}")
        return self._processes[pod]

    def _channel(self, pod: str, channel: int) -> Row:
        return {"channel_id": f"{self._process(pod).instance_id}/1/{channel}", "client_id": f"{pod}/1"}

    def _delivery(self, message_id: str, queue: str, pod: str, channel: int) -> Row:
        """Hand a message to a pod: counts the delivery tag of its channel and the attempt of its queue."""
        attempt = self._attempts[message_id, queue] = self._attempts.get((message_id, queue), 0) + 1
        facts = self._channel(pod, channel)
        tags = self._process(pod).delivery_tags
        tag = tags[facts["channel_id"]] = tags.get(facts["channel_id"], 0) + 1
        facts |= {"queue": queue, "consumer_tag": f"{pod}:{queue}", "delivery_tag": tag, "attempt": attempt}
        facts |= {"message_id": message_id, "redelivered": attempt > 1}
        self._deliveries[message_id, pod, queue] = facts = self._messages.get(message_id, {}) | facts
        self._settled.discard((message_id, pod, queue))
        self._latest_queue[message_id, pod] = queue
        return dict(facts)

    def _known(self, message_id: str, pod: str, queue: str | None) -> Row:
        """What is known of a delivery; of one that nobody received, what the publish said."""
        queue = queue or self._latest_queue.get((message_id, pod))
        received = self._deliveries.get((message_id, pod, queue or ""))
        unheard = (
            self._messages.get(message_id, {}) | self._channel(pod, 1) | {"message_id": message_id, "queue": queue}
        )
        return dict(received or unheard)
