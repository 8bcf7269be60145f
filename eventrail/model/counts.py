"""Three counts of what is unacknowledged side by side: Prometheus' gauge, the broker's channels, the logs' list."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.ledger import Reason
from eventrail.model.table import TIME_TYPE, Schema

# One row a channel that holds deliveries of the queue, or is counted to; most counted first.
CHANNEL_SHARE_COLUMNS: Final[Schema] = {
    "channel": ("str", "the broker's name of the channel, else the logs' channel_id"),
    "client_id": ("str", "connection name"),
    "pod": ("str", "pod; missing where nothing names it"),
    "node": ("str", "node of the pod, where a line names it"),
    "peer_address": ("str", "where the client connects from"),
    "consumer_tags": ("str", "of its consumers, of all queues, comma between"),
    "prefetch": ("Int64", "how many deliveries each of its consumers may hold; 0: any number"),
    "connected": (TIME_TYPE, "the connection was opened: it holds nothing for longer"),
    "idle_since": (TIME_TYPE, "nothing was handed out or settled on the channel since; missing while it is busy"),
    "queues": ("int64", "of how many queues it consumes or holds deliveries"),
    "listed": ("int64", "deliveries of the queue that the logs list on it"),
    "counted": ("int64", "what of the broker's count on it is counted to the queue"),
    "explained": ("int64", "both"),
    "unknown": ("int64", "counted, not listed"),
    "surplus": ("int64", "listed, not counted"),
}


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """A queue's gauge, what the broker counts on its channels, and what the logs list, at the same time.

    asked: when the broker was asked, UTC. counted: on the channels that take from this queue only, and of the others
    what the logs list; None where the broker was not asked: then nothing is unknown or surplus. shared: how many more
    lie on channels that take from several queues, of which queue is not told.
    counted == explained + unknown and listed == explained + surplus, always; the rows of `channels`
    (CHANNEL_SHARE_COLUMNS) add up to each of them.
    reasons: by their sides "unknown", "surplus", "gauge" (gauge above counted) and "channels" (counted above gauge);
    the messages of a side's reasons add up to it.
    """

    vhost: str
    queue: str
    asked: pd.Timestamp | None
    gauge: int | None
    gauge_time: pd.Timestamp | None
    counted: int | None
    shared: int
    listed: int
    explained: int
    unknown: int
    surplus: int
    reasons: tuple[Reason, ...]
    channels: pd.DataFrame

    @property
    def differs(self) -> bool:
        """Whether any two of the three counts differ."""
        return bool(self.reasons)
