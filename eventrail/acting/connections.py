"""A connection of the broker: what closing it would give back, and closing it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import requests

from eventrail.acting.journal import Actor, Journal
from eventrail.acting.permission import Allowed, new_act
from eventrail.errors import NotFoundError, SourceUnavailableError, UsageError
from eventrail.sources.rabbitmq.management import FAULTS, Management, problem_of

CODE_CHARACTERS: Final = 8
_NOT_FOUND: Final = 404
_IDENTITY: Final = frozenset({"name", "connected_at", "user", "node", "vhost"})
_COLUMNS: Final = ("name", "user_provided_name", "vhost")


@dataclass(frozen=True, slots=True)
class ChannelHolding:
    """A channel. unacknowledged: what it holds, as of the broker's figures, up to 5 s old; queues: it consumes from."""

    number: int
    unacknowledged: int
    prefetch: int
    queues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConnectionShown:
    """An open connection. name: the broker's; client_id: the one its client gave; connected: UTC.

    code: of this very connection; another one that later has the same name has another code.
    """

    name: str
    client_id: str | None
    user: str
    vhost: str
    node: str
    connected: datetime
    channels: tuple[ChannelHolding, ...]
    code: str

    @property
    def unacknowledged(self) -> int:
        """How many messages closing it would give back to their queues."""
        return sum(channel.unacknowledged for channel in self.channels)


def show_connection(allowed: Allowed, name: str) -> ConnectionShown:
    """Give a connection by the broker's name of it, or by the one its client gave.

    Raises NotFoundError when there is none, UsageError when several clients share the name, SourceUnavailableError
    when the broker does not answer, or knows too little of it yet.
    """
    api = Management(allowed.management)
    try:
        found = _found(api, name)
        if not found.keys() >= _IDENTITY:
            raise SourceUnavailableError(
                f"RabbitMQ: the figures of the connection {name!r} are not complete yet; ask again in 5 seconds"
            )
        quoted = quote(found["name"], safe="")
        columns = "number,messages_unacknowledged,prefetch_count,name"
        channels = api.get(f"connections/{quoted}/channels", columns=columns)
        consumers = api.get(f"consumers/{quote(found['vhost'], safe='')}", columns="queue,channel_details")
        return _shown(found, channels, consumers)
    except FAULTS as fault:
        raise _error(fault, name, api) from None


def close_connection(allowed: Allowed, name: str, code: str, actor: Actor) -> ConnectionShown:
    """Close the connection that was shown under this code, and give what it held.

    Raises UsageError when it is not the same connection any more, else as show_connection.
    """
    shown = show_connection(allowed, name)
    if shown.code != code.strip().lower():
        raise UsageError(
            f"{shown.name!r} is not the connection with the code {code!r}: its code is {shown.code}, open since "
            f"{shown.connected:%Y-%m-%dT%H:%M:%SZ}; nothing was closed; look at it before you close it"
        )
    api = Management(allowed.closing)
    with Journal(allowed.journal, actor, new_act()) as journal:
        journal.write(
            "began",
            what="close connection",
            connection=shown.name,
            client_id=shown.client_id,
            connected=shown.connected.isoformat(),
            unacknowledged=shown.unacknowledged,
            queues=sorted({queue for channel in shown.channels for queue in channel.queues}),
        )
        journal.keep()
        reason = f"closed by {actor.who} with eventrail".encode("ascii", "backslashreplace").decode()
        try:
            api.delete(f"connections/{quote(shown.name, safe='')}", {"X-Reason": reason})
        except FAULTS as fault:
            error = _error(fault, name, api)
            journal.write("ended", clean=False, problem=str(error))
            raise error from None
        journal.write("ended", clean=True)
        journal.keep()
    return shown


def _found(api: Management, name: str) -> Any:
    if (connection := _named(api, name)) is not None:
        return connection
    given = [each["name"] for each in api.everything("connections", _COLUMNS) if each.get("user_provided_name") == name]
    if len(given) > 1:
        raise UsageError(f"{len(given)} connections are named {name!r}; give the broker's name of one: {given[:5]}")
    if not given:
        raise NotFoundError(f"the broker has no open connection {name!r}")
    return api.get(f"connections/{quote(given[0], safe='')}")


def _named(api: Management, name: str) -> Any:
    """Give the connection that the broker itself calls so; None where there is none."""
    try:
        return api.get(f"connections/{quote(name, safe='')}")
    except requests.HTTPError as fault:
        if fault.response.status_code != _NOT_FOUND:
            raise
        return None


def _shown(
    found: dict[str, Any], channels: Iterable[dict[str, Any]], consumers: Iterable[dict[str, Any]]
) -> ConnectionShown:
    queues: dict[str, list[str]] = {}
    for consumer in consumers:
        # The broker writes an empty list there for a channel that is closing, or too new for its figures.
        details = consumer["channel_details"]
        if isinstance(details, dict) and "name" in details:
            queues.setdefault(details["name"], []).append(consumer["queue"]["name"])
    identity = f"{found['name']}|{found['connected_at']}|{found['user']}|{found['node']}"
    return ConnectionShown(
        str(found["name"]),
        found.get("user_provided_name"),
        str(found["user"]),
        str(found["vhost"]),
        str(found["node"]),
        datetime.fromtimestamp(found["connected_at"] / 1000, tz=UTC),
        tuple(
            ChannelHolding(
                int(channel["number"]),
                int(channel.get("messages_unacknowledged") or 0),
                int(channel.get("prefetch_count") or 0),
                tuple(sorted(set(queues.get(channel["name"], ())))),
            )
            for channel in channels
            if "name" in channel and "number" in channel
        ),
        hashlib.sha256(identity.encode()).hexdigest()[:CODE_CHARACTERS],
    )


def _error(fault: Exception, name: str, api: Management) -> NotFoundError | SourceUnavailableError:
    response = fault.response if isinstance(fault, requests.HTTPError) else None
    if response is not None and response.status_code == _NOT_FOUND:
        return NotFoundError(f"the broker has no open connection {name!r}")
    return SourceUnavailableError(str(problem_of(fault, f"asking for the connection {name}", api.address)))
