"""Broker over the management API."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from eventrail.configuration.sections import RabbitmqSection
from eventrail.model.answers import SourceCheck, TableAnswer
from eventrail.model.table import TIME_TYPE, Schema, conform
from eventrail.sources.rabbitmq.management import FAULTS, NAME, Management, problem_of

QUEUES: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "queue": ("str", "queue"),
    "kind": ("str", "classic, quorum or stream"),
    "messages_ready": ("Int64", "waiting"),
    "messages_unacknowledged": ("Int64", "delivered, not settled"),
    "consumers": ("Int64", "consumers"),
    "node": ("str", "broker node"),
    "state": ("str", "running, idle, down, …"),
    "consumer_timeout_seconds": ("Float64", "by the queue's argument or policy; missing where neither sets it"),
    "dead_letter_exchange": ("str", "by argument or policy; missing where its dead letters are dropped"),
    "dead_letter_routing_key": ("str", "by argument or policy; missing where they keep their own"),
}
CHANNELS: Final[Schema] = {
    "channel": ("str", "the broker's name of the channel"),
    "client_id": ("str", "the connection's name"),
    "pod": ("str", "the part of the connection's name before the slash"),
    "peer_address": ("str", "where the client connects from"),
    "vhost": ("str", "virtual host"),
    "queue": ("str", "queue; missing for a channel without consumers"),
    "consumer_tag": ("str", "consumer tag"),
    "prefetch": ("Int64", "how many deliveries may be outstanding; 0: any number"),
    "messages_unacknowledged": ("Int64", "of the whole channel"),
    "connected": (TIME_TYPE, "when the connection was opened"),
    "idle_since": (TIME_TYPE, "nothing has happened on the channel since; missing while it is busy"),
}
BINDINGS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "exchange": ("str", "exchange"),
    "routing_key": ("str", "routing key or pattern"),
    "queue": ("str", "queue"),
}

# Where a queue's own consumer timeout stands, in milliseconds: property → key in it.
_SETTINGS: Final = {"arguments": "x-consumer-timeout", "effective_policy_definition": "consumer-timeout"}
# Column → the name of a policy's key; an argument's name has "x-" before it and comes first.
_DEAD_LETTERS: Final = {
    "dead_letter_exchange": "dead-letter-exchange",
    "dead_letter_routing_key": "dead-letter-routing-key",
}


class RabbitmqSource:
    """The configured broker; it knows only the present, and its statistics are up to 5 s old."""

    def __init__(self, section: RabbitmqSection) -> None:
        """Take the configuration; asks nothing of the broker."""
        self._api = Management(section)

    @property
    def name(self) -> str:
        """In the reader's words."""
        return NAME

    def check(self) -> SourceCheck:
        """Say whether it answers, its version and its cluster's name."""
        try:
            overview = self._api.get("overview")
            version = str(overview["rabbitmq_version"])
            totals = overview["object_totals"]
            details = (
                ("cluster", str(overview["cluster_name"])),
                *((kind, f"{totals[kind]:,}") for kind in ("connections", "channels", "queues", "consumers")),
            )
        except FAULTS as fault:
            problem = problem_of(fault, "asking for the overview", self._api.address)
            return SourceCheck(NAME, self._api.address, reachable=False, problems=(problem,))
        return SourceCheck(NAME, self._api.address, True, version, details)

    def queues(self) -> TableAnswer:
        """Give the queues and their counts; see QUEUES."""
        return self._table("reading the queues", QUEUES, self._queue_rows)

    def channels(self) -> TableAnswer:
        """Give a row for each consumer, and one for a channel without; see CHANNELS."""
        return self._table("reading the channels", CHANNELS, self._channel_rows)

    def bindings(self) -> TableAnswer:
        """Give what leads from exchanges to queues; see BINDINGS."""
        return self._table("reading the bindings", BINDINGS, self._binding_rows)

    def _table(self, question: str, schema: Schema, rows: Callable[[], list[dict[str, Any]]]) -> TableAnswer:
        try:
            return TableAnswer(conform(pd.DataFrame(rows(), columns=list(schema)), schema))
        except FAULTS as fault:
            return TableAnswer(conform({}, schema), (problem_of(fault, question, self._api.address),))

    def _queue_rows(self) -> list[dict[str, Any]]:
        renamed = {"name": "queue", "type": "kind"}
        told_by_settings = ("consumer_timeout_seconds", *_DEAD_LETTERS)
        columns = tuple(name for name in QUEUES if name not in (*renamed.values(), *told_by_settings))
        items = self._api.everything("queues", (*columns, *renamed, *_SETTINGS))
        return [
            {renamed.get(key, key): value for key, value in item.items()}
            | {"consumer_timeout_seconds": _own_timeout_seconds(item)}
            | {name: _setting(item, key) for name, key in _DEAD_LETTERS.items()}
            for item in items
        ]

    def _channel_rows(self) -> list[dict[str, Any]]:
        told = ("name", "user_provided_name", "vhost", "connected_at")
        connections = {item["name"]: item for item in self._api.everything("connections", told)}
        channels = self._api.everything(
            "channels",
            ("name", "connection_details", "vhost", "messages_unacknowledged", "prefetch_count", "idle_since"),
        )
        consumers = self._api.everything(
            "consumers", ("channel_details", "queue", "consumer_tag", "prefetch_count"), paged=False
        )
        of_channel: dict[str, list[dict[str, Any]]] = {}
        for consumer in consumers:
            of_channel.setdefault(consumer["channel_details"]["name"], []).append(consumer)
        return [
            _channel_row(channel, consumer, connections)
            for channel in channels
            for consumer in of_channel.get(channel["name"]) or [{}]
        ]

    def _binding_rows(self) -> list[dict[str, Any]]:
        items = self._api.everything(
            "bindings", ("vhost", "source", "routing_key", "destination", "destination_type"), paged=False
        )
        return [
            {
                "vhost": item["vhost"],
                "exchange": item["source"],
                "routing_key": item["routing_key"],
                "queue": item["destination"],
            }
            for item in items
            if item["destination_type"] == "queue"
        ]


def _setting(item: dict[str, Any], key: str) -> str | None:
    """Give what the queue's argument says, else its policy; None where neither does."""
    places = ((item.get("arguments"), f"x-{key}"), (item.get("effective_policy_definition"), key))
    told = (part.get(name) for part, name in places if isinstance(part, dict))
    return next((value for value in told if isinstance(value, str)), None)


def _own_timeout_seconds(item: dict[str, Any]) -> float | None:
    """Give the shorter of what a queue's argument and its policy say; None where neither does."""
    # An empty property is told as an empty list.
    told = [part.get(key) for name, key in _SETTINGS.items() if isinstance(part := item.get(name), dict)]
    milliseconds = [value for value in told if isinstance(value, int) and value > 0]
    return min(milliseconds) / 1000 if milliseconds else None


def _channel_row(
    channel: dict[str, Any], consumer: dict[str, Any], connections: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Join a channel, one of its consumers, and the name that its client gave the connection."""
    connection = channel.get("connection_details") or {}
    opened = connections.get(connection.get("name", ""), {})
    client_id = opened.get("user_provided_name")
    connected, idle = opened.get("connected_at"), channel.get("idle_since")
    peer = connection.get("peer_host")
    return {
        "channel": channel["name"],
        "client_id": client_id,
        "pod": client_id.split("/", maxsplit=1)[0] if client_id else None,
        "peer_address": None if peer is None else f"{peer}:{connection.get('peer_port')}",
        "vhost": channel["vhost"],
        "queue": (consumer.get("queue") or {}).get("name"),
        "consumer_tag": consumer.get("consumer_tag"),
        "prefetch": consumer.get("prefetch_count", channel.get("prefetch_count")),
        "messages_unacknowledged": channel.get("messages_unacknowledged"),
        "connected": None if connected is None else pd.Timestamp(connected, unit="ms", tz="UTC"),
        "idle_since": None if idle is None else pd.to_datetime(idle, utc=True),
    }
