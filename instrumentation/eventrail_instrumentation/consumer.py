"""Takes deliveries from one queue on the link's thread and has them handled by workers."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pika.exceptions import ConsumerCancelled

from eventrail_instrumentation.context import Cause, on_behalf_of
from eventrail_instrumentation.errors import Discard, LinkError, Requeue, Settle
from eventrail_instrumentation.eventlog import ChannelIdentity, Delivery, EventLog
from eventrail_instrumentation.identity import Identity
from eventrail_instrumentation.link import Link, OpenConnection
from eventrail_instrumentation.message import Message, from_amqp
from eventrail_instrumentation.metrics import MessagingMetrics

_logger = logging.getLogger("eventrail")
_REOPEN_SECONDS = 2.0

Handler = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """What a service says of one of its consumers."""

    queue: str
    handler: Handler
    prefetch: int
    workers: int
    on_error: str
    log_receive: bool


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a handler ended, and so how its delivery is to be settled."""

    outcome: str
    error_type: str | None = None
    reason: str = ""
    duration_ns: int | None = None


class _Session:
    """One life of the consumer's channel. Deliveries belong to a session and die with it."""

    def __init__(self, channel: Any, identity: ChannelIdentity) -> None:
        self.channel = channel
        self.identity = identity
        self.is_open = True
        self.is_consuming = False
        self.unsettled: set[int] = set()


class Consumer:
    """One queue, one channel, a few workers.

    The link's thread logs and counts what arrives and sends the settlements; a worker runs the handler. What
    a lost channel had delivered is dropped: the broker delivers it again.
    """

    def __init__(
        self,
        settings: ConsumerSettings,
        identity: Identity,
        log: EventLog,
        metrics: MessagingMetrics,
        number: int,
    ) -> None:
        self._settings = settings
        self._instance_id = identity.instance_id
        self._consumer_tag = f"{identity.pod}.{number}"
        self._log = log
        self._metrics = metrics
        self._in_flight = metrics.in_flight.labels(settings.queue)
        self._link: Link | None = None
        self._connection: OpenConnection | None = None
        self._session: _Session | None = None
        self._is_opening = False
        self._stopping = False
        self._arrived: queue.SimpleQueue[tuple[_Session, Delivery] | None] = queue.SimpleQueue()
        self._workers = [
            threading.Thread(target=self._work, name=f"worker-{settings.queue}-{worker}", daemon=True)
            for worker in range(settings.workers)
        ]

    def start(self, link: Link) -> None:
        """Starts the workers; `link` is the one this consumer is a tenant of."""
        self._link = link
        for worker in self._workers:
            worker.start()

    def cancel(self) -> None:
        """Takes no more and gives back what no worker has begun; the handlers that run go on."""
        self._post(self._cancel)
        for _ in self._workers:
            self._arrived.put(None)

    def wait(self, until: float) -> None:
        """After `cancel`: waits for the handlers that run, up to a moment on the monotonic clock."""
        for worker in self._workers:
            worker.join(max(0.0, until - time.monotonic()))

    @property
    def in_flight(self) -> int:
        """Deliveries received on the living channel and not settled."""
        session = self._session
        return len(session.unsettled) if session else 0

    @property
    def ready(self) -> bool:
        """Whether the broker hands messages to this consumer."""
        session = self._session
        return session is not None and session.is_consuming

    # On the link's thread.

    def connected(self, connection: OpenConnection) -> None:
        self._connection = connection
        self._is_opening = False
        self._open_channel()

    def disconnected(self, error: BaseException | None) -> None:
        self._connection = None
        self._end_session(error)

    def _open_channel(self) -> None:
        if self._connection is None or self._session is not None or self._is_opening or self._stopping:
            return
        self._is_opening = True
        connection = self._connection
        numbers: list[int] = []

        def on_open(channel: Any) -> None:
            channel_id = f"{self._instance_id}/{connection.number}/{numbers[0]}"
            self._begin_session(channel, ChannelIdentity(channel_id, connection.client_id, self._consumer_tag))

        numbers.append(connection.open_channel(on_open))

    def _begin_session(self, channel: Any, identity: ChannelIdentity) -> None:
        session = _Session(channel, identity)
        self._session, self._is_opening = session, False
        settings = self._settings
        channel.add_on_close_callback(lambda _channel, error: self._on_channel_closed(session, error))
        channel.add_on_cancel_callback(lambda _frame: self._on_cancelled_by_broker(session))
        channel.basic_qos(prefetch_count=settings.prefetch)
        channel.basic_consume(
            settings.queue,
            lambda _channel, method, properties, body: self._on_delivery(session, method, properties, body),
            consumer_tag=self._consumer_tag,
            callback=lambda _frame: self._on_consuming(session),
        )

    def _on_consuming(self, session: _Session) -> None:
        session.is_consuming = True
        self._log.channel_opened(session.identity, self._settings.queue, self._settings.prefetch)

    def _on_channel_closed(self, session: _Session, error: BaseException) -> None:
        if session is not self._session:
            return
        self._end_session(None if self._stopping else error)
        self._reopen_later()

    def _on_cancelled_by_broker(self, session: _Session) -> None:
        # The queue was deleted, or moved to another node. A new channel finds it when it is there again.
        self._end_session(ConsumerCancelled("the broker cancelled the consumer"))
        if session.channel.is_open:
            session.channel.close()
        self._reopen_later()

    def _reopen_later(self) -> None:
        if self._link is not None and not self._stopping:
            self._link.call_later(_REOPEN_SECONDS, self._open_channel)

    def _end_session(self, error: BaseException | None) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        session.is_open = False
        lost = len(session.unsettled)
        session.unsettled.clear()
        self._in_flight.dec(lost)
        if lost:
            self._metrics.messages.labels(self._settings.queue, "lost").inc(lost)
        self._log.channel_closed(session.identity, self._settings.queue, error)

    def _on_delivery(self, session: _Session, method: Any, properties: Any, body: bytes) -> None:
        message = from_amqp(self._settings.queue, method, properties, body)
        delivery = Delivery(message, session.identity, method.delivery_tag)
        session.unsettled.add(delivery.delivery_tag)
        self._in_flight.inc()
        if self._settings.log_receive:
            self._log.receive(delivery)
        if self._stopping:
            self._settle(session, delivery, _Ending("requeue"))
        else:
            self._arrived.put((session, delivery))

    def _cancel(self) -> None:
        self._stopping = True
        session = self._session
        if session is not None and session.is_open:
            session.channel.basic_cancel(self._consumer_tag)

    def _settle(self, session: _Session, delivery: Delivery, ending: _Ending) -> None:
        if not session.is_open or not session.channel.is_open:
            with on_behalf_of(Cause(delivery.message.correlation_id)):
                self._log.settlement_skipped(delivery, ending.outcome)
            return
        settled_ns = time.time_ns()
        if ending.outcome == "ack":
            session.channel.basic_ack(delivery.delivery_tag)
        elif ending.outcome == "requeue":
            session.channel.basic_nack(delivery.delivery_tag, requeue=True)
        else:
            session.channel.basic_reject(delivery.delivery_tag, requeue=False)
        session.unsettled.discard(delivery.delivery_tag)
        self._in_flight.dec()
        self._metrics.messages.labels(self._settings.queue, ending.outcome).inc()
        self._log.settle(delivery, ending.outcome, settled_ns, ending.duration_ns, ending.error_type, ending.reason)

    # On a worker's thread.

    def _work(self) -> None:
        while (arrived := self._arrived.get()) is not None:
            session, delivery = arrived
            if not session.is_open:
                continue
            ending = _Ending("requeue") if self._stopping else self._handle(delivery)
            self._post(partial(self._settle, session, delivery, ending))

    def _handle(self, delivery: Delivery) -> _Ending:
        message = delivery.message
        self._log.process(delivery)
        started = time.perf_counter_ns()
        with on_behalf_of(Cause(message.correlation_id, message.message_id)):
            ending = self._call_handler(message)
        duration_ns = time.perf_counter_ns() - started
        self._metrics.duration.labels(message.queue).observe(duration_ns / 1e9)
        if ending.error_type is not None:
            self._metrics.failed.labels(message.queue).inc()
        return _Ending(ending.outcome, ending.error_type, ending.reason, duration_ns)

    def _call_handler(self, message: Message) -> _Ending:
        try:
            self._settings.handler(message)
        except Requeue as ask:
            return _Ending("requeue", _kind(ask), str(ask))
        except Discard as ask:
            return _Ending("discard", _kind(ask), str(ask))
        except Exception as error:
            # One bad message must not end the worker; what is done with it is the service's setting.
            _logger.exception("the handler of %s failed", message.event_type)
            return _Ending(self._settings.on_error, type(error).__name__, str(error))
        return _Ending("ack")

    def _post(self, callback: Callable[[], None]) -> None:
        if self._link is None:
            return
        try:
            self._link.post(callback)
        except LinkError:
            # The connection is gone for good and so are its deliveries; Service.run() ends the process.
            _logger.warning("a settlement could not be sent: the connection's thread has ended")


def _kind(ask: Settle) -> str:
    # `raise Discard("declined") from InsufficientFunds()` names the deeper reason.
    return type(ask.__cause__ or ask).__name__
