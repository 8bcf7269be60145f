"""A connection to the broker on a thread of its own, opened again whenever it goes away."""

import itertools
import logging
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pika
from pika.adapters.select_connection import IOLoop

from eventrail_instrumentation.errors import LinkError

_logger = logging.getLogger("eventrail")
_HEARTBEAT_SECONDS = 30


class OpenConnection:
    """One connection of a link while it lives. Used on the link's thread only."""

    def __init__(self, connection: Any, number: int, client_id: str) -> None:
        self._connection = connection
        self._channel_numbers = itertools.count(1)
        self.number = number
        self.client_id = client_id

    def open_channel(self, on_open: Callable[[Any], None]) -> int:
        """Opens a channel under a number that this connection has not used before, and gives that number."""
        number = next(self._channel_numbers)
        self._connection.channel(channel_number=number, on_open_callback=on_open)
        return number


class Tenant(Protocol):
    """What lives on a link: a consumer, a publisher. Its methods are called on the link's thread."""

    def connected(self, connection: OpenConnection) -> None:
        """The connection is open."""

    def disconnected(self, error: BaseException | None) -> None:
        """The connection is gone; `error` is None when this process closed it."""


class Link:
    """Keeps one connection open and runs on its thread what others post.

    No handler ever runs on this thread, so AMQP heartbeats, arriving deliveries and settlements never wait
    for one.
    """

    def __init__(
        self,
        url: str,
        client_id: Callable[[], tuple[int, str]],
        tenants: Sequence[Tenant],
        reconnect_seconds: tuple[float, float] = (0.5, 30.0),
    ) -> None:
        """`client_id` gives the next connection's number and name; `reconnect_seconds` the first and longest
        pause.
        """
        self._parameters = pika.URLParameters(url)
        self._parameters.heartbeat = _HEARTBEAT_SECONDS
        self._parameters.connection_attempts = 1  # the pauses between attempts are ours
        self._client_id = client_id
        self._tenants = tenants
        self._first_pause, self._longest_pause = reconnect_seconds
        self._pause = self._first_pause
        self._loop = IOLoop()
        self._connection: Any = None
        self._stopping = False
        self._failure: LinkError | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventrail-link", daemon=True)

    def start(self) -> None:
        """Starts the thread, which connects and goes on connecting until it succeeds."""
        self._loop.add_callback_threadsafe(self._connect)
        self._thread.start()

    def post(self, callback: Callable[[], None]) -> None:
        """Runs `callback` on the link's thread soon, connected or not.

        Raises LinkError when the thread has ended.
        """
        if self._ended.is_set():
            raise self._failure or LinkError("the connection's thread has ended")
        self._loop.add_callback_threadsafe(callback)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        """Runs `callback` on the link's thread after a pause. To be called on that thread."""
        self._loop.call_later(seconds, callback)

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Closes the connection and ends the thread."""
        if not self._ended.is_set() and self._thread.is_alive():
            self._loop.add_callback_threadsafe(self._close)
            self._thread.join(timeout_seconds)

    @property
    def failure(self) -> LinkError | None:
        """The fault that ended the thread, if one did."""
        return self._failure

    def _run(self) -> None:
        try:
            self._loop.start()
        except Exception as error:
            # Going on with a connection in an unknown state would be worse: the process is told and ends.
            _logger.critical("the connection's thread failed", exc_info=error)
            self._failure = LinkError(f"the connection's thread failed: {error!r}")
            self._failure.__cause__ = error
        finally:
            self._ended.set()
            self._loop.close()

    def _connect(self) -> None:
        if self._stopping:
            return
        number, client_id = self._client_id()
        self._parameters.client_properties = {"connection_name": client_id}
        self._connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=lambda connection: self._on_open(OpenConnection(connection, number, client_id)),
            on_open_error_callback=self._on_open_error,
            on_close_callback=self._on_close,
            custom_ioloop=self._loop,
        )

    def _on_open(self, connection: OpenConnection) -> None:
        self._pause = self._first_pause
        for tenant in self._tenants:
            tenant.connected(connection)

    def _on_open_error(self, _connection: Any, error: BaseException) -> None:
        self._connection = None
        if self._stopping:
            self._loop.stop()
            return
        _logger.warning("no connection to the broker: %s", type(error).__name__)
        self._reconnect()

    def _on_close(self, _connection: Any, error: BaseException) -> None:
        self._connection = None
        for tenant in self._tenants:
            tenant.disconnected(None if self._stopping else error)
        if self._stopping:
            self._loop.stop()
            return
        _logger.error("the connection to the broker is lost: %s", error)
        self._reconnect()

    def _reconnect(self) -> None:
        # Spread out, so that a hundred pods do not fall upon a broker that has just come back.
        self._loop.call_later(self._pause * random.uniform(0.8, 1.2), self._connect)  # noqa: S311 - not a secret
        self._pause = min(self._pause * 2, self._longest_pause)

    def _close(self) -> None:
        self._stopping = True
        if self._connection is None:
            self._loop.stop()
        elif not self._connection.is_closing:
            self._connection.close()
