"""What every metric source does, whatever stands behind it (eventrail.sources.ports.MetricSource).

A source is held to it by a subclass that gives `excuse_name` and a fixture `subject` of class scope.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pandas as pd
import pytest

from eventrail.model.answers import MetricAnswer, MetricRequest
from eventrail.model.table import TIME_TYPE
from eventrail.model.window import Window
from eventrail.sources.ports import MetricSource
from queries.catalogue import catalogue
from tests.contract.documents import HOSTILE_IDS
from tests.contract.subjects import ALLOWED_SECONDS, MetricSubject

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HOUR = Window(START, START + timedelta(hours=1))
MANY = 12_000
QUEUES = {kind: name for kind, name in HOSTILE_IDS.items() if len(name.encode()) <= 255}


def samples(
    count: int, every_seconds: float, first: float, offset_milliseconds: int = 0, **labels: str
) -> pd.DataFrame:
    """Rising by one from `first`."""
    begin = pd.Timestamp(START) + pd.Timedelta(offset_milliseconds, unit="ms")
    times = pd.date_range(begin, periods=count, freq=pd.Timedelta(every_seconds, unit="s"), unit="ns")
    return pd.DataFrame({"time": times, "value": [first + number for number in range(count)], **labels})


def shuffled(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True).sample(frac=1.0, random_state=7)


SERIES = {
    "queue_messages_unacked": shuffled(
        samples(5, 15, 0.0, 123, vhost="bank", queue="payments"),
        samples(5, 15, 100.0, 456, vhost="bank", queue="fraud"),
        samples(5, 15, 200.0, 123, vhost="test", queue="payments"),
        *(samples(1, 15, 1000.0 + n, vhost="odd", queue=name) for n, name in enumerate(QUEUES.values())),
        *(samples(1, 15, 2000.0, vhost="odd", queue=name + "x") for name in QUEUES.values()),
    ),
    "queue_messages_ready": samples(MANY, 0.25, 0.0, vhost="bank", queue="payments"),
    "pod_in_flight": shuffled(
        samples(2, 15, 1.0, namespace="bank", service="payments", pod="payments-1", node="node-a", queue="payments"),
        samples(2, 15, 5.0, service="payments", pod="payments-2", node="node-b", queue="payments"),
    ),
    "node_load1": shuffled(samples(9, 15, 0.5, node="node-a"), samples(9, 15, 50.0, node="node-b")),
}


def ask(source: MetricSource, name: str, window: Window = HOUR, **labels: tuple[str, ...]) -> MetricAnswer:
    (answer,) = source.read([MetricRequest(name, window, labels)])
    return answer


def values(answer: MetricAnswer) -> list[float]:
    assert [problem for problem in answer.problems if problem.severity == "error"] == []
    found: list[float] = answer.frame["value"].tolist()
    return found


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class MetricSourceContract:
    """The cases."""

    excuse_name: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, subject: MetricSubject) -> Iterator[MetricSource]:
        """The source that holds SERIES."""
        yield subject.make(SERIES)
        subject.clear()

    def test_raw_samples_come_with_their_own_times_by_label_then_time(self, source: MetricSource) -> None:
        answer = ask(source, "queue_messages_unacked", vhost=("bank",))

        assert answer.frame["queue"].tolist() == ["fraud"] * 5 + ["payments"] * 5
        assert values(answer) == [100.0, 101.0, 102.0, 103.0, 104.0, 0.0, 1.0, 2.0, 3.0, 4.0]
        assert answer.frame["time"].iloc[0] == pd.Timestamp(at(0.456))
        assert answer.frame["time"].iloc[-1] == pd.Timestamp(at(60.123))

    def test_an_answer_has_the_querys_columns_and_says_by_which_generation(self, source: MetricSource) -> None:
        for name in SERIES:
            answer = ask(source, name)
            query = catalogue()[name]
            assert set(answer.frame.columns) == {"time", "value", *query.columns}
            assert str(answer.frame["time"].dtype) == TIME_TYPE
            assert answer.frame["value"].dtype == "float64"
            assert answer.generation in {generation.name for generation in query.generations}
            assert answer.request.name == name

    def test_more_than_10000_samples_all_come(self, source: MetricSource) -> None:
        assert values(ask(source, "queue_messages_ready")) == [float(number) for number in range(MANY)]

    def test_the_window_holds_both_its_ends(self, source: MetricSource) -> None:
        window = Window(at(15.123), at(45.123))

        assert values(ask(source, "queue_messages_unacked", window, vhost=("bank",), queue=("payments",))) == [1, 2, 3]
        instant = Window(at(30.123), at(30.123))
        assert values(ask(source, "queue_messages_unacked", instant, vhost=("bank",), queue=("payments",))) == [2]

    def test_conditions_join_by_and_and_their_values_by_or(self, source: MetricSource) -> None:
        answer = ask(source, "queue_messages_unacked", vhost=("bank", "test"), queue=("payments", "nobody's"))

        assert set(zip(answer.frame["vhost"], answer.frame["queue"], strict=True)) == {
            ("bank", "payments"),
            ("test", "payments"),
        }
        assert len(ask(source, "queue_messages_unacked", queue=()).frame) == len(SERIES["queue_messages_unacked"])

    @pytest.mark.parametrize("kind", QUEUES)
    def test_a_name_is_a_value_whatever_it_holds(self, source: MetricSource, kind: str) -> None:
        number = list(QUEUES).index(kind)

        assert values(ask(source, "queue_messages_unacked", queue=(QUEUES[kind],))) == [1000.0 + number]
        together = ask(source, "queue_messages_unacked", queue=(QUEUES[kind], "fraud"), vhost=("odd",))
        assert together.frame["queue"].tolist() == [QUEUES[kind]]

    def test_a_label_that_a_series_lacks_is_a_missing_value(self, source: MetricSource) -> None:
        frame = ask(source, "pod_in_flight").frame.set_index("pod")

        assert set(frame.loc["payments-1", "namespace"]) == {"bank"}
        assert frame.loc["payments-2", "namespace"].isna().all()

    def test_a_computed_series_has_its_points_at_multiples_of_the_step(self, source: MetricSource) -> None:
        answer = ask(source, "node_load1", Window(at(7), at(59)), node=("node-a",))

        assert answer.frame["time"].tolist() == [pd.Timestamp(at(second)) for second in (15, 30, 45)]
        assert values(answer) == [1.5, 2.5, 3.5]

    def test_a_window_without_samples_is_empty_and_no_error(self, source: MetricSource) -> None:
        before = Window(at(-120), at(-60))

        for name in ("queue_messages_unacked", "node_load1"):
            answer = ask(source, name, before)
            assert len(answer.frame) == 0
            assert set(answer.frame.columns) == {"time", "value", *catalogue()[name].columns}
            assert [problem for problem in answer.problems if problem.severity == "error"] == []

    def test_what_cannot_be_answered_says_so_and_leaves_the_others_whole_and_in_order(
        self, source: MetricSource
    ) -> None:
        names = ("node_load1", "queue_consumers", "queue_messages_unacked", "pod_restarts_total", "pod_in_flight")

        answers = source.read([MetricRequest(name, HOUR) for name in names])

        assert [answer.request.name for answer in answers] == list(names)
        assert [bool(len(answer.frame)) for answer in answers] == [True, False, True, False, True]
        for answer in (answers[1], answers[3]):
            assert answer.generation == ""
            assert answer.request.name in str(answer.problems[0])
            assert answer.problems[0].remedy
            assert set(answer.frame.columns) == {"time", "value", *catalogue()[answer.request.name].columns}

    def test_nothing_asked_is_nothing_answered(self, source: MetricSource) -> None:
        assert source.read([]) == ()

    def test_a_label_the_query_does_not_have_is_said_and_not_filtered_by(self, source: MetricSource) -> None:
        answer = ask(source, "node_load1", queue=("payments",))

        assert "has no label queue" in str(answer.problems[0])
        assert len(answer.frame) > 0

    def test_answers_belong_to_the_caller(self, source: MetricSource) -> None:
        frame = ask(source, "pod_in_flight").frame
        frame.loc[:, "value"] = -1.0

        assert -1.0 not in values(ask(source, "pod_in_flight"))

    def test_a_source_says_which_queries_it_answers_and_how(self, source: MetricSource) -> None:
        check = source.check(HOUR)

        assert check.reachable
        details = dict(check.details)
        assert {name for name in catalogue() if details.get(name)} >= set(SERIES)
        assert details["queue_messages_unacked"] == "rabbitmq-detailed"

    def test_wrong_credentials_are_a_problem_that_says_what_to_do(
        self, source: MetricSource, subject: MetricSubject
    ) -> None:
        assert "credentials" in self.only_a_problem(subject.wrong_credentials())

    def test_a_server_that_is_down_is_a_problem_that_says_what_to_do(self, subject: MetricSubject) -> None:
        source = subject.down()

        self.only_a_problem(source)
        assert not source.check(HOUR).reachable

    def test_a_server_that_does_not_answer_is_a_problem_within_the_time_allowed(self, subject: MetricSubject) -> None:
        began = time.monotonic()

        assert "in time" in self.only_a_problem(subject.silent())
        assert time.monotonic() - began < ALLOWED_SECONDS

    def only_a_problem(self, source: MetricSource) -> str:
        answers = source.read([MetricRequest("node_load1", HOUR), MetricRequest("pod_in_flight", HOUR)])

        for answer in answers:
            assert len(answer.frame) == 0
            assert set(answer.frame.columns) == {"time", "value", *catalogue()[answer.request.name].columns}
            (problem,) = answer.problems
            assert problem.severity == "error"
            assert problem.remedy
        return answers[0].problems[0].what
