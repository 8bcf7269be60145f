"""Serves metrics and health over HTTP."""

import socket
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest, make_wsgi_app

from eventrail.errors import UsageError
from eventrail.watch.watcher import Watcher

# A connection that says nothing for so long is closed.
SILENCE_SECONDS: Final = 10.0
# Without an evaluation, good or bad, for so long the process is no longer of use and may be started anew.
DEAD_SECONDS_MIN: Final = 300.0
DEAD_INTERVALS: Final = 10

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def exposition(watcher: Watcher) -> str:
    """Give the metrics as Prometheus' text format."""
    return generate_latest(watcher).decode()


class MetricsServer:
    """Listens at `address` ("ADDRESS:PORT"; port 0: any free one) from its making on; answers from `start` on."""

    def __init__(self, address: str, watcher: Watcher) -> None:
        """Raise UsageError when the address cannot be listened on."""
        registry = CollectorRegistry()
        registry.register(watcher)
        ProcessCollector(registry=registry)
        self._server = _listen(address)
        self._server.set_app(_application(make_wsgi_app(registry), watcher))
        self._thread = Thread(target=self._server.serve_forever, name="metrics", daemon=True)

    @property
    def url(self) -> str:
        """Where the metrics are."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"http://{shown}:{port}/metrics"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and give the port back."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request: one slow reader must not hold up the next scrape."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name, as the parent does: that can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = SILENCE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing of requests: they come every few seconds."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listen(address: str) -> _Server:
    parts = urlsplit(f"//{address}")
    host, port = parts.hostname or "", parts.port or 0
    kind = _Server6 if ":" in host else _Server
    try:
        return kind((host, port), _Handler)
    except (OSError, UnicodeError) as fault:
        why = getattr(fault, "strerror", None) or str(fault)
        raise UsageError(f"cannot listen on {address} ({why}); choose another with --listen or watch.listen") from None


def _application(metrics: Application, watcher: Watcher) -> Application:
    """Give what answers requests: /metrics, /-/healthy for liveness, /-/ready once there are figures or a failure."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start_response)
        status, text = _health(path, watcher)
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    return answer


def _health(path: str, watcher: Watcher) -> tuple[str, str]:
    idle_seconds = watcher.seconds_since_evaluation
    if path == "/-/ready":
        return (
            ("200 OK", "ready\n") if watcher.evaluated else ("503 Service Unavailable", "no evaluation has ended yet\n")
        )
    if path == "/-/healthy":
        allowed = max(DEAD_INTERVALS * watcher.interval_seconds, DEAD_SECONDS_MIN)
        if idle_seconds <= allowed:
            return "200 OK", "healthy\n"
        return "503 Service Unavailable", f"no evaluation has ended for {idle_seconds:.0f} s\n"
    return "404 Not Found", "Eventrail's metrics are at /metrics, its health at /-/healthy and /-/ready\n"
