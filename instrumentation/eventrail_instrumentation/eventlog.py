"""Writes the lines that make a service's log a complete trace."""

import logging
import time
from dataclasses import dataclass

from eventrail_instrumentation import fields
from eventrail_instrumentation.deaths import last_death
from eventrail_instrumentation.message import Message

_SETTLE_NAMES = {"ack": "ack", "requeue": "nack", "discard": "reject"}


@dataclass(frozen=True, slots=True)
class ChannelIdentity:
    """A consumer channel: an ID that is never used twice, and the connection's name at the broker."""

    channel_id: str
    client_id: str
    consumer_tag: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and the place on a channel where it arrived."""

    message: Message
    channel: ChannelIdentity
    delivery_tag: int


@dataclass(frozen=True, slots=True)
class Publication:
    """A message on its way to the broker."""

    exchange: str
    routing_key: str
    event_type: str
    message_id: str
    correlation_id: str
    causation_id: str | None
    body: bytes
    headers: dict[str, object]
    called_ns: int


class EventLog:
    """Writes messaging lines through the logger `eventrail`, so that they share stream and format with all
    others.
    """

    def __init__(self, vhost: str) -> None:
        self._vhost = vhost
        self._logger = logging.getLogger("eventrail")

    def send(self, publication: Publication, outcome: str, error_type: str | None) -> None:
        """A publish whose end is known; the line bears the moment of the call, which lies before any
        delivery.
        """
        line: dict[str, object] = {
            fields.OPERATION: "send",
            fields.OPERATION_NAME: "publish",
            fields.OUTCOME: outcome,
            fields.CORRELATION_ID: publication.correlation_id,
            fields.MESSAGE_ID: publication.message_id,
            fields.EVENT_TYPE: publication.event_type,
            fields.EXCHANGE: publication.exchange,
            fields.ROUTING_KEY: publication.routing_key,
        }
        if publication.causation_id is not None:
            line[fields.CAUSATION_ID] = publication.causation_id
        if error_type is not None:
            line[fields.ERROR_TYPE] = error_type
        level = logging.INFO if outcome == "confirmed" else logging.ERROR
        text = f"sent {publication.event_type}" if outcome == "confirmed" else f"{outcome} {publication.event_type}"
        self._messaging(text, line, publication.called_ns, level)

    def receive(self, delivery: Delivery) -> None:
        """The delivery has arrived in this process."""
        line = self._arrived(delivery, "receive", "deliver")
        self._messaging(f"received {delivery.message.event_type}", line, time.time_ns())

    def process(self, delivery: Delivery) -> None:
        """A worker starts the handler."""
        line = self._arrived(delivery, "process", "process")
        self._messaging(f"handling {delivery.message.event_type}", line, time.time_ns())

    def settle(
        self,
        delivery: Delivery,
        outcome: str,
        time_ns: int,
        duration_ns: int | None,
        error_type: str | None,
        reason: str,
    ) -> None:
        """The delivery's ack, nack or reject was sent at `time_ns`; `duration_ns` is None when no handler had
        started.
        """
        line = self._delivery(delivery, "settle", _SETTLE_NAMES[outcome])
        line[fields.OUTCOME] = outcome
        if duration_ns is not None:
            line[fields.DURATION] = duration_ns
        if error_type is not None:
            line[fields.ERROR_TYPE] = error_type
        text = f"{outcome} {delivery.message.event_type}" + (f": {reason}" if reason else "")
        self._messaging(text, line, time_ns, logging.WARNING if error_type else logging.INFO)

    def settlement_skipped(self, delivery: Delivery, outcome: str) -> None:
        """A handler ended after its channel was lost.

        No settle line: the broker hands the message out again.
        """
        line: dict[str, object] = {
            fields.CORRELATION_ID: delivery.message.correlation_id,
            fields.CHANNEL_ID: delivery.channel.channel_id,
        }
        text = f"{outcome} of {delivery.message.event_type} not sent: its channel is gone"
        self._write(text, line, time.time_ns(), logging.WARNING)

    def channel_opened(self, channel: ChannelIdentity, queue: str, prefetch: int) -> None:
        """A consumer channel is ready."""
        line: dict[str, object] = {
            fields.ACTION: "channel-opened",
            fields.QUEUE: queue,
            fields.PREFETCH: prefetch,
        }
        self._write(f"consuming {queue}", line | self._channel(channel), time.time_ns())

    def channel_closed(self, channel: ChannelIdentity, queue: str, error: BaseException | None) -> None:
        """A consumer channel ended; `error` is None when this process asked for it."""
        line: dict[str, object] = {fields.ACTION: "channel-closed", fields.QUEUE: queue} | self._channel(channel)
        text = f"stopped consuming {queue}"
        if error is not None:
            line[fields.ERROR_TYPE] = type(error).__name__
            text += f": {error}"
        self._write(text, line, time.time_ns(), logging.INFO if error is None else logging.ERROR)

    def heartbeat(self, in_flight: int) -> None:
        """This process lives."""
        self._write("heartbeat", {fields.ACTION: "heartbeat", fields.IN_FLIGHT: in_flight}, time.time_ns())

    def call(self, text: str, line: dict[str, object], *, failed: bool) -> None:
        """A synchronous call has ended."""
        self._write(text, line, time.time_ns(), logging.WARNING if failed else logging.INFO)

    def _arrived(self, delivery: Delivery, operation: str, name: str) -> dict[str, object]:
        """What only the broker knows of the message's way here goes with it."""
        line = self._delivery(delivery, operation, name)
        line[fields.REDELIVERED] = delivery.message.redelivered
        death = last_death(delivery.message.headers)
        if death is None:
            return line
        line[fields.DEATH_QUEUE] = death.queue
        line[fields.DEATH_COUNT] = death.count
        if death.reason is not None:
            line[fields.DEATH_REASON] = death.reason
        if death.time is not None:
            line[fields.DEATH_TIME] = death.time
        return line

    def _delivery(self, delivery: Delivery, operation: str, name: str) -> dict[str, object]:
        message = delivery.message
        line: dict[str, object] = {
            fields.OPERATION: operation,
            fields.OPERATION_NAME: name,
            fields.CORRELATION_ID: message.correlation_id,
            fields.EVENT_TYPE: message.event_type,
            fields.ATTEMPT: message.attempt,
            fields.EXCHANGE: message.exchange,
            fields.ROUTING_KEY: message.routing_key,
            fields.QUEUE: message.queue,
            fields.DELIVERY_TAG: delivery.delivery_tag,
            fields.CONSUMER_TAG: delivery.channel.consumer_tag,
        }
        if message.message_id is not None:
            line[fields.MESSAGE_ID] = message.message_id
        return line | self._channel(delivery.channel)

    @staticmethod
    def _channel(channel: ChannelIdentity) -> dict[str, object]:
        return {fields.CHANNEL_ID: channel.channel_id, fields.CLIENT_ID: channel.client_id}

    def _messaging(self, text: str, line: dict[str, object], time_ns: int, level: int = logging.INFO) -> None:
        line[fields.SYSTEM] = "rabbitmq"
        line[fields.VHOST] = self._vhost
        self._write(text, line, time_ns, level)

    def _write(self, text: str, line: dict[str, object], time_ns: int, level: int = logging.INFO) -> None:
        if not self._logger.isEnabledFor(level):
            return
        extra = {"eventrail_fields": line, "eventrail_time_ns": time_ns}
        # The text is handed over as an argument: it may hold percent signs.
        self._logger.handle(
            self._logger.makeRecord(self._logger.name, level, __file__, 0, "%s", (text,), None, extra=extra)
        )
