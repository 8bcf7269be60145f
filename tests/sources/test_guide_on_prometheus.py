"""The guide of the search over a real Prometheus: what it gives for gaps, vanished targets, totals and two brokers."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from prometheus_api_client import PrometheusConnect

from eventrail import clock
from eventrail.investigate.gauges import GaugeDoubts, GaugesRead, read_gauges
from eventrail.model.answers import MetricRequest
from eventrail.model.window import Window
from eventrail.sources.prometheus import PrometheusSource
from tests.contract.metric_source_contract import START, at
from tests.contract.prometheus_subject import PASSWORD, USERNAME, PrometheusSubject

pytestmark = pytest.mark.servers

UNACKED = "rabbitmq_detailed_queue_messages_unacked"
DOUBTS = GaugeDoubts(5.0, 1.0)
AS_OF = 600.0
EAST, WEST = ('cluster="east",job="rabbitmq",instance="e:15692"', 'cluster="west",job="rabbitmq",instance="w:15692"')
# Nothing but totals are scraped in this hour and for a day before.
TOTALS = START + timedelta(hours=30)
SHOWN_SECONDS = 30.0


def scraped(queue: str, labels: str, values: dict[float, float]) -> str:
    own = f'vhost="/",queue="{queue}",{labels}'
    return "".join(f"{UNACKED}{{{own}}} {value} {START.timestamp() + at:.3f}\n" for at, value in values.items())


def every(seconds: int, first: int, last: int, value: float) -> dict[float, float]:
    return {float(at): value for at in range(first, last + 1, seconds)}


def exposition() -> str:
    lone_zero = every(5, 0, 200, 1.0) | {203.0: 0.0} | every(5, 208, 600, 1.0)
    totals = "".join(
        f'rabbitmq_queue_messages_unacked{{job="rabbitmq"}} 7 {TOTALS.timestamp() + second:.3f}\n'
        for second in range(0, 600, 15)
    )
    return (
        scraped("lone-zero", EAST, lone_zero)
        + scraped("emptied", EAST, every(5, 0, 440, 1.0) | {445.0: 0.0})
        + scraped("both", EAST, every(5, 0, 300, 0.0) | every(5, 305, 600, 3.0))
        + scraped("both", WEST, every(5, 0, 600, 0.0))
        + totals
        + "# EOF\n"
    )


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusSubject]:
    made = PrometheusSubject(tmp_path_factory.mktemp("prometheus"))
    made.fill(exposition())
    yield made
    made.clear()


@pytest.fixture(scope="module")
def server(subject: PrometheusSubject) -> PrometheusConnect:
    """Prometheus' own answers."""
    return PrometheusConnect(f"http://127.0.0.1:{subject.port}", auth=(USERNAME, PASSWORD))


def look(subject: PrometheusSubject, second: float = AS_OF, queue: str | None = None, **keys: Any) -> GaugesRead:
    source = PrometheusSource(subject.section(**keys))
    return read_gauges(source, pd.Timestamp(at(second)), queue, 1800.0, DOUBTS)


def test_a_zero_between_the_steps_of_a_curve_is_found_by_its_own_sample(
    subject: PrometheusSubject, server: PrometheusConnect
) -> None:
    drawn = server.custom_query_range(f'{UNACKED}{{queue="lone-zero"}}', START, at(AS_OF), "15")

    assert "0" not in {value for _, value in drawn[0]["values"]}
    assert look(subject).gauges["/", "lone-zero"].nothing_unacked_at == pd.Timestamp(at(203))


def test_a_value_that_prometheus_carries_on_after_the_target_vanished_is_no_sample(
    subject: PrometheusSubject, server: PrometheusConnect
) -> None:
    (carried,) = server.custom_query(f'{UNACKED}{{queue="emptied"}}', params={"time": str(at(AS_OF).timestamp())})

    read = look(subject, queue="emptied")

    assert carried["value"] == [at(AS_OF).timestamp(), "0"]
    assert read.gauges == {}
    alone = look(subject, second=500, queue="emptied")
    assert alone.gauges["/", "emptied"].reading.time == pd.Timestamp(at(445))
    assert alone.gauges["/", "emptied"].nothing_unacked_at == pd.Timestamp(at(445))


def test_two_brokers_of_one_prometheus_are_told_and_one_is_chosen_by_its_labels(subject: PrometheusSubject) -> None:
    both, east, west = (
        look(subject, queue="both"),
        look(subject, queue="both", broker_labels={"cluster": "east"}),
        look(subject, queue="both", broker_labels={"cluster": "west"}),
    )

    assert "2 brokers (east rabbitmq 3 and west rabbitmq 0)" in both.uncounted["/", "both"].why
    assert both.uncounted["/", "both"].nothing_unacked_at == pd.Timestamp(at(300))
    assert east.gauges["/", "both"].reading.value == 3
    assert west.gauges["/", "both"].reading.value == 0


def test_hours_after_the_last_scrape_the_queues_of_before_are_known(subject: PrometheusSubject) -> None:
    read = look(subject, second=5 * 3600.0)

    assert read.gauges == {}
    assert set(read.uncounted) == {("/", "lone-zero"), ("/", "both"), ("/", "emptied")}
    assert read.uncounted["/", "lone-zero"].nothing_unacked_at == pd.Timestamp(at(203))
    assert not any("no count by queue" in problem.what for problem in read.problems)


def test_totals_alone_guide_nothing_and_what_to_scrape_is_said(subject: PrometheusSubject) -> None:
    read = look(subject, second=(TOTALS - START).total_seconds() + 590)

    assert read.gauges == {}
    assert read.uncounted == {}
    assert any("no count by queue" in problem.what for problem in read.problems)


@contextmanager
def exporter(shown: dict[str, str]) -> Iterator[int]:
    """Serve what `shown` holds as "text" at the moment; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(shown["text"].encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Say nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield serving.server_address[1]
    finally:
        serving.shutdown()
        thread.join()
        serving.server_close()


def test_the_mark_that_a_series_has_ended_is_no_sample(tmp_path: Path) -> None:
    other = f'{UNACKED}{{vhost="/",queue="stays"}} 0\n'
    shown = {"text": f'{UNACKED}{{vhost="/",queue="deleted"}} 4\n{other}'}
    subject = PrometheusSubject(tmp_path)
    with exporter(shown) as port:
        job: dict[str, Any] = {"job_name": "broker", "scrape_interval": "200ms", "scrape_timeout": "200ms"}
        job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
        subject.fill("# EOF\n", json.dumps({"scrape_configs": [job]}))
        server = PrometheusConnect(f"http://127.0.0.1:{subject.port}", auth=(USERNAME, PASSWORD))
        try:
            await_count(server, 1)
            removed = clock.now()
            shown["text"] = other
            await_count(server, 0)
            source = PrometheusSource(subject.section())
            now = clock.now()
            (answer,) = source.read([MetricRequest("queue_messages_unacked", Window.before(now, 60))])
            read = read_gauges(source, pd.Timestamp(now), None, 60.0, DOUBTS)
        finally:
            subject.clear()

    ended = answer.frame[answer.frame["queue"] == "deleted"]
    assert set(ended["value"]) == {4.0}
    assert ended["time"].max() <= pd.Timestamp(removed) + pd.Timedelta(seconds=1)
    assert read.gauges["/", "deleted"].reading.time == ended["time"].max()
    assert set(answer.frame["instance"]) == {f"127.0.0.1:{port}"}


def await_count(server: PrometheusConnect, series: int) -> None:
    """Ask until Prometheus' own answer has so many series of the queue."""
    deadline = time.monotonic() + SHOWN_SECONDS
    while len(server.custom_query(f'{UNACKED}{{queue="deleted"}}')) != series:
        assert time.monotonic() < deadline
        time.sleep(0.05)
