"""Servers in trouble, on loopback: a port where nothing listens, one that never answers, one that breaks off, one that
speaks TLS with a certificate of its own.
"""

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CHUNK_BYTES = 65_536
_POLL_SECONDS = 0.1


def closed_port() -> int:
    """Give a port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Give a port that takes connections and questions, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        port: int = server.getsockname()[1]
        yield port


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that signs itself; `certificate` is what to trust."""

    certificate: Path
    key: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificate":
        made = cls(folder / "certificate.pem", folder / "key.pem")
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"),
                *("-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=digitalSignature,keyCertSign"),
                *("-addext", "extendedKeyUsage=serverAuth"),
                *("-keyout", str(made.key), "-out", str(made.certificate)),
            ],
            check=True,
            capture_output=True,
        )
        return made

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Proxy:
    """Passes connections on to a port of loopback, and breaks each off once all together have had `answer_bytes` of
    answers; or, if it `holds`, keeps all later ones back until `released` is set.
    """

    def __init__(
        self, target_port: int, answer_bytes: int | None, certificate: Certificate | None, *, holds: bool = False
    ) -> None:
        self.target_port = target_port
        self.answer_bytes = answer_bytes
        self.holds = holds
        self.released = threading.Event()
        self.context = certificate.context if certificate else None
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.server.settimeout(_POLL_SECONDS)
        self.port: int = self.server.getsockname()[1]
        self.stopped = threading.Event()
        self.requests: list[bytes] = []
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def stop(self) -> None:
        self.stopped.set()
        self.released.set()
        for thread in self.threads:
            thread.join()
        self.server.close()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            with contextlib.suppress(TimeoutError, ssl.SSLError, ConnectionError):
                client, _ = self.server.accept()
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            plain = self.context.wrap_socket(client, server_side=True) if self.context else client
        except (ssl.SSLError, OSError):
            client.close()
            raise
        target = socket.create_connection(("127.0.0.1", self.target_port))
        for side in (plain, target):
            side.settimeout(_POLL_SECONDS)
            # Small answers are passed on at once, as without the proxy between.
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink in ((plain, target), (target, plain)):
            thread = threading.Thread(target=self._pump, args=(source, sink, source is target))
            thread.start()
            self.threads.append(thread)

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while not self.stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    data = source.recv(_CHUNK_BYTES)
                    data = self._let_through(data) if answers else self._noted(data)
                    if data:
                        sink.sendall(data)
                    if not data or self.answer_bytes == 0:
                        return
        except OSError:
            return
        finally:
            for side in (source, sink):
                with contextlib.suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)
                side.close()

    def _noted(self, data: bytes) -> bytes:
        self.requests.append(data)
        return data

    def _let_through(self, data: bytes) -> bytes:
        if self.answer_bytes is None:
            return data
        if self.holds and len(data) >= self.answer_bytes:
            self.released.wait()
            self.answer_bytes = None
            return data
        data = data[: self.answer_bytes]
        self.answer_bytes -= len(data)
        return data


@contextlib.contextmanager
def proxy(
    target_port: int,
    answer_bytes: int | None = None,
    certificate: Certificate | None = None,
    *,
    holds: bool = False,
) -> Iterator[Proxy]:
    """Give a proxy; it ends with the context."""
    made = Proxy(target_port, answer_bytes, certificate, holds=holds)
    try:
        yield made
    finally:
        made.stop()
