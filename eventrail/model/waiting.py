"""Messages that are in a queue and with no consumer, and those that left one without being handled."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from eventrail.model.ledger import Reason
from eventrail.model.table import TIME_TYPE, Schema


class CameBy(StrEnum):
    """How a message came to wait in a queue."""

    PUBLISHED = "published"
    REQUEUED = "requeued"
    RETURNED = "returned"
    DEAD_LETTERED = "dead-lettered"


class Gone(StrEnum):
    """Why a message is in none of the queues that it was meant for; the broker's own words for deaths."""

    UNROUTABLE = "unroutable"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    MAXLEN = "maxlen"
    DELIVERY_LIMIT = "delivery_limit"


# Those that the broker's x-death names.
DEATH_REASONS: Final = (Gone.REJECTED, Gone.EXPIRED, Gone.MAXLEN, Gone.DELIVERY_LIMIT)


class WayKnownBy:
    """What tells where the dead letters of a queue go, the surest first."""

    DEATH: Final = "x-death of letters received there"
    BROKER: Final = "the broker's settings"
    ROUTES: Final = "other messages that took that way"
    GAUGE: Final = "the only count that rose with each of them"
    NOTHING: Final = ""


# column → (pandas type, meaning). One row a wait of a message in a queue; times UTC.
PERIOD_COLUMNS: Final[Schema] = {
    "message_id": ("str", "message"),
    "since": (TIME_TYPE, "published, given back or dead-lettered"),
    "until": (TIME_TYPE, "delivered, or known to have died here; missing while it goes on"),
    "came_by": ("str", "one of CameBy"),
    "from_queue": ("str", "where it died before; missing unless dead-lettered"),
    "deliveries": ("Int64", "how often it was delivered from this queue before"),
    "published": (TIME_TYPE, "when it was published, where a line shows that"),
}
# One row a message that waits in a queue.
WAITING_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "queue": ("str", "queue"),
    "message_id": ("str", "message"),
    "correlation_id": ("str", "event"),
    "event_type": ("str", "event type"),
    "service": ("str", "publisher's service"),
    "pod": ("str", "publisher's pod"),
    "since": PERIOD_COLUMNS["since"],
    "age_seconds": ("Float64", "how long it has been waiting"),
    "came_by": PERIOD_COLUMNS["came_by"],
    "from_queue": PERIOD_COLUMNS["from_queue"],
    "deliveries": PERIOD_COLUMNS["deliveries"],
    "published": PERIOD_COLUMNS["published"],
    "overtaken": ("boolean", "a message published later was delivered: this one has probably left the queue"),
    "history": ("str", "all that is known of the message, on one line"),
}
# One row a message that left a queue without being handled, or never reached one.
GONE_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "queue": ("str", "the queue that it left; missing where it reached none"),
    "reason": ("str", "one of Gone"),
    "time": (TIME_TYPE, "when; of a death that only x-death tells: when the letter was received"),
    "to_queue": ("str", "where it went; missing: nowhere, or not known"),
    "known_by": ("str", "one of WayKnownBy"),
    "message_id": ("str", "message"),
    "correlation_id": ("str", "event"),
    "event_type": ("str", "event type"),
    "exchange": ("str", "exchange that it was published to or received through"),
    "routing_key": ("str", "its routing key"),
    "service": ("str", "who published, rejected or received it"),
    "error_type": ("str", "class of the failure, where a line names it"),
    "history": ("str", "all that is known of the message, on one line"),
}
GONE_SUM_KEYS: Final = ("vhost", "queue", "reason", "to_queue", "known_by")
GONE_SUM_COLUMNS: Final[Schema] = {
    **{name: GONE_COLUMNS[name] for name in GONE_SUM_KEYS},
    "messages": ("int64", "how many"),
    "oldest": (TIME_TYPE, "the first of them"),
    "newest": (TIME_TYPE, "the last of them"),
}
WAY_COLUMNS: Final[Schema] = {
    "from_queue": ("str", "the queue in which messages die"),
    "reason": ("str", "why; missing: for any reason"),
    "to_queue": ("str", "where they go"),
    "known_by": ("str", "one of WayKnownBy"),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages wait. kind: no-consumer, prefetch-full, slow, emptying, moving, unknown; sentence: with figures."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class QueueWaiting:
    """A queue's waiting messages at an instant, reconciled with the count that Prometheus saw.

    ready: the gauge's count at ready_time, None where there is none. explained + unexplained == ready and
    explained + surplus == len(messages), always. lowest and highest: the list's own count over the gauge's
    uncertainty. messages: WAITING_COLUMNS, oldest first. searched: how far back lines were read, and what was not.
    """

    vhost: str
    queue: str
    as_of: pd.Timestamp
    ready: int | None
    ready_time: pd.Timestamp | None
    explained: int
    unexplained: int
    surplus: int
    lowest: int
    highest: int
    reasons: tuple[Reason, ...]
    messages: pd.DataFrame
    cause: Cause
    searched: str

    @property
    def agrees(self) -> bool | None:
        """Whether gauge and list agree within the gauge's uncertainty; None without a gauge."""
        return None if self.ready is None else self.lowest <= self.ready <= self.highest

    @property
    def oldest_age_seconds(self) -> float | None:
        """How long the oldest message has been waiting; None when there is none."""
        return float(self.messages["age_seconds"].max()) if len(self.messages) else None
