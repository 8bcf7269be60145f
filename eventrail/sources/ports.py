"""What the rest of Eventrail may ask of a backend. The doc comments are the contract; tests/contract holds all to it.

No method raises for an outage, a time-out, wrong credentials or an odd document: the answer then carries Problems and
what could be had, possibly nothing. I/O happens in these methods only, never in a constructor: the app starts with
every server down. Answers belong to the caller, who may change the frames. All times are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eventrail.model.answers import LogAnswer, LogQuery, MetricAnswer, MetricRequest, SourceCheck, TableAnswer
from eventrail.model.window import Window


class LogSource(Protocol):
    """Application logs."""

    @property
    def name(self) -> str:
        """In the reader's words: "Elasticsearch", "recording hung-consumer.eventrail"."""
        ...

    def check(self, window: Window) -> SourceCheck:
        """Say whether it answers, its version, which vocabulary and fields a sample of the window shows."""
        ...

    def read(self, query: LogQuery) -> LogAnswer:
        """Give the lines that match, all of them up to `limit`, each document once."""
        ...

    def freshness(self, window: Window) -> TableAnswer:
        """Give each pod's newest line: service, pod, node, newest, documents, heartbeats.

        documents counts the pod's lines in the window, heartbeats those of them that are Operation.HEARTBEAT: a pod
        with heartbeats that falls silent is a stopped shipper or a dead process, one without may be merely quiet.
        """
        ...

    def activity(self, window: Window) -> TableAnswer:
        """Count lines: service, level, documents."""
        ...

    def routes(self, window: Window) -> TableAnswer:
        """Say where messages went: vhost, exchange, routing_key, queue, service, deliveries; seen on delivery lines."""
        ...

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """Find events: correlation_id, newest, lines, matched.

        matched is one of "correlation ID", "message ID", "event type", "service", "text".

        text: a correlation ID or its beginning, a message ID, an event type, a service, or words of a line; taken as
        text. Newest first, at most `limit`, a correlation ID once.
        """
        ...


class MetricSource(Protocol):
    """Metrics, asked by the names of the catalogue only."""

    @property
    def name(self) -> str:
        """In the reader's words."""
        ...

    def check(self, window: Window) -> SourceCheck:
        """Say whether it answers, its version, and which query of the catalogue it can answer by which generation."""
        ...

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        """Answer each request, in order, side by side; one that fails leaves the others whole."""
        ...


class Broker(Protocol):
    """The living broker's management API; it knows only the present. Optional."""

    @property
    def name(self) -> str:
        """In the reader's words."""
        ...

    def check(self) -> SourceCheck:
        """Say whether it answers, its version, cluster name and consumer timeout where it tells."""
        ...

    def queues(self) -> TableAnswer:
        """Give vhost, queue, kind, messages_ready, messages_unacknowledged, consumers, node, state."""
        ...

    def channels(self) -> TableAnswer:
        """Give channel, client_id, pod, peer_address, vhost, queue, consumer_tag, prefetch, messages_unacknowledged.

        One row a consumer; a channel without consumers has one row with queue missing. client_id is the connection's
        name, pod the part of it before "/"; messages_unacknowledged is the channel's.
        """
        ...

    def bindings(self) -> TableAnswer:
        """Give vhost, exchange, routing_key, queue."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What a team has; any may be missing.

    opening: the instant that pages speak about when none is asked for; None: now. A recording opens at its mark.
    extent: the window the source holds, where it is a file; None: unbounded.
    gauge_uncertainty_seconds: how old the broker's own count may be when it is scraped.
    """

    logs: LogSource | None
    metrics: MetricSource | None
    broker: Broker | None
    description: str
    opening: datetime | None = None
    extent: Window | None = None
    gauge_uncertainty_seconds: float = 5.0
