"""Publishes with confirms, many at a time over one channel."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pika

from eventrail_instrumentation.eventlog import Publication
from eventrail_instrumentation.link import Link, OpenConnection
from eventrail_instrumentation.message import CAUSATION_HEADER

_PERSISTENT = 2
_REOPEN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a publish ended: `confirmed`, `unroutable`, `refused` or `unknown`, and the class of error behind
    it.
    """

    name: str
    error_type: str | None = None


@dataclass(eq=False, slots=True)
class _Pending:
    publication: Publication
    outcome: Future[Outcome] = field(default_factory=Future)


class _ConfirmChannel:
    """One life of the publishing channel, and what was handed over on it. On the link's thread only."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._next_tag = 1
        self._unconfirmed: dict[int, _Pending] = {}
        self._returned: set[str] = set()
        channel.add_on_return_callback(self._on_returned)

    def confirm(self, on_ready: Callable[[], None]) -> None:
        """Asks the broker for confirms."""
        self._channel.confirm_delivery(self._on_confirm, callback=lambda _frame: on_ready())

    def hand_over(self, pending: _Pending, properties: Any) -> None:
        """Sends a message; its outcome follows."""
        publication = pending.publication
        try:
            self._channel.basic_publish(
                publication.exchange, publication.routing_key, publication.body, properties, mandatory=True
            )
        except Exception as error:  # noqa: BLE001 - whatever pika refuses (an ID above 255 bytes): the caller is told
            pending.outcome.set_result(Outcome("refused", type(error).__name__))
            return
        self._unconfirmed[self._next_tag] = pending
        self._next_tag += 1

    def end(self, error_type: str) -> None:
        """The channel is lost: nobody can tell what became of the unconfirmed."""
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        for pending in unconfirmed.values():
            pending.outcome.set_result(Outcome("unknown", error_type))

    def forget(self, pending: _Pending) -> None:
        """Nobody waits for this one any longer."""
        self._unconfirmed = {tag: one for tag, one in self._unconfirmed.items() if one is not pending}

    def _on_returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        # The broker returns an unroutable message just before it confirms it.
        self._returned.add(properties.message_id)

    def _on_confirm(self, frame: Any) -> None:
        answer = frame.method
        tags = [answer.delivery_tag]
        if answer.multiple:
            tags = [tag for tag in self._unconfirmed if tag <= answer.delivery_tag]
        accepted = isinstance(answer, pika.spec.Basic.Ack)
        for tag in tags:
            pending = self._unconfirmed.pop(tag, None)
            if pending is None:
                continue
            message_id = pending.publication.message_id
            if message_id in self._returned:
                self._returned.discard(message_id)
                pending.outcome.set_result(Outcome("unroutable"))
            else:
                pending.outcome.set_result(Outcome("confirmed" if accepted else "refused"))


class Publisher:
    """Hands messages to the broker and learns what became of each.

    Messages wait while there is no channel; those handed over when a channel is lost end as `unknown`.
    """

    def __init__(self, app_id: str, timeout_seconds: float) -> None:
        self._app_id = app_id
        self._timeout_seconds = timeout_seconds
        self._link: Link | None = None
        self._connection: OpenConnection | None = None
        self._channel: _ConfirmChannel | None = None
        self._is_opening = False
        self._waiting: deque[_Pending] = deque()

    def attach(self, link: Link) -> None:
        """Names the link whose thread this publisher works on."""
        self._link = link

    def publish(self, publication: Publication) -> Outcome:
        """Publishes and waits for the broker's answer. From any thread but the link's own."""
        if self._link is None:
            return Outcome("refused", "NotStarted")
        pending = _Pending(publication)
        self._link.post(lambda: self._take(pending))
        try:
            return pending.outcome.result(self._timeout_seconds)
        except TimeoutError:
            # Only the link's thread knows how far it came.
            self._link.post(lambda: self._abandon(pending))
            return pending.outcome.result(self._timeout_seconds)

    @property
    def ready(self) -> bool:
        """Whether a message would be handed over at once."""
        return self._channel is not None

    # The rest runs on the link's thread.

    def connected(self, connection: OpenConnection) -> None:
        self._connection = connection
        self._is_opening = False
        self._open_channel()

    def disconnected(self, error: BaseException | None) -> None:
        self._connection = None
        self._lose_channel(error)

    def _open_channel(self) -> None:
        if self._connection is not None and self._channel is None and not self._is_opening:
            self._is_opening = True
            self._connection.open_channel(self._on_channel_open)

    def _on_channel_open(self, channel: Any) -> None:
        confirmed = _ConfirmChannel(channel)
        channel.add_on_close_callback(lambda _channel, error: self._on_channel_closed(confirmed, error))
        confirmed.confirm(lambda: self._on_ready(confirmed))

    def _on_ready(self, channel: _ConfirmChannel) -> None:
        self._is_opening = False
        self._channel = channel
        while self._waiting:
            self._hand_over(channel, self._waiting.popleft())

    def _on_channel_closed(self, channel: _ConfirmChannel, error: BaseException) -> None:
        channel.end(type(error).__name__)
        if channel is self._channel:
            self._channel = None
        # The broker closed it (an exchange that does not exist, say); the connection may live on.
        self._is_opening = False
        if self._link is not None:
            self._link.call_later(_REOPEN_SECONDS, self._open_channel)

    def _lose_channel(self, error: BaseException | None) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.end(type(error).__name__ if error else "ChannelClosed")

    def _take(self, pending: _Pending) -> None:
        if self._channel is None:
            self._waiting.append(pending)
        else:
            self._hand_over(self._channel, pending)

    def _hand_over(self, channel: _ConfirmChannel, pending: _Pending) -> None:
        publication = pending.publication
        headers = dict(publication.headers)
        if publication.causation_id is not None:
            headers[CAUSATION_HEADER] = publication.causation_id
        properties = pika.BasicProperties(
            app_id=self._app_id,
            content_type="application/json",
            correlation_id=publication.correlation_id,
            delivery_mode=_PERSISTENT,
            headers=headers or None,
            message_id=publication.message_id,
            timestamp=publication.called_ns // 1_000_000_000,
            type=publication.event_type,
        )
        channel.hand_over(pending, properties)

    def _abandon(self, pending: _Pending) -> None:
        if pending.outcome.done():
            return
        if pending in self._waiting:
            self._waiting.remove(pending)
            pending.outcome.set_result(Outcome("refused", "NotConnected"))
            return
        if self._channel is not None:
            self._channel.forget(pending)
        pending.outcome.set_result(Outcome("unknown", "ConfirmTimeout"))
