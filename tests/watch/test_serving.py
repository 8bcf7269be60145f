"""What is served over HTTP, and where."""

import socket
from collections.abc import Callable, Iterator

import pytest
import requests

from eventrail.errors import UsageError
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from eventrail.watch import watcher as module
from eventrail.watch.serving import MetricsServer
from eventrail.watch.watcher import Watcher, WatchSettings
from tests.investigate.told import told
from tests.watch.reading import labels, samples


@pytest.fixture
def sources() -> Sources:
    book = EventBook()
    book.publish(1, "m1", pod="orders-1")
    return told(book, None)


Served = Callable[[str], tuple[int, str]]


@pytest.fixture(params=["127.0.0.1:0", "[::1]:0"])
def server(request: pytest.FixtureRequest, sources: Sources) -> Iterator[tuple[Watcher, Served]]:
    watcher = Watcher(sources, WatchSettings())
    running = MetricsServer(request.param, watcher)
    running.start()

    def get(path: str) -> tuple[int, str]:
        answer = requests.get(running.url.replace("/metrics", path), timeout=5)
        return answer.status_code, answer.text

    yield watcher, get
    running.stop()


def test_metrics_and_health_are_served(server: tuple[Watcher, Served]) -> None:
    watcher, get = server

    assert get("/-/ready")[0] == 503
    assert get("/-/healthy")[0] == 200
    assert samples(get("/metrics")[1])["eventrail_evaluations_total"][labels()] == 0
    watcher.evaluate()
    assert get("/-/ready")[0] == 200
    assert samples(get("/metrics")[1])["eventrail_evaluations_total"][labels()] == 1
    assert "process_resident_memory_bytes" in get("/metrics")[1]
    assert get("/") == (404, "Eventrail's metrics are at /metrics, its health at /-/healthy and /-/ready\n")


def test_a_watch_whose_evaluations_hang_is_not_healthy(
    server: tuple[Watcher, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher, get = server
    watcher.evaluate()
    later = module.time.monotonic() + 301

    monkeypatch.setattr(watcher, "_ended", later - 602)
    status, why = get("/-/healthy")

    assert status == 503
    assert why.startswith("no evaluation has ended for 30")


def test_a_port_that_is_taken_is_said_with_the_remedy(sources: Sources) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match=rf"cannot listen on {address} .*choose another with --listen"):
            MetricsServer(address, Watcher(sources, WatchSettings()))


def test_a_name_that_is_no_address_is_said(sources: Sources) -> None:
    with pytest.raises(UsageError, match=r"cannot listen on no-such-host.invalid:9718"):
        MetricsServer("no-such-host.invalid:9718", Watcher(sources, WatchSettings()))
