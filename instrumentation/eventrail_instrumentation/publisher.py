"""Publishes with confirms, many at a time over one channel."""

from collections import deque
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


class Publisher:
    """Hands messages to the broker and learns what became of each.

    All state is kept on the link's thread. Messages wait while there is no channel; those handed over when a
    channel is lost end as `unknown`, because nobody can tell whether the broker has them.
    """

    def __init__(self, app_id: str, timeout_seconds: float) -> None:
        self._app_id = app_id
        self._timeout_seconds = timeout_seconds
        self._link: Link | None = None
        self._connection: OpenConnection | None = None
        self._channel: Any = None
        self._next_tag = 1
        self._waiting: deque[_Pending] = deque()
        self._unconfirmed: dict[int, _Pending] = {}
        self._returned: set[str] = set()

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
        connection.open_channel(self._on_channel_open)

    def disconnected(self, error: BaseException | None) -> None:
        self._connection = None
        self._lose_channel(error)

    def _on_channel_open(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        channel.add_on_return_callback(self._on_returned)
        channel.confirm_delivery(self._on_confirm, callback=lambda _frame: self._on_ready(channel))

    def _on_ready(self, channel: Any) -> None:
        self._channel = channel
        self._next_tag = 1
        while self._waiting and self._channel is not None:
            self._hand_over(self._waiting.popleft())

    def _on_channel_closed(self, channel: Any, error: BaseException) -> None:
        if channel is self._channel:
            self._lose_channel(error)
        # The broker closed it (an exchange that does not exist, say) while the connection lives on.
        if self._link is not None and self._connection is not None:
            self._link.call_later(_REOPEN_SECONDS, self._reopen)

    def _reopen(self) -> None:
        if self._connection is not None and self._channel is None:
            self._connection.open_channel(self._on_channel_open)

    def _lose_channel(self, error: BaseException | None) -> None:
        self._channel = None
        self._returned.clear()
        unconfirmed, self._unconfirmed = self._unconfirmed, {}
        for pending in unconfirmed.values():
            pending.outcome.set_result(Outcome("unknown", type(error).__name__ if error else "ChannelClosed"))

    def _take(self, pending: _Pending) -> None:
        if self._channel is None:
            self._waiting.append(pending)
        else:
            self._hand_over(pending)

    def _hand_over(self, pending: _Pending) -> None:
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
        try:
            self._channel.basic_publish(
                publication.exchange, publication.routing_key, publication.body, properties, mandatory=True
            )
        except Exception as error:  # noqa: BLE001 - whatever pika refuses (an ID above 255 bytes): the caller is told
            pending.outcome.set_result(Outcome("refused", type(error).__name__))
            return
        self._unconfirmed[self._next_tag] = pending
        self._next_tag += 1

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

    def _abandon(self, pending: _Pending) -> None:
        if pending.outcome.done():
            return
        if pending in self._waiting:
            self._waiting.remove(pending)
            pending.outcome.set_result(Outcome("refused", "NotConnected"))
            return
        for tag, unconfirmed in list(self._unconfirmed.items()):
            if unconfirmed is pending:
                del self._unconfirmed[tag]
        pending.outcome.set_result(Outcome("unknown", "ConfirmTimeout"))
