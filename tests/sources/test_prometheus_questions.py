"""How Prometheus is asked: long questions, long windows, generations, TLS and tokens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from eventrail.model.answers import MetricAnswer, MetricRequest
from eventrail.model.window import Window
from eventrail.sources.ports import MetricSource
from eventrail.sources.prometheus import PrometheusSource
from eventrail.sources.prometheus.source import POINTS_DRAWN, POINTS_MAX
from tests.contract.loopback import Certificate, proxy
from tests.contract.metric_source_contract import START, at
from tests.contract.prometheus_subject import PrometheusSubject

pytestmark = pytest.mark.servers

# Before 13:00 an exporter of 2017 and an old kubelet, afterwards their successors; a day of a node's load.
MOVED = START + timedelta(hours=1)
DAY = Window(START, START + timedelta(hours=23))


def scraped(metric: str, labels: str, start_seconds: float, count: int, step_seconds: float = 15.0) -> str:
    begin = START.timestamp() + start_seconds
    return "".join(f"{metric}{{{labels}}} {n} {begin + n * step_seconds:.3f}\n" for n in range(count))


def exposition() -> str:
    old, new = 'namespace="bank",pod_name="a",container_name="app"', 'namespace="bank",pod="a",container="app"'
    return "".join(
        [
            scraped("container_cpu_usage_seconds_total", old, 0, 230),
            # In the hour between neither is scraped, as names are asked for by whole hours.
            scraped("container_cpu_usage_seconds_total", new, 3 * 3600, 240),
            scraped("node_load1", 'node="node-a"', 0, 1380, 60.0),
            scraped("rabbitmq_queue_messages_unacknowledged", 'vhost="/",queue="q"', 0, 230),
            scraped("rabbitmq_detailed_queue_messages_unacked", 'vhost="/",queue="q"', 3 * 3600, 240),
            "# EOF\n",
        ]
    )


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusSubject]:
    made = PrometheusSubject(tmp_path_factory.mktemp("prometheus"))
    made.fill(exposition())
    yield made
    made.clear()


@pytest.fixture(scope="module")
def source(subject: PrometheusSubject) -> MetricSource:
    return PrometheusSource(subject.section())


def ask(source: MetricSource, request: MetricRequest) -> MetricAnswer:
    (answer,) = source.read([request])
    assert answer.problems == ()
    return answer


@pytest.mark.parametrize(
    ("query", "hour", "generation"),
    [
        ("queue_messages_unacked", 0, "kbudde-2017"),
        ("queue_messages_unacked", 3, "rabbitmq-detailed"),
        ("pod_cpu_cores", 0, "cadvisor-old"),
        ("pod_cpu_cores", 3, "cadvisor"),
    ],
)
def test_the_generation_is_that_of_the_window_not_of_all_time(
    source: MetricSource, query: str, hour: int, generation: str
) -> None:
    window = Window(at(hour * 3600 + 300), at(hour * 3600 + 900))

    answer = ask(source, MetricRequest(query, window))

    assert answer.generation == generation
    assert len(answer.frame) > 0
    assert dict(source.check(window).details)[query] == generation


def test_a_window_of_more_points_than_the_server_gives_is_asked_in_parts(source: MetricSource) -> None:
    window = Window(START, START + timedelta(hours=4))

    answer = ask(source, MetricRequest("node_load1", window, step_seconds=0.5))

    times = answer.frame["time"]
    assert len(answer.frame) == 4 * 3600 * 2 + 1 > 2 * POINTS_MAX
    assert times.is_monotonic_increasing
    assert set(times.diff().dropna()) == {pd.Timedelta("500ms")}


def test_a_long_window_is_drawn_with_no_more_points_than_can_be_seen(source: MetricSource) -> None:
    answer = ask(source, MetricRequest("node_load1", DAY))

    assert POINTS_DRAWN / 2 < len(answer.frame) <= POINTS_DRAWN + 1


def test_a_window_that_moves_on_shows_the_same_points_again(source: MetricSource) -> None:
    first = ask(source, MetricRequest("node_load1", Window(at(1), at(601)))).frame
    later = ask(source, MetricRequest("node_load1", Window(at(4.2), at(604.2)))).frame

    both = first.merge(later, on="time")
    assert len(both) >= len(first) - 1
    assert (both["value_x"] == both["value_y"]).all()


def test_a_question_longer_than_an_address_may_be_is_sent_as_a_form(subject: PrometheusSubject) -> None:
    nodes = ("node-a", *(f"node-with-quite-a-long-name-{number}" for number in range(2_000)))
    with proxy(subject.port) as listening:
        source = PrometheusSource(subject.section(url=f"http://127.0.0.1:{listening.port}"))

        answer = ask(source, MetricRequest("node_load1", Window(at(0), at(60)), {"node": nodes}))

        assert answer.frame["node"].unique().tolist() == ["node-a"]
        assert b"POST /api/v1/query_range HTTP/1.1" in b"".join(listening.requests)


def test_a_certificate_is_trusted_by_its_authority_and_refused_without(
    subject: PrometheusSubject, tmp_path: Path
) -> None:
    certificate = Certificate.make(tmp_path)
    request = MetricRequest("node_load1", Window(at(0), at(60)))
    with proxy(subject.port, certificate=certificate) as secure:
        address = f"https://127.0.0.1:{secure.port}"
        trusting = PrometheusSource(subject.section(url=address, ca_file=certificate.certificate))
        refusing = PrometheusSource(subject.section(url=address))

        assert len(ask(trusting, request).frame) == 5
        (refused,) = refusing.read([request])
        assert "is not trusted → name its authority in prometheus.ca_file" in str(refused.problems[0])


def test_a_token_is_sent_as_bearer_and_never_shown(subject: PrometheusSubject) -> None:
    with proxy(subject.port) as listening:
        section = subject.section(
            url=f"http://127.0.0.1:{listening.port}", username=None, password=None, bearer_token="s3cret-token"
        )

        (answer,) = PrometheusSource(section).read([MetricRequest("node_load1", DAY)])

        assert b"authorization: bearer s3cret-token" in b"".join(listening.requests).lower()
    assert "credentials" in str(answer.problems[0])
    assert "s3cret" not in str(answer.problems)


def test_a_server_that_breaks_off_costs_its_answer_and_nothing_else(subject: PrometheusSubject) -> None:
    with proxy(subject.port, answer_bytes=1_000) as broken:
        source = PrometheusSource(subject.section(url=f"http://127.0.0.1:{broken.port}"))

        answers = source.read([MetricRequest("node_load1", DAY), MetricRequest("queue_messages_unacked", DAY)])

    assert all(answer.problems[0].severity == "error" for answer in answers)


def test_what_is_no_prometheus_is_said_to_be_none(subject: PrometheusSubject, tmp_path: Path) -> None:
    with proxy(subject.port, certificate=Certificate.make(tmp_path)) as other:
        source = PrometheusSource(subject.section(url=f"http://127.0.0.1:{other.port}"))

        check = source.check(DAY)

    assert not check.reachable
    assert "prometheus.url" in check.problems[0].remedy
