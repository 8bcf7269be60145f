"""Broker over the management API."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from eventrail.configuration.sections import RabbitmqSection
from eventrail.model.answers import SourceCheck, TableAnswer
from eventrail.model.table import Schema, conform
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
}
BINDINGS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "exchange": ("str", "exchange"),
    "routing_key": ("str", "routing key or pattern"),
    "queue": ("str", "queue"),
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
        columns = tuple(name for name in QUEUES if name not in renamed.values())
        items = self._api.everything("queues", (*columns, *renamed))
        return [{renamed.get(key, key): value for key, value in item.items()} for item in items]

    def _channel_rows(self) -> list[dict[str, Any]]:
        names = {
            item["name"]: item.get("user_provided_name")
            for item in self._api.everything("connections", ("name", "user_provided_name", "vhost"))
        }
        channels = self._api.everything(
            "channels", ("name", "connection_details", "vhost", "messages_unacknowledged", "prefetch_count")
        )
        consumers = self._api.everything(
            "consumers", ("channel_details", "queue", "consumer_tag", "prefetch_count"), paged=False
        )
        of_channel: dict[str, list[dict[str, Any]]] = {}
        for consumer in consumers:
            of_channel.setdefault(consumer["channel_details"]["name"], []).append(consumer)
        return [
            _channel_row(channel, consumer, names)
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


def _channel_row(
    channel: dict[str, Any], consumer: dict[str, Any], connection_names: dict[str, str | None]
) -> dict[str, Any]:
    """Join a channel, one of its consumers and the name that its client gave the connection."""
    connection = channel.get("connection_details") or {}
    client_id = connection_names.get(connection.get("name", ""))
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
    }
