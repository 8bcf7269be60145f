"""`eventrail dashboard`: prints where it is, answers there and nowhere else, and ends when told to."""

import asyncio
import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dashboard import serving
from eventrail.cli import dashboard
from eventrail.errors import UsageError

PROGRAM = Path(sys.executable).parent / "eventrail"
START_SECONDS = 60


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The program and the line it prints when the pages answer."""
    with subprocess.Popen([PROGRAM, "dashboard", *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # An alarm instead of a reader thread: readline has no time-out of its own.
        signal.alarm(START_SECONDS)
        try:
            line = process.stdout.readline()
            signal.alarm(0)
            yield process, line
        finally:
            signal.alarm(0)
            if process.poll() is None:
                process.kill()


def status_of(address: str, path: str) -> int:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    with closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


@pytest.mark.servers
def test_it_prints_its_address_answers_there_and_ends_cleanly(hung: str) -> None:
    with running("--source", hung) as (process, line):
        assert line.startswith("Eventrail: http://127.0.0.1:")
        assert line.rstrip().endswith(f"(source: {hung}; Ctrl+C ends it)")
        address = line.split()[1]
        assert status_of(address, "/") == 200

        process.terminate()

        assert process.wait(timeout=30) == 0
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", urlsplit(address).port or 0))


@pytest.mark.servers
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_reader_who_is_connected_does_not_hold_it_back(hung: str, told: signal.Signals) -> None:
    with running("--source", hung) as (process, line):
        place = urlsplit(line.split()[1])
        with socket.create_connection((place.hostname, place.port), timeout=10) as reader:
            # Half a request: the server waits for the rest of it.
            reader.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n")
            process.send_signal(told)

            assert process.wait(timeout=30) == 0


class OneConnection(asyncio.Protocol):
    """Tells whether small answers leave a connection at once."""

    def __init__(self) -> None:
        self.at_once: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        accepted = transport.get_extra_info("socket")
        self.at_once.set_result(bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))


def test_small_answers_leave_at_once_and_do_not_wait_for_the_browser_to_acknowledge_the_last_one() -> None:
    async def connected(sock: socket.socket) -> bool:
        protocol = OneConnection()
        server = await asyncio.get_running_loop().create_server(lambda: protocol, sock=sock)
        _, writer = await asyncio.open_connection(*sock.getsockname()[:2])
        at_once = await protocol.at_once
        writer.close()
        server.close()
        return at_once

    assert asyncio.run(connected(serving.listening("127.0.0.1", 0)))


def test_a_port_that_is_taken_is_passed_over_or_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1 is taken"):
            dashboard._port("127.0.0.1", port)
    assert dashboard._port("127.0.0.1", port) == port


def test_without_a_port_the_first_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(dashboard, "FIRST_PORT", port)

        assert port < dashboard._port("127.0.0.1", None) < port + dashboard.PORTS_TRIED


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(UsageError, match="'no such host' is no address of this machine"):
        dashboard._port("no such host", None)


def test_a_file_is_named_by_its_whole_path_for_a_server_that_may_run_elsewhere(tmp_path: Path) -> None:
    # The working directory of each test here is its tmp_path.
    assert dashboard._with_whole_path("recording:x.eventrail") == f"recording:{tmp_path}/x.eventrail"
    assert dashboard._with_whole_path("live") == "live"
