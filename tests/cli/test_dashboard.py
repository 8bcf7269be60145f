"""`eventrail dashboard`: prints where it is, answers there and nowhere else, and ends when told to."""

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


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.servers
def test_it_prints_its_address_answers_there_and_ends_cleanly_with_all_it_started(hung: str) -> None:
    with running("--source", hung) as (process, line):
        assert line.startswith("Eventrail: http://127.0.0.1:")
        assert line.rstrip().endswith(f"(source: {hung}; Ctrl+C ends it)")
        address = line.split()[1]
        assert status_of(address, "/") == 200
        children = children_of(process.pid)
        assert len(children) == 1

        process.terminate()

        assert process.wait(timeout=30) == 0
        assert not any(Path(f"/proc/{child}").exists() for child in children)


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
