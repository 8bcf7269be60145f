"""The canonical event table: one row a log document that says something about an event.

Sources make it, analysis reads it; nobody else knows field names of documents. Times are UTC. A missing value is NA.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

import pandas as pd

from eventrail.model.table import TIME_TYPE, Schema, conform


class Operation(StrEnum):
    """What a log line tells (OpenTelemetry's `messaging.operation.type`, and some of our own)."""

    SEND = "send"
    RECEIVE = "receive"
    PROCESS = "process"
    SETTLE = "settle"
    CALL = "call"
    WORK = "work"  # a span that says neither message nor call: work inside a step, unless its place among others tells
    LOG = "log"
    HEARTBEAT = "heartbeat"
    CHANNEL_OPENED = "channel-opened"
    CHANNEL_CLOSED = "channel-closed"


DELIVERY_OPERATIONS: Final = (Operation.RECEIVE, Operation.PROCESS, Operation.SETTLE)
MESSAGING_OPERATIONS: Final = (Operation.SEND, *DELIVERY_OPERATIONS)
CHANNEL_OPERATIONS: Final = (Operation.CHANNEL_OPENED, Operation.CHANNEL_CLOSED)


class Outcome(StrEnum):
    """How a send, a settlement or a call ended, as the line says."""

    CONFIRMED = "confirmed"
    UNROUTABLE = "unroutable"
    REFUSED = "refused"
    ACK = "ack"
    REQUEUE = "requeue"
    DISCARD = "discard"
    OK = "ok"
    ERROR = "error"


# column → (pandas type, meaning). The order is the order of the table.
EVENT_COLUMNS: Final[Schema] = {
    "time": (TIME_TYPE, "when it happened, as logged; nanoseconds where the document has them"),
    "sequence": ("Int64", "the process' own line counter; orders its lines of equal time"),
    "document_id": ("str", "the document's ID in its source; a document read twice counts once"),
    "operation": ("str", "one of Operation"),
    "outcome": ("str", "one of Outcome, on send, settle and call"),
    "service": ("str", "service name"),
    "service_version": ("str", "version of the service, as it says, or as its pod's label or image does"),
    "pod": ("str", "pod name"),
    "node": ("str", "node name"),
    "namespace": ("str", "Kubernetes namespace"),
    "instance_id": ("str", "one per process start; tells a restarted pod from its former self"),
    "correlation_id": ("str", "the event"),
    "message_id": ("str", "the message: on send the one published, else the one delivered"),
    "causation_id": ("str", "on send and call: the message whose handling caused this"),
    "event_type": ("str", "event type"),
    "vhost": ("str", "virtual host"),
    "exchange": ("str", "exchange"),
    "routing_key": ("str", "routing key"),
    "queue": ("str", "queue, on receive, process, settle"),
    "channel_id": ("str", "the channel, never used twice"),
    "client_id": ("str", "the connection's name, as the broker shows it"),
    "consumer_tag": ("str", "consumer tag"),
    "delivery_tag": ("Int64", "delivery tag, counted per channel"),
    "redelivered": ("boolean", "the broker's flag on the delivery"),
    "attempt": ("Int64", "1 for the first delivery, where the service knows"),
    "death_queue": ("str", "the queue in which the delivered message last died; missing for one that never did"),
    "death_reason": ("str", "why it died there: rejected, expired, maxlen or delivery_limit"),
    "death_count": ("Int64", "how often it died there for that reason"),
    "death_time": (TIME_TYPE, "when it first did, to the second"),
    "duration_seconds": ("Float64", "of the handling on settle, of the call on call, of the span on work"),
    "error_type": ("str", "class of the failure"),
    "span_kind": ("str", "client or server, on call"),
    "span_id": ("str", "span of the line"),
    "parent_span_id": ("str", "its parent span"),
    "peer_service": ("str", "the other side of a call"),
    "call_method": ("str", "service and method called; on log the method that wrote the line, on work the span's name"),
    "level": ("str", "log level, lower case"),
    "logger": ("str", "logger name"),
    "message": ("str", "the line's text; hostile, shown as text only"),
    "in_flight": ("Int64", "deliveries the process says it holds, on heartbeat"),
    "prefetch": ("Int64", "prefetch count, on channel-opened"),
}


def empty_events() -> pd.DataFrame:
    """Give the canonical table with no rows, the caller's own."""
    return _no_events().copy()


@cache
def _no_events() -> pd.DataFrame:
    """Make the empty table once: 40 typed columns take longer to make than a small event to assemble."""
    return as_events({})


def as_events(columns: Mapping[str, Any] | pd.DataFrame) -> pd.DataFrame:
    """Give the canonical event table; see `conform`. `time` must be UTC already."""
    return conform(columns, EVENT_COLUMNS)


def concat_events(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put tables of the canonical form one after another."""
    present = [table for table in tables if len(table)]
    return pd.concat(present, ignore_index=True) if present else empty_events()
