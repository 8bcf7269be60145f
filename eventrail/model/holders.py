"""Who holds outstanding deliveries: one row a channel, for the broker takes deliveries back by the channel."""

from typing import Final

from eventrail.model.table import TIME_TYPE, Schema

HOLDER_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "service": ("str", "service of the pod"),
    "pod": ("str", "pod; missing where nothing names it"),
    "node": ("str", "node of the pod"),
    "client_id": ("str", "connection name"),
    "channel": ("str", "the broker's name of the channel, else the logs' channel_id"),
    "peer_address": ("str", "where the client connects from, as the broker sees it"),
    "queues": ("str", "queues that it holds deliveries of or consumes from, comma between"),
    "consumer_tags": ("str", "of its consumers, as the broker tells them, comma between"),
    "prefetch": ("Int64", "how many deliveries each of its consumers may hold; 0: any number"),
    "listed": ("int64", "outstanding deliveries that the logs list"),
    "handling": ("int64", "of those, taken by a handler"),
    "received": ("int64", "of those, in the client's buffer"),
    "partly_inferred": ("int64", "of those, with a column that no line states"),
    "attempted": ("int64", "of those, delivered before: the broker's flag, or an attempt above 1"),
    "counted": ("Int64", "what the broker counts on the channel; missing where it was not asked"),
    "unknown": ("Int64", "counted, and in no line; missing where the broker was not asked"),
    "surplus": ("Int64", "listed, and not counted; missing where the broker was not asked"),
    "difference": ("str", "why there are unknown or surplus ones; missing where there are none"),
    "connected": (TIME_TYPE, "the connection was opened: it holds nothing for longer"),
    "idle_since": (TIME_TYPE, "nothing was handed out or settled on the channel since; missing while it is busy"),
    "oldest_delivered": (TIME_TYPE, "of the listed ones"),
    "oldest_age_seconds": ("Float64", "of the listed ones"),
    "closes": (TIME_TYPE, "the broker closes the channel at the earliest; missing: never, or nothing is listed"),
    "known_by": ("str", "what ties the deliveries to the holder, one of KnownBy"),
}


class KnownBy:
    """What ties deliveries to their holder, the surest first."""

    CHANNEL: Final = "the channel that the lines name"
    POD: Final = "the pod that wrote the lines; it has one channel"
    LINES: Final = "the pod that wrote the lines"
    CONNECTION_NAME: Final = "the connection's name; no line lists what it holds"
    PEER_ADDRESS: Final = "the peer address; no line lists what it holds"
    BROKER: Final = "the broker's channel; nothing names its pod"
    NOTHING: Final = "queue order; nothing names the holder"
