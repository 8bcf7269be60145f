"""The ledger: a queue's outstanding deliveries at an instant, reconciled with the count that Prometheus saw."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import pandas as pd

from eventrail.model.problem import Problem
from eventrail.model.table import TIME_TYPE, Schema, conform


class Stage(StrEnum):
    """Where an outstanding delivery is."""

    RECEIVED = "received"  # in the consumer's process, no handler has taken it
    HANDLING = "handling"


class Settlement(StrEnum):
    """What ended a delivery."""

    ACK = "ack"
    REQUEUE = "requeue"
    DISCARD = "discard"
    RETURNED = "returned"


# column → (pandas type, meaning). One row a delivery; times UTC.
DELIVERY_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "queue": ("str", "queue"),
    "message_id": ("str", "message"),
    "correlation_id": ("str", "event"),
    "event_type": ("str", "event type"),
    "exchange": ("str", "exchange"),
    "routing_key": ("str", "routing key"),
    "service": ("str", "holder's service"),
    "pod": ("str", "holder's pod"),
    "node": ("str", "holder's node"),
    "instance_id": ("str", "holder's process"),
    "channel_id": ("str", "channel"),
    "client_id": ("str", "connection name"),
    "consumer_tag": ("str", "consumer tag"),
    "delivery_tag": ("Int64", "delivery tag"),
    "redelivered": ("boolean", "the broker's flag"),
    "attempt": ("Int64", "1 for the first delivery"),
    "delivered": (
        TIME_TYPE,
        "received, or the first line about it; for one inferred by queue order: published",
    ),
    "handling_start": (TIME_TYPE, "the handler took it"),
    "settled": (TIME_TYPE, "ended; missing while outstanding"),
    "settlement": ("str", "one of Settlement; missing while outstanding"),
    "error_type": ("str", "on a settlement after a failure; on a return, what closed the channel"),
    "inferred": ("str", "names of the columns that no line states, comma between"),
}


# column → (pandas type, meaning). One row a channel that lines of the queue name, or a pod where they name none.
CONSUMER_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "pod": ("str", "pod"),
    "client_id": ("str", "connection name"),
    "channel_id": ("str", "channel"),
    "settled_lately": ("int64", "deliveries settled in the broker's last statistics interval"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why `messages` of the difference between two counts are there.

    side: which of them is the greater. In a QueueLedger "unexplained" (in the gauge, not in the list) or "surplus" (in
    the list, not in the gauge); see QueueCounts for its own. The messages of a side's reasons add up to that side.
    what: a sentence for people.
    """

    side: str
    kind: str
    messages: int
    what: str


@dataclass(frozen=True, slots=True)
class QueueLedger:
    """One queue at one instant.

    gauge: Prometheus' count at gauge_time, None where there is none. explained + unexplained == gauge and
    explained + surplus == len(deliveries), always. lowest and highest: the ledger's own count over the gauge's
    uncertainty; agrees: the gauge lies between them.
    deliveries: outstanding ones, DELIVERY_COLUMNS and `stage`, `age_seconds`, oldest first. consumers:
    CONSUMER_COLUMNS, who wrote lines about deliveries of the queue, outstanding or not.
    """

    vhost: str
    queue: str
    as_of: pd.Timestamp
    gauge: int | None
    gauge_time: pd.Timestamp | None
    explained: int
    unexplained: int
    surplus: int
    lowest: int
    highest: int
    reasons: tuple[Reason, ...]
    deliveries: pd.DataFrame
    consumers: pd.DataFrame = field(default_factory=lambda: conform({}, CONSUMER_COLUMNS))

    @property
    def agrees(self) -> bool | None:
        """Whether gauge and logs agree within the gauge's uncertainty; None without a gauge."""
        return None if self.gauge is None else self.lowest <= self.gauge <= self.highest

    @property
    def oldest_age_seconds(self) -> float | None:
        """Age of the oldest outstanding delivery; None when there is none."""
        return float(self.deliveries["age_seconds"].max()) if len(self.deliveries) else None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All queues asked for, worst first."""

    as_of: pd.Timestamp
    queues: tuple[QueueLedger, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class LedgerWay:
    """Where a ledger's deliveries were read: by the delivery index or in the logs; words: the same for people."""

    by_index: bool
    words: str


BY_LOGS: Final = LedgerWay(by_index=False, words="the logs")
