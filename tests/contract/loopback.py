"""Servers in trouble, on loopback: a port where nothing listens, one that never answers, one that breaks off."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator


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


@contextlib.contextmanager
def breaking_proxy(target_port: int, bytes_let_through: int) -> Iterator[int]:
    """Give a port that passes connections on to `target_port`, and breaks each off once all together have had so many
    bytes of answers.
    """
    budget = [bytes_let_through]
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.settimeout(0.1)
        acceptor = threading.Thread(target=_accept, args=(server, target_port, budget, stop), daemon=True)
        acceptor.start()
        port: int = server.getsockname()[1]
        try:
            yield port
        finally:
            stop.set()
            acceptor.join()


def _accept(server: socket.socket, target_port: int, budget: list[int], stop: threading.Event) -> None:
    carriers = []
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            client, _ = server.accept()
            carrier = threading.Thread(target=_carry, args=(client, target_port, budget, stop), daemon=True)
            carrier.start()
            carriers.append(carrier)
    for carrier in carriers:
        carrier.join()


def _carry(client: socket.socket, target_port: int, budget: list[int], stop: threading.Event) -> None:
    with client, socket.create_connection(("127.0.0.1", target_port)) as target:
        while not stop.is_set():
            ready, _, _ = select.select([client, target], [], [], 0.1)
            for side in ready:
                data = side.recv(65_536)
                if side is target:
                    data = data[: budget[0]]
                    budget[0] -= len(data)
                if not data:
                    return
                (client if side is target else target).sendall(data)
