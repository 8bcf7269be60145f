"""What a service imports: one object for consuming, publishing, logging, metrics and a clean end."""

import itertools
import json
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Literal, TextIO
from urllib.parse import unquote, urlsplit

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from eventrail_instrumentation.consumer import Consumer, ConsumerSettings, Handler
from eventrail_instrumentation.context import current_cause
from eventrail_instrumentation.errors import LinkError, PublishError
from eventrail_instrumentation.eventlog import EventLog, Publication
from eventrail_instrumentation.formatter import configure_logging
from eventrail_instrumentation.heartbeat import Heartbeat
from eventrail_instrumentation.identity import Identity
from eventrail_instrumentation.ids import new_id
from eventrail_instrumentation.link import Link
from eventrail_instrumentation.metrics import MessagingMetrics
from eventrail_instrumentation.publisher import Publisher

_logger = logging.getLogger("eventrail")
_WATCH_SECONDS = 1.0


class Service:
    """A service on RabbitMQ whose log is a complete trace.

    Consumers and the publisher have a connection each: a broker that holds publishers back for want of memory
    does not hold up settlements.
    """

    def __init__(
        self,
        name: str,
        version: str = "",
        *,
        url: str | None = None,
        identity: Identity | None = None,
        stream: TextIO | None = None,
        registry: CollectorRegistry = REGISTRY,
        metrics_address: tuple[str, int] | None = None,
        log_receive: bool = True,
        confirm_timeout_seconds: float = 10.0,
        reconnect_seconds: tuple[float, float] = (0.5, 30.0),
    ) -> None:
        """Sets up logging at once; nothing connects before `start` or `run`.

        `url`: AMQP URL, else the environment variable `AMQP_URL`, else a broker on this machine.
        `stream`: where the log goes, standard output by default. `metrics_address`: host and port to serve
        metrics on, none by default. `log_receive`: whether each arriving delivery is logged.
        """
        self.identity = identity or Identity(name, version)
        configure_logging(self.identity, stream)
        self._url = url or os.environ.get("AMQP_URL") or "amqp://guest:guest@127.0.0.1:5672/%2F"
        self.log = EventLog(_vhost(self._url))
        self._registry = registry
        self._metrics = MessagingMetrics(registry)
        self._metrics_address = metrics_address
        self._log_receive = log_receive
        self._reconnect_seconds = reconnect_seconds
        self._publisher = Publisher(name, confirm_timeout_seconds)
        self._consumers: list[Consumer] = []
        self._connection_numbers = itertools.count(1)
        self._heartbeat = Heartbeat(self.log, self.in_flight)
        self._links: list[Link] = []
        self._stop_asked = threading.Event()

    def consumer(
        self,
        queue: str,
        *,
        prefetch: int = 10,
        workers: int = 4,
        on_error: Literal["discard", "requeue"] = "discard",
    ) -> Callable[[Handler], Handler]:
        """Decorates the handler of a queue's messages. The queue must exist.

        Returning acknowledges the message; raising `Requeue` or `Discard` settles it so; any other exception
        is logged and settles it as `on_error` says. Up to `workers` handlers run at a time in this process;
        the broker hands it up to `prefetch` messages ahead.
        """

        def register(handler: Handler) -> Handler:
            settings = ConsumerSettings(queue, handler, prefetch, workers, on_error, self._log_receive)
            number = len(self._consumers) + 1
            self._consumers.append(Consumer(settings, self.identity, self.log, self._metrics, number))
            return handler

        return register

    def publish(
        self,
        exchange: str,
        routing_key: str,
        event_type: str,
        body: bytes | Mapping[str, object],
        *,
        headers: Mapping[str, object] | None = None,
    ) -> str:
        """Publishes a persistent message, waits until the broker has confirmed it, and gives its message ID.

        Correlation and causation come from the message being handled, or from `new_event`; outside of both
        the message starts an event of its own. Raises PublishError when no queue takes it or the broker does
        not confirm.
        """
        cause = current_cause()
        publication = Publication(
            exchange=exchange,
            routing_key=routing_key,
            event_type=event_type,
            message_id=new_id(),
            correlation_id=cause.correlation_id if cause else new_id(),
            causation_id=cause.message_id if cause else None,
            body=body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode(),
            headers=dict(headers or {}),
            called_ns=time.time_ns(),
        )
        outcome = self._publisher.publish(publication)
        self._metrics.sent.labels(exchange, outcome.name).inc()
        self.log.send(publication, outcome.name, outcome.error_type)
        if outcome.name != "confirmed":
            raise PublishError(outcome.name, exchange, routing_key, outcome.error_type)
        return publication.message_id

    def in_flight(self) -> int:
        """Deliveries received by this process and not settled."""
        return sum(consumer.in_flight for consumer in self._consumers)

    def start(self) -> None:
        """Connects and begins to consume; returns at once."""
        if self._metrics_address is not None:
            host, port = self._metrics_address
            start_http_server(port, addr=host, registry=self._registry)
        publishing = Link(self._url, self._next_client_id, [self._publisher], self._reconnect_seconds)
        self._publisher.attach(publishing)
        self._links = [publishing]
        if self._consumers:
            consuming = Link(self._url, self._next_client_id, self._consumers, self._reconnect_seconds)
            self._links.append(consuming)
            for consumer in self._consumers:
                consumer.start(consuming)
        self._heartbeat.start()
        for link in self._links:
            link.start()

    def run(self) -> None:
        """Starts, and ends cleanly at SIGTERM or SIGINT.

        Raises LinkError when a connection's thread fails.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self.start()
        while not self._stop_asked.wait(_WATCH_SECONDS):
            if self.failure is not None:
                raise self.failure
        self.stop()

    @property
    def ready(self) -> bool:
        """Whether it can publish and all its consumers take messages: for a readiness probe."""
        return self._publisher.ready and all(consumer.ready for consumer in self._consumers)

    @property
    def failure(self) -> LinkError | None:
        """Set when a connection's thread has ended by a fault; the process should then end. For a liveness probe."""
        for link in self._links:
            if link.failure is not None:
                return link.failure
        return None

    def stop_consuming(self) -> None:
        """Takes no more messages and gives back what no handler has begun; the handlers that run go on and settle."""
        for consumer in self._consumers:
            consumer.cancel()

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Takes no more messages, waits for running handlers up to the time limit, settles, closes."""
        self._stop_asked.set()
        until = time.monotonic() + timeout_seconds
        self.stop_consuming()
        for consumer in self._consumers:
            consumer.wait(until)
        for link in reversed(self._links):
            link.stop()
        self._heartbeat.stop()
        _logger.info("stopped")

    def _next_client_id(self) -> tuple[int, str]:
        number = next(self._connection_numbers)
        return number, f"{self.identity.pod}/{number}"

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_asked.set()


def _vhost(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/")) or "/"
