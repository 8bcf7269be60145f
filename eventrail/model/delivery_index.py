"""The delivery index: what it keeps of the logs, and the stretches in which the logs are followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.answers import LogAnswer
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.table import TIME_TYPE, Schema


class FactKind(StrEnum):
    """What a document of the delivery index is about."""

    DELIVERY = "delivery"
    CHANNEL = "channel"  # a channel that was closed
    PROCESS = "process"  # since when a process speaks for its pod


# Columns that any line about a delivery may state; the first line that does is believed.
STATED_COLUMNS: Final = (
    *("vhost", "queue", "message_id", "correlation_id", "event_type", "exchange", "routing_key"),
    *("service", "pod", "node", "instance_id"),
    *("channel_id", "client_id", "consumer_tag", "delivery_tag", "redelivered", "attempt"),
)
# What is kept of a line: all that the ledger reads, and what tells one line from another.
LINE_COLUMNS: Final = (
    *("time", "operation", "outcome", "error_type", "sequence", "document_id"),
    *STATED_COLUMNS,
    *("span_id", "message"),
)

# column → (pandas type, meaning). One row a document of the index; times UTC.
FACT_COLUMNS: Final[Schema] = {
    "key": ("str", "tells the document: a digest of what tells the delivery, the channel or the process"),
    "kind": ("str", "one of FactKind"),
    **{
        name: ({"delivery_tag": "Int64", "attempt": "Int64", "redelivered": "boolean"}.get(name, "str"), "as stated")
        for name in STATED_COLUMNS
    },
    "first_at": (TIME_TYPE, "time of the first line"),
    "received_at": (TIME_TYPE, "time of the first receive line"),
    "handling_at": (TIME_TYPE, "time of the first process line"),
    "settled_at": (TIME_TYPE, "from then on lines say that it is settled; missing while none does"),
    "last_at": (TIME_TYPE, "time of the last line"),
    "outcome": ("str", "of the first settle line"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Documents of the delivery index, and the lines that each is made of.

    documents: FACT_COLUMNS. lines: event table with LINE_COLUMNS filled; line_of: for each line the position of its
    document, ascending.
    """

    documents: pd.DataFrame
    lines: pd.DataFrame
    line_of: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of an index of the logs. Its documents are numbered from 0 in the order in which they were taken in.

    refresh_seconds: how long a document may stay unseen after it was taken in.
    """

    index: str
    uuid: str
    number: int
    refresh_seconds: float = 1.0

    @property
    def key(self) -> str:
        """Tells it from every other, also from one of an index of the same name made later."""
        return f"{self.uuid}/{self.number}"


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was read of a shard from one number up to another: the delivery and channel lines among its documents.

    documents: how many documents of any kind can be seen there. last: the highest of their numbers, None for none.
    """

    events: pd.DataFrame
    documents: int
    last: int | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """Documents as they are in the index: their lines, and key → what must still be so when one is replaced."""

    lines: pd.DataFrame
    documents: Mapping[str, object]
    versions: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class OutstandingQuery:
    """Which deliveries are asked for: those of the queues that were outstanding at an instant since `ended_since`.

    queues: queue → deliveries that began before are not wanted, None for no bound; without any: all queues.
    """

    as_of: datetime
    ended_since: datetime
    queues: Mapping[str, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """What the delivery index and the log lines newer than it say of the deliveries asked for.

    lines: their delivery lines with those of all other deliveries of the same messages, and the channel lines, as
    LogSource.read would give them. unusable: why it cannot be asked, empty when it can; then `lines` is empty.
    current_at: how old the index is. newer_lines: how many lines were read from the logs because of that.
    since: lines from before were not taken in.
    """

    lines: LogAnswer = field(default_factory=lambda: LogAnswer(empty_events()))
    unusable: str = ""
    current_at: datetime | None = None
    newer_lines: int = 0
    since: datetime | None = None
