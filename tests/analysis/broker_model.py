"""The simplest broker that could be: one queue, some channels, and the lines that well-behaved consumers write.

The reference that the ledger is held to. It works on Python objects one at a time, on purpose.
"""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from eventrail.model.events import Operation, Outcome, as_events

START = pd.Timestamp("2026-01-31T09:00:00Z")
QUEUE = "payments.card-authorised"


@dataclass
class Channel:
    """A consumer's channel: what it holds by delivery tag."""

    pod: str
    instance: int = 1
    tags: int = 0
    held: dict[int, str] = field(default_factory=dict)

    @property
    def channel_id(self) -> str:
        return f"{self.pod}.{self.instance}/1/1"


@dataclass
class BrokerModel:
    """Do things to it; `lines` is the log, `held_at[i]` what was outstanding after line i."""

    channels: dict[str, Channel]
    ready: list[str] = field(default_factory=list)
    delivered_before: set[str] = field(default_factory=set)
    rows: list[dict[str, Any]] = field(default_factory=list)
    held_at: list[set[tuple[str, str, int]]] = field(default_factory=list)
    published: int = 0

    def publish(self) -> None:
        self.published += 1
        message = f"m{self.published}"
        self.ready.append(message)
        self._write(Operation.SEND, pod="cards-1", message_id=message, outcome=Outcome.CONFIRMED)

    def deliver(self, pod: str) -> None:
        if not self.ready:
            return
        channel, message = self.channels[pod], self.ready.pop(0)
        channel.tags += 1
        channel.held[channel.tags] = message
        self._write_delivery(Operation.RECEIVE, channel, channel.tags, redelivered=message in self.delivered_before)
        self.delivered_before.add(message)

    def process(self, pod: str, choice: int) -> None:
        channel = self.channels[pod]
        if channel.held:
            tag = sorted(channel.held)[choice % len(channel.held)]
            self._write_delivery(Operation.PROCESS, channel, tag)

    def settle(self, pod: str, choice: int, outcome: Outcome) -> None:
        channel = self.channels[pod]
        if not channel.held:
            return
        tag = sorted(channel.held)[choice % len(channel.held)]
        message = channel.held.pop(tag)
        if outcome is Outcome.REQUEUE:
            self.ready.insert(0, message)
        channel.held[tag] = message  # for the line
        row = self._delivery_row(channel, tag)
        del channel.held[tag]
        self._write(Operation.SETTLE, outcome=outcome, **row)

    def lose_channel(self, pod: str) -> None:
        """Close the channel; the broker takes back what it held; a new process of the pod begins."""
        channel = self.channels[pod]
        self.ready[:0] = channel.held.values()
        channel.held.clear()
        self._write(
            Operation.CHANNEL_CLOSED, pod=pod, channel_id=channel.channel_id, instance_id=self._instance(channel)
        )
        channel.instance += 1
        channel.tags = 0

    def kill(self, pod: str) -> None:
        """Kill the pod: no line about the channel; the new process' first line is at the same instant."""
        channel = self.channels[pod]
        self.ready[:0] = channel.held.values()
        channel.held.clear()
        channel.instance += 1
        channel.tags = 0
        self._write(
            Operation.CHANNEL_OPENED, pod=pod, channel_id=channel.channel_id, instance_id=self._instance(channel)
        )

    def events(self) -> pd.DataFrame:
        return as_events(pd.DataFrame(self.rows))

    def time(self, line: int) -> pd.Timestamp:
        return START + pd.Timedelta(line, unit="ms")

    def _instance(self, channel: Channel) -> str:
        return f"{channel.pod}.{channel.instance}"

    def _delivery_row(self, channel: Channel, tag: int) -> dict[str, Any]:
        return {
            "pod": channel.pod,
            "message_id": channel.held[tag],
            "channel_id": channel.channel_id,
            "delivery_tag": tag,
            "instance_id": self._instance(channel),
            "queue": QUEUE,
        }

    def _write_delivery(self, operation: Operation, channel: Channel, tag: int, **more: Any) -> None:
        self._write(operation, **self._delivery_row(channel, tag), **more)

    def _write(self, operation: Operation, **told: Any) -> None:
        number = len(self.rows)
        self.rows.append(
            {"time": self.time(number), "document_id": f"d{number}", "operation": operation, "vhost": "/", **told}
        )
        self.held_at.append(
            {(message, channel.pod, tag) for channel in self.channels.values() for tag, message in channel.held.items()}
        )
