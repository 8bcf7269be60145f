"""What every log source does, whatever stands behind it (eventrail.sources.ports.LogSource).

A source is held to it by a subclass that gives `excuse_name` and a fixture `subject`.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pandas as pd
import pytest

from eventrail.model.answers import LogAnswer, LogQuery, TagSpan
from eventrail.model.events import DELIVERY_OPERATIONS, EVENT_COLUMNS, Operation, Outcome
from eventrail.model.problem import Problem
from eventrail.model.progress import Progress
from eventrail.model.summaries import ACTIVITY_COLUMNS, FOUND_COLUMNS, FRESHNESS_COLUMNS, ROUTES_COLUMNS
from eventrail.model.tallies import PROCESS_COLUMNS, TAG_TALLY_COLUMNS
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource
from tests.contract.documents import HOSTILE_IDS, START, WINDOW, at, line, pod
from tests.contract.subjects import ALLOWED_SECONDS, Document, LogSubject

Make = Callable[[Sequence[Document]], LogSource]
MANY = 12_345
# AMQP 0-9-1 allows no longer ones.
LONGEST_QUEUE_NAME_BYTES = 255


def messages(source: LogSource, **conditions: Any) -> list[str]:
    answer = source.read(LogQuery(WINDOW, **conditions))
    assert [problem for problem in answer.problems if problem.severity == "error"] == []
    assert_counted(answer)
    return answer.events["message"].tolist()


def assert_counted(answer: LogAnswer) -> None:
    assert answer.documents_read == len(answer.events) + answer.duplicates + answer.set_aside
    assert list(answer.events.columns) == list(EVENT_COLUMNS)


def assert_nothing_but_a_problem(source: LogSource) -> Problem:
    """Ask everything; every answer is empty, whole in its form, and says the same kind of problem."""
    answer = source.read(LogQuery(WINDOW))
    assert len(answer.events) == 0
    assert_counted(answer)
    for summary, columns in (
        (source.freshness(WINDOW), FRESHNESS_COLUMNS),
        (source.activity(WINDOW), ACTIVITY_COLUMNS),
        (source.routes(WINDOW), ROUTES_COLUMNS),
        (source.find("x", WINDOW, 5), FOUND_COLUMNS),
    ):
        assert len(summary.frame) == 0
        assert list(summary.frame.columns) == list(columns)
        assert summary.problems[0].severity == "error"
    tally = source.tally(LogQuery(WINDOW))
    assert (len(tally.frame), list(tally.frame.columns)) == (0, list(TAG_TALLY_COLUMNS))
    assert tally.unusable
    processes = source.processes(LogQuery(WINDOW))
    assert (len(processes.frame), list(processes.frame.columns)) == (0, list(PROCESS_COLUMNS))
    raw = source.raw_document("application-1/a")
    assert raw.text == ""
    assert raw.problems[0].severity == "error"
    (problem,) = answer.problems
    assert problem.severity == "error"
    assert problem.remedy
    assert problem in [*source.check(WINDOW).problems, problem]
    return problem


def _texts(document: Any) -> list[str]:
    """Give all texts of a JSON value."""
    if isinstance(document, dict):
        return [text for value in document.values() for text in _texts(value)]
    return [document] if isinstance(document, str) else []


class LogSourceContract:
    """The cases."""

    excuse_name: ClassVar[str]

    @pytest.fixture
    def make(self, subject: LogSubject) -> Iterator[Make]:
        """Fill the source; what was made is removed afterwards."""
        yield subject.make
        subject.clear()

    def test_an_empty_source_answers_everything_with_nothing_and_no_error(self, make: Make) -> None:
        source = make([])

        answer = source.read(LogQuery(WINDOW, text="x", correlation_ids=("c",)))

        assert len(answer.events) == 0
        assert_counted(answer)
        assert (len(source.freshness(WINDOW).frame), len(source.activity(WINDOW).frame)) == (0, 0)
        assert (len(source.routes(WINDOW).frame), len(source.find("x", WINDOW, 5).frame)) == (0, 0)
        assert source.check(WINDOW).reachable

    def test_a_source_says_that_it_can_be_reached_and_what_it_is(self, make: Make) -> None:
        check = make([line(1, correlation="c", operation="receive", queue="q")]).check(WINDOW)

        assert check.reachable
        assert check.version
        assert check.details
        assert [problem for problem in check.problems if problem.severity == "error"] == []

    def test_more_than_10000_documents_all_come_in_order(self, make: Make) -> None:
        documents = [line(second / 10, str(second), sequence=second, instance="i") for second in range(MANY)]
        source = make(documents)

        assert messages(source) == [str(number) for number in range(MANY)]
        assert messages(source, newest_first=True, limit=3) == [str(MANY - 1), str(MANY - 2), str(MANY - 3)]
        assert messages(source, limit=10_001) == [str(number) for number in range(10_001)]
        assert source.activity(WINDOW).frame["documents"].tolist() == [MANY]

    def test_missing_fields_are_missing_values_and_the_line_stays(self, make: Make) -> None:
        source = make([{"@timestamp": at(1)}, line(2, "whole", correlation="c")])

        events = source.read(LogQuery(WINDOW)).events

        assert events["operation"].tolist() == ["log", "log"]
        bare = events.iloc[0]
        assert {name for name in EVENT_COLUMNS if pd.notna(bare[name])} - {"document_id"} == {"time", "operation"}
        assert sorted(source.freshness(WINDOW).frame["documents"]) == [1, 1]
        assert source.activity(WINDOW).frame["documents"].sum() == 2

    def test_times_keep_their_nanoseconds_and_order_by_them(self, make: Make) -> None:
        instants = ["12:00:01.000000002", "12:00:01.000000001", "12:00:01.123456789", "12:00:01.1"]
        source = make([line(0, instant, time=f"2026-01-31T{instant}Z") for instant in instants])

        events = source.read(LogQuery(WINDOW)).events

        assert events["message"].tolist() == sorted(instants)
        assert events["time"].tolist() == [pd.Timestamp(f"2026-01-31T{each}Z") for each in sorted(instants)]
        assert messages(source, newest_first=True, limit=1) == ["12:00:01.123456789"]
        assert source.freshness(WINDOW).frame["newest"].tolist() == [pd.Timestamp("2026-01-31T12:00:01.123456789Z")]

    def test_the_window_holds_both_its_ends_to_the_microsecond(self, make: Make) -> None:
        source = make([line(second, str(second)) for second in (0.000499, 0.0005, 0.5, 0.7, 0.700001)])
        window = Window(START + timedelta(microseconds=500), START + timedelta(milliseconds=700))

        assert source.read(LogQuery(window)).events["message"].tolist() == ["0.0005", "0.5", "0.7"]

    def test_an_id_is_a_value_whatever_it_holds(self, make: Make) -> None:
        documents = []
        for kind, hostile in HOSTILE_IDS.items():
            likenesses = (hostile + "x", "x" + hostile, hostile.upper() + "Y")
            documents += [line(1, "another", correlation=other, message_id=other) for other in likenesses]
            documents.append(line(2, kind, correlation=hostile, message_id=hostile, operation="receive", queue=hostile))
        source = make([*documents, line(3, "another", correlation="a b c d e", message_id="harmless")])

        for kind, hostile in HOSTILE_IDS.items():
            assert messages(source, correlation_ids=(hostile, "nobody's")) == [kind]
            assert messages(source, message_ids=(hostile,), operations=(Operation.RECEIVE,)) == [kind]
            assert messages(source, queues=(hostile,)) == [kind]
        assert sorted(messages(source, correlation_ids=tuple(HOSTILE_IDS.values()))) == sorted(HOSTILE_IDS)

    def test_an_event_is_found_by_its_id_whatever_it_holds(self, make: Make) -> None:
        harmless = line(1, correlation="harmless")
        source = make([harmless, *(line(2, correlation=hostile.strip()) for hostile in HOSTILE_IDS.values())])

        for kind, hostile in HOSTILE_IDS.items():
            found = source.find(hostile, WINDOW, limit=5).frame
            assert found["correlation_id"].tolist() == [hostile.strip()], kind
            assert found["matched"].tolist() == ["correlation ID"], kind

    def test_a_queue_of_any_name_is_on_its_route(self, make: Make) -> None:
        names = [name for name in HOSTILE_IDS.values() if len(name.encode()) <= LONGEST_QUEUE_NAME_BYTES]
        source = make([line(1, operation="receive", queue=name) for name in names])

        assert sorted(source.routes(WINDOW).frame["queue"]) == sorted(names)

    def test_documents_that_came_out_of_order_are_put_in_order(self, make: Make) -> None:
        seconds = list(range(50))
        random.Random(7).shuffle(seconds)
        same_instant = [line(60, f"at once {number}", sequence=number, instance="i") for number in (3, 1, 2)]
        source = make([*(line(second, str(second)) for second in seconds), *same_instant])

        assert messages(source) == [*map(str, range(50)), "at once 1", "at once 2", "at once 3"]
        assert messages(source, newest_first=True, limit=2) == ["at once 3", "at once 2"]

    def test_lines_of_one_instant_stand_in_the_order_of_cause(self, make: Make) -> None:
        told = ("settle", "process", "receive", "send")
        source = make([line(1, each, operation=each, message_id="m1", queue="q") for each in told])

        assert messages(source) == ["send", "receive", "process", "settle"]
        assert messages(source, newest_first=True, limit=1) == ["settle"]

    def test_a_document_that_arrived_twice_counts_once(self, make: Make) -> None:
        counted = line(1, "counted", sequence=1, instance="i")
        uncounted = line(2, "uncounted")
        source = make([counted, uncounted, counted, uncounted, line(3, "once")])

        answer = source.read(LogQuery(WINDOW))

        assert answer.events["message"].tolist() == ["counted", "uncounted", "once"]
        assert_counted(answer)

    def test_conditions_join_by_and_and_their_values_by_or(self, make: Make) -> None:
        source = make(
            [
                line(1, "a", operation="receive", queue="q1", routing_key="k", message_id="m1"),
                line(2, "b", operation="process", queue="q2", routing_key="k", message_id="m2"),
                line(3, "c", operation="settle", queue="q1", routing_key="other", message_id="m3"),
                line(4, "d", operation="receive", queue="q1", service="fraud", kubernetes=pod("fraud-1")),
            ]
        )

        assert messages(source, queues=("q1", "q2"), routing_keys=("k",)) == ["a", "b"]
        assert messages(source, queues=("q1",), operations=(Operation.RECEIVE, Operation.SETTLE)) == ["a", "c", "d"]
        assert messages(source, services=("fraud", "payments"), pods=("fraud-1",)) == ["d"]
        assert messages(source, message_ids=("m1", "m3", "m9")) == ["a", "c"]

    def test_how_lines_ended_and_how_letters_died_are_conditions(self, make: Make) -> None:
        source = make(
            [
                line(1, "sent", operation="send", outcome="confirmed"),
                line(2, "lost", operation="send", outcome="unroutable"),
                line(3, "done", operation="settle", outcome="ack"),
                line(4, "again", operation="settle", outcome="requeue"),
                line(5, "refused", operation="settle", outcome="discard"),
                line(6, "dead", operation="receive", death_reason="expired", death_queue="q1"),
            ]
        )

        assert messages(source, outcomes=(Outcome.UNROUTABLE, Outcome.REFUSED)) == ["lost"]
        assert messages(source, outcomes=(Outcome.DISCARD,)) == ["refused"]
        assert messages(source, outcomes=(Outcome.ACK, Outcome.REQUEUE)) == ["done", "again"]
        assert messages(source, death_reasons=("expired", "rejected")) == ["dead"]

    def test_the_messages_that_events_of_a_type_began_with_are_read(self, make: Make) -> None:
        source = make(
            [
                line(1, "first", operation="send", event_type="payment.requested"),
                line(2, "handled", operation="receive", event_type="payment.requested"),
                line(3, "longer", operation="send", event_type="payment.requested.again"),
                line(4, "second", operation="send", event_type="payment.requested"),
                line(5, "another", operation="send", event_type="card.used"),
                line(6, "of no type", operation="send"),
            ]
        )
        sent = {"operations": (Operation.SEND,)}

        assert messages(source, event_types=("payment.requested",), **sent) == ["first", "second"]
        assert messages(source, event_types=("payment.requested", "card.used"), newest_first=True, limit=2, **sent) == [
            "another",
            "second",
        ]
        for hostile in HOSTILE_IDS.values():
            assert messages(source, event_types=(hostile,)) == []

    def test_operations_are_told_apart(self, make: Make) -> None:
        source = make(
            [
                line(1, "heartbeat", action="heartbeat"),
                line(2, "opened", action="channel-opened", queue="q"),
                line(3, "send", operation="send"),
                line(4, "call", **{"span.kind": "client", "rpc.method": "Check"}),
                line(5, "plain"),
            ]
        )

        assert messages(source, operations=(Operation.HEARTBEAT, Operation.CHANNEL_OPENED)) == ["heartbeat", "opened"]
        assert messages(source, operations=(Operation.CALL,)) == ["call"]
        assert messages(source, operations=(Operation.LOG,)) == ["plain"]

    def test_text_is_words_in_any_order_and_case_and_never_syntax(self, make: Make) -> None:
        refused = "Transfer refused: limit exceeded, event payment.requested (limit=500.00 EUR)"
        source = make([line(1, refused), line(2, "transfer accepted"), line(3, None), line(4, "don't OR *")])

        for text in ("LIMIT transfer", "500.00", "payment.requested", "refused: exceeded"):
            assert messages(source, text=text) == [refused], text
        for text in ("refus", "payment", "transfer OR accepted", "lim*", 'message:"x"', "*", "transfer -refused x"):
            assert messages(source, text=text) == [], text

    def test_deliveries_are_asked_for_by_channel_and_tag_whatever_the_channel_is_called(self, make: Make) -> None:
        told = [
            line(tag, f"{channel} {tag}", operation="receive", queue="q", channel=channel, tag=tag)
            for channel in ("c1", "c2", HOSTILE_IDS["query syntax"])
            for tag in range(1, 8)
        ]
        source = make([*told, line(20, "no tag", channel="c1"), line(21, "no channel", tag=2)])

        assert messages(source, deliveries=(TagSpan("c1", 2, 3), TagSpan("c1", 6, 6), TagSpan("c2", 7, 9))) == [
            "c1 2",
            "c1 3",
            "c1 6",
            "c2 7",
        ]
        assert messages(source, deliveries=(TagSpan(HOSTILE_IDS["query syntax"], 1, 1),), queues=("q",)) == [
            f"{HOSTILE_IDS['query syntax']} 1"
        ]
        assert messages(source, deliveries=(TagSpan("c3", 0, 99),)) == []

    def test_a_tally_counts_every_delivery_line_or_says_why_it_cannot(self, make: Make) -> None:
        about = {"queue": "q", "vhost": "/", "channel": "c1"}
        source = make(
            [
                *(line(tag, str(tag), operation="receive", tag=tag, **about) for tag in range(1, 6)),
                *(line(10 + tag, str(tag), operation="settle", tag=tag, **about) for tag in (1, 2, 5)),
                line(20, "no tag", operation="settle", **about),
                line(21, "no channel", operation="process", tag=2, **about | {"channel": None}),
                line(22, "of another queue", operation="receive", tag=6, **about | {"queue": "other"}),
                line(23, "no delivery", operation="send", tag=7, **about),
            ]
        )

        tally = source.tally(LogQuery(WINDOW, queues=("q",), operations=DELIVERY_OPERATIONS))

        assert list(tally.frame.columns) == list(TAG_TALLY_COLUMNS)
        if tally.unusable:
            # An index that cuts channels into words cannot count by them.
            assert "the index cannot count by" in tally.unusable
            return
        assert tally.tag_width == 2
        rows = {tuple("" if pd.isna(each) else each for each in row) for row in tally.frame.to_numpy().tolist()}
        assert rows == {
            ("/", "c1", "receive", 0, 1, 1.0),
            ("/", "c1", "receive", 2, 2, 5.0),
            ("/", "c1", "receive", 4, 2, 9.0),
            ("/", "c1", "settle", 0, 1, 1.0),
            ("/", "c1", "settle", 2, 1, 2.0),
            ("/", "c1", "settle", 4, 1, 5.0),
            ("/", "c1", "settle", "", 1, 0.0),
            ("/", "", "process", 2, 1, 2.0),
        }

    def test_a_process_first_spoke_when_its_first_line_says(self, make: Make) -> None:
        told = {"operation": "receive", "queue": "q", "vhost": "/"}
        source = make(
            [
                line(5, instance="i1", **told),
                line(2.0015, instance="i1", **told),
                line(7, instance="i2", **told),
                line(1, instance="i3", kubernetes=None, **told),
                line(1, **told),
            ]
        )

        answer = source.processes(LogQuery(WINDOW, queues=("q",), operations=DELIVERY_OPERATIONS))

        assert answer.problems == ()
        assert answer.frame[["vhost", "pod", "instance_id"]].to_numpy().tolist() == [
            ["/", "payments-1", "i1"],
            ["/", "payments-1", "i2"],
        ]
        early = pd.Series([pd.Timestamp(at(2.0015)), pd.Timestamp(at(7))]) - answer.frame["first"]
        assert (early >= pd.Timedelta(0)).all()
        assert (early < pd.Timedelta(milliseconds=1)).all()

    def test_freshness_is_each_pods_newest_line_and_its_heartbeats(self, make: Make) -> None:
        source = make(
            [
                line(1, action="heartbeat"),
                line(2, kubernetes=pod("payments-1", "node-b")),
                line(3, kubernetes=pod("payments-2")),
                line(4, service="foreign", kubernetes=None),
            ]
        )

        fresh = source.freshness(WINDOW).frame.set_index("service")

        assert fresh.loc["foreign", "documents"] == 1
        pods = fresh.loc["payments"].set_index("pod")
        assert pods.loc["payments-1", ["node", "documents", "heartbeats"]].tolist() == ["node-b", 2, 1]
        assert pods.loc["payments-1", "newest"] == pd.Timestamp(at(2))
        assert pods.loc["payments-2", ["documents", "heartbeats"]].tolist() == [1, 0]

    def test_activity_counts_by_service_and_level(self, make: Make) -> None:
        source = make([line(1), line(2, level="ERROR"), line(3, level="error"), line(4, service="fraud", level="warn")])

        counts = source.activity(WINDOW).frame

        assert {tuple(row) for row in counts.to_numpy().tolist()} == {
            ("payments", "info", 1),
            ("payments", "error", 2),
            ("fraud", "warning", 1),
        }

    def test_a_route_counts_a_delivery_once_however_many_lines_tell_it(self, make: Make) -> None:
        route = {"vhost": "/", "exchange": "events", "routing_key": "payment.requested", "queue": "payments"}
        told = [line(n, operation=name, **route) for n, name in enumerate(("receive", "receive", "process", "settle"))]
        source = make([*told, line(9, operation="send", **route | {"queue": None})])

        assert source.routes(WINDOW).frame.to_numpy().tolist() == [
            ["/", "events", "payment.requested", "payments", "payments", 2]
        ]

    def test_events_are_found_by_the_strongest_way_and_come_newest_first(self, make: Make) -> None:
        source = make(
            [
                line(1, "about c-100", correlation="c-100", event_type="payment.requested"),
                line(2, "says c-100 in passing", correlation="c-200"),
                line(3, correlation="c-300", message_id="c-100"),
                line(4, "c-100 but of no event"),
                line(5, correlation="d-1", event_type="card.used", service="cards", kubernetes=pod("cards-1")),
            ]
        )

        found = source.find("c-100", WINDOW, limit=10).frame

        assert found[["correlation_id", "matched", "lines"]].to_numpy().tolist() == [
            ["c-300", "message ID", 1],
            ["c-200", "text", 1],
            ["c-100", "correlation ID", 1],
        ]
        assert found["newest"].tolist() == [pd.Timestamp(at(second)) for second in (3, 2, 1)]
        assert source.find("c-", WINDOW, limit=2).frame["correlation_id"].tolist() == ["c-300", "c-200"]
        assert source.find("card.used", WINDOW, limit=5).frame["matched"].tolist() == ["event type"]
        assert source.find("cards", WINDOW, limit=5).frame["matched"].tolist() == ["service"]
        assert len(source.find("nothing like it", WINDOW, limit=5).frame) == 0

    def test_a_line_can_be_read_whole_by_its_document_id(self, make: Make) -> None:
        hostile = '<b>"quoted" \u202e back\\slash {"a": 1}'
        source = make([line(1, hostile, correlation="c", house={"field": "of ours"}), line(2, "another")])
        lines = source.read(LogQuery(WINDOW, correlation_ids=("c",))).events

        raw = source.raw_document(lines["document_id"].iloc[0])

        assert hostile in _texts(json.loads(raw.text))
        assert "another" not in raw.text
        is_whole = "of ours" in raw.text
        # What is not whole says so.
        assert is_whole != any("not the whole document" in problem.what for problem in raw.problems)

    def test_a_line_that_is_gone_is_a_problem_that_says_what_to_do(self, make: Make) -> None:
        source = make([line(1)])
        own = source.read(LogQuery(WINDOW)).events["document_id"].iloc[0]

        for gone in (f"{own}9", "no-such-index/no-such-id", "", "*/*", "../_all/x"):
            raw = source.raw_document(gone)
            assert raw.text == "", gone
            assert raw.problems[0].severity == "error"
            assert raw.problems[0].remedy

    def test_answers_belong_to_the_caller(self, make: Make) -> None:
        source = make([line(1, "as logged")])

        events = source.read(LogQuery(WINDOW)).events
        events.loc[0, "message"] = "changed by the caller"

        assert messages(source) == ["as logged"]

    def test_only_some_columns_may_be_asked_for_and_no_line_is_lost(self, make: Make) -> None:
        documents = [line(1, f"line {number}", correlation="c", queue="q", operation="receive") for number in range(9)]
        source = make(documents)

        answer = source.read(LogQuery(WINDOW, columns=("queue",)))

        assert answer.events["queue"].tolist() == ["q"] * 9
        assert_counted(answer)

    def test_progress_only_grows_and_ends_with_all_lines(self, make: Make) -> None:
        source = make([line(second / 10, str(second), sequence=second, instance="i") for second in range(MANY)])
        told: list[Progress] = []

        answer = source.read(LogQuery(WINDOW), told.append)

        read = [each.lines_read for each in told]
        assert read == sorted(read)
        assert told[-1].lines_read == told[-1].lines_total == answer.documents_read == MANY
        assert all(each.lines_read <= each.lines_total for each in told)
        for outline in {each.outline for each in told} - {None}:
            assert (outline.lines, outline.first) == (MANY, pd.Timestamp(at(0)))
            assert outline.services in ((("payments", MANY),), ())

    def test_what_progress_is_told_to_may_end_the_reading(self, make: Make) -> None:
        source = make([line(1, "x")])

        def enough(progress: Progress) -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            source.read(LogQuery(WINDOW), enough)

    def test_something_unknown_is_a_problem_that_says_what_to_do(self, subject: LogSubject) -> None:
        assert_nothing_but_a_problem(subject.unknown())

    def test_wrong_credentials_are_a_problem_that_says_what_to_do(self, subject: LogSubject) -> None:
        problem = assert_nothing_but_a_problem(subject.wrong_credentials())

        assert "credentials" in problem.what

    def test_a_server_that_is_down_is_a_problem_that_says_what_to_do(self, subject: LogSubject) -> None:
        source = subject.down()

        assert_nothing_but_a_problem(source)
        assert not source.check(WINDOW).reachable

    def test_a_server_that_does_not_answer_is_a_problem_within_the_time_allowed(self, subject: LogSubject) -> None:
        source = subject.silent()
        began = time.monotonic()

        answer = source.read(LogQuery(WINDOW))

        assert time.monotonic() - began < ALLOWED_SECONDS
        assert "in time" in answer.problems[0].what
