"""What the rest of Eventrail may ask of a backend. The doc comments are the contract; tests/contract holds all to it.

No method raises for an outage, a time-out, wrong credentials or an odd document: the answer then carries Problems and
what could be had, possibly nothing. I/O happens in these methods only, never in a constructor: the app starts with
every server down. Answers belong to the caller, who may change the frames. All times are UTC.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from eventrail.model.answers import (
    LogAnswer,
    LogQuery,
    MetricAnswer,
    MetricRequest,
    RawDocument,
    SourceCheck,
    TableAnswer,
)
from eventrail.model.delivery_index import (
    Facts,
    IndexAnswer,
    OutstandingQuery,
    Shard,
    Stored,
    Stretch,
)
from eventrail.model.index_progress import WorkerProgress
from eventrail.model.progress import OnProgress
from eventrail.model.tallies import TagTally
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

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        """Give the lines that match, all of them up to `limit`, each document once.

        on_progress: told how many lines are read, never fewer than before; without a fault and a limit last that all
        are. What it raises ends the reading and reaches the caller.
        """
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

    def tally(self, query: LogQuery) -> TagTally:
        """Count the delivery lines that match by channel, operation and block of delivery tags, or say why not.

        The query has a window, operations and one or no queue. A line that `read` would give is counted, perhaps in a
        row without channel or block; of lines within a millisecond outside the window some may be counted too.
        """
        ...

    def processes(self, query: LogQuery) -> TableAnswer:
        """Say when each process first spoke among the lines that match: PROCESS_COLUMNS (eventrail.model.tallies).

        Lines without pod or process are left out.
        """
        ...

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """Find events: correlation_id, newest, lines, matched.

        matched is one of "correlation ID", "message ID", "event type", "service", "text".

        text: a correlation ID or its beginning, a message ID, an event type, a service, or words of a line; taken as
        text. Newest first, at most `limit`, a correlation ID once.
        """
        ...

    def raw_document(self, document_id: str) -> RawDocument:
        """Give the line whose `document_id` this is, whole, as the source holds it.

        One that is no longer there, or that the source never held whole, is a problem that says so. Never gives a
        document that `read` could not: an ID may come from anywhere.
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
        """Give vhost, queue, kind, messages_ready, messages_unacknowledged, consumers, node, state.

        And consumer_timeout_seconds, dead_letter_exchange, dead_letter_routing_key: what the queue's own argument or
        policy says, missing where neither does.
        """
        ...

    def channels(self) -> TableAnswer:
        """Give channel, client_id, pod, peer_address, vhost, queue, consumer_tag, prefetch, messages_unacknowledged.

        And connected, when its connection was opened, and idle_since, since when nothing was handed out or settled on
        the channel; missing while it is busy. One row a consumer; a channel without consumers has one row with queue
        missing. client_id is the connection's name, pod the part of it before "/"; messages_unacknowledged is the
        channel's.
        """
        ...

    def bindings(self) -> TableAnswer:
        """Give vhost, exchange, routing_key, queue."""
        ...


class DeliveryIndex(Protocol):
    """One document a delivery, kept by `eventrail index`. Optional."""

    @property
    def name(self) -> str:
        """In the reader's words."""
        ...

    def outstanding(self, query: OutstandingQuery) -> IndexAnswer:
        """Give the lines of the deliveries asked for, out of the index and the logs that are newer than it.

        What is concluded from them is what all lines of the logs say, or the answer says why it cannot be had.
        """
        ...


class LogFeed(Protocol):
    """The logs in the order in which they were taken in, for `eventrail index`.

    Methods raise SourceUnavailableError when the logs do not answer, or not wholly: the worker then asks again.
    """

    @property
    def name(self) -> str:
        """In the reader's words."""
        ...

    def shards(self) -> tuple[Shard, ...]:
        """Give the shards that there are now."""
        ...

    def newest(self, shards: Sequence[Shard]) -> dict[str, int]:
        """Give Shard.key → the highest number of a document that can be seen, -1 in an empty shard."""
        ...

    def first_since(self, shard: Shard, begin: datetime) -> int | None:
        """Give the lowest number of a line of `begin` or later; None where there is none."""
        ...

    def read(self, shard: Shard, begin: int, end: int, since: datetime) -> Stretch:
        """Read what can be seen of the numbers from begin up to end, lines from before `since` left out."""
        ...


class DeliveryStore(Protocol):
    """The delivery index as `eventrail index` writes it.

    Methods raise SourceUnavailableError when it does not answer, SourceError when this process may not go on.
    """

    def prepare(self) -> None:
        """Make the index where it is not there."""
        ...

    def all_progress(self) -> tuple[WorkerProgress, ...]:
        """Give how far each worker is, also those of another number of workers."""
        ...

    def take_over(self, progress: WorkerProgress) -> None:
        """Begin to work as this worker; a process that did so before can save no more."""
        ...

    def save(self, progress: WorkerProgress) -> None:
        """Keep how far the worker is, after what it wrote can be found. Raises SourceError after a `take_over`."""
        ...

    def add(self, facts: Facts) -> frozenset[str]:
        """Write documents that are not there yet; give the keys of those that are."""
        ...

    def stored(self, keys: Collection[str]) -> Stored:
        """Give documents as they are now, whether they can be found yet or not."""
        ...

    def replace(self, facts: Facts, stored: Stored) -> frozenset[str]:
        """Write documents where the index still has what `stored` says; give the keys where it has not."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove some documents whose last line is from before; give how many, 0 when there are no more."""
        ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What a team has; any may be missing.

    opening: the instant that pages speak about when none is asked for; None: now. A recording opens at its mark.
    extent: the window the source holds, where it is a file; None: unbounded.
    gauge_uncertainty_seconds: how old the broker's own count may be when it is scraped.
    clock_difference_seconds: by how much clocks of machines that log may be behind Prometheus' clock.
    consumer_timeout_seconds: how long the broker lets a consumer hold a delivery, where the team says so; 0: for ever.
    deliveries: the delivery index, asked before the logs are searched for the ledger.
    """

    logs: LogSource | None
    metrics: MetricSource | None
    broker: Broker | None
    description: str
    opening: datetime | None = None
    extent: Window | None = None
    gauge_uncertainty_seconds: float = 5.0
    clock_difference_seconds: float = 1.0
    consumer_timeout_seconds: float | None = None
    deliveries: DeliveryIndex | None = None
