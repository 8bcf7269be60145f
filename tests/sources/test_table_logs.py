"""What file sources answer from a table in memory."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventrail.model.answers import LogQuery
from eventrail.model.events import Operation, as_events
from eventrail.model.window import Window
from eventrail.sources.table_logs import LogTable, words

NOON = pd.Timestamp("2026-01-31T12:00:00Z")
DAY = Window(NOON.to_pydatetime() - pd.Timedelta(hours=12), NOON.to_pydatetime() + pd.Timedelta(hours=12))


def line(seconds: float, **columns: Any) -> dict[str, Any]:
    return {
        "time": NOON + pd.Timedelta(seconds=seconds),
        "operation": "log",
        "service": "payments",
        "pod": "payments-1",
        **columns,
    }


def table(*lines: dict[str, Any]) -> LogTable:
    return LogTable.of(as_events(pd.DataFrame(list(lines))))


def messages(logs: LogTable, **conditions: Any) -> list[str]:
    return logs.read(LogQuery(DAY, **conditions)).events["message"].tolist()


def test_lines_come_by_time_then_by_the_process_own_counter() -> None:
    logs = table(
        line(2, message="third"),
        line(1, message="second", sequence=8),
        line(1, message="first", sequence=7),
        line(1, message="uncounted lines come last at their instant"),
    )

    ordered = ["first", "second", "uncounted lines come last at their instant", "third"]
    assert messages(logs) == ordered
    assert messages(logs, newest_first=True) == ordered[::-1]


def test_the_window_includes_both_its_ends_to_the_microsecond() -> None:
    logs = table(line(0, message="at"), line(1e-6, message="just after"), line(-1e-6, message="just before"))
    instant = Window(NOON.to_pydatetime(), NOON.to_pydatetime())

    assert logs.read(LogQuery(instant)).events["message"].tolist() == ["at"]


def test_conditions_join_by_and_and_their_values_by_or() -> None:
    logs = table(
        line(1, message="a", queue="q1", operation="receive"),
        line(2, message="b", queue="q2", operation="receive"),
        line(3, message="c", queue="q1", operation="settle"),
        line(4, message="d", queue="q3", operation="receive"),
    )

    assert messages(logs, queues=("q1", "q2"), operations=(Operation.RECEIVE,)) == ["a", "b"]


def test_a_line_that_the_shipper_sent_twice_counts_once() -> None:
    counted = line(1, message="counted", instance_id="i1", sequence=1)
    uncounted = line(2, message="uncounted")
    logs = table(counted, uncounted, counted | {"document_id": "elsewhere"}, uncounted)

    answer = logs.read(LogQuery(DAY))

    assert answer.events["message"].tolist() == ["counted", "uncounted"]
    assert (answer.documents_read, answer.duplicates, answer.set_aside) == (4, 2, 0)


def test_lines_that_differ_in_anything_at_one_instant_are_not_repetitions() -> None:
    logs = table(line(1, message="a"), line(1, message="b"), line(1, message="a", pod="payments-2"))

    assert sorted(messages(logs)) == ["a", "a", "b"]


def test_a_limit_keeps_the_wanted_end_and_says_that_more_matched() -> None:
    logs = table(*(line(second, message=str(second)) for second in range(5)))

    oldest = logs.read(LogQuery(DAY, limit=2))
    newest = logs.read(LogQuery(DAY, limit=2, newest_first=True))

    assert oldest.events["message"].tolist() == ["0", "1"]
    assert newest.events["message"].tolist() == ["4", "3"]
    assert oldest.truncated
    assert newest.truncated
    assert not logs.read(LogQuery(DAY, limit=5)).truncated
    assert oldest.documents_read == 2


def test_rows_set_aside_stay_counted_in_every_answer() -> None:
    logs = LogTable.of(as_events(pd.DataFrame([line(1)])), set_aside=3)

    answer = logs.read(LogQuery(DAY, services=("nobody",)))

    assert (len(answer.events), answer.documents_read, answer.set_aside) == (0, 3, 3)


def test_text_is_words_in_any_order_and_never_syntax() -> None:
    logs = table(
        line(1, message="Transfer refused: limit exceeded (limit=500.00 EUR)"),
        line(2, message="transfer accepted"),
        line(3, message=None),
    )

    assert messages(logs, text="LIMIT transfer") == ["Transfer refused: limit exceeded (limit=500.00 EUR)"]
    assert messages(logs, text="500.00") == ["Transfer refused: limit exceeded (limit=500.00 EUR)"]
    assert messages(logs, text="trans") == [], "a part of a word is not the word"
    assert messages(logs, text=".*") == []
    assert messages(logs, text="transfer OR limit") == [], "OR is a word like any other"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payment.requested", {"payment.requested"}),
        ("took 1.5s, id=42", {"took", "1.5s", "id", "42"}),
        ("don't stop.", {"don't", "stop"}),
        ("über snake_case", {"über", "snake_case"}),
        ("処理 Überweisung", {"処", "理", "überweisung"}),
        ("{*}", set()),
    ],
)
def test_words_are_cut_as_the_standard_analyser_cuts_them(text: str, expected: set[str]) -> None:
    assert words(text) == expected


def test_freshness_names_the_node_of_each_pods_newest_line_and_counts_its_heartbeats() -> None:
    logs = table(
        line(1, node="node-a", operation="heartbeat"),
        line(2, node="node-b"),
        line(3, pod="payments-2", node="node-a"),
        line(4, service="foreign", pod=None),
    )

    fresh = logs.freshness(DAY).frame.set_index(["service", "pod"])

    moved = fresh.loc[("payments", "payments-1")]
    assert (moved["node"], moved["documents"], moved["heartbeats"]) == ("node-b", 2, 1)
    assert moved["newest"] == NOON + pd.Timedelta(seconds=2)
    assert fresh["heartbeats"].sum() == 1
    assert len(fresh) == 3, "lines without a pod go by their service"


def test_activity_counts_lines_by_service_and_level() -> None:
    logs = table(line(1, level="info"), line(2, level="error"), line(3, level="info"), line(4))

    counts = logs.activity(DAY).frame

    assert counts.fillna({"level": "none"}).to_numpy().tolist() == [
        ["payments", "error", 1],
        ["payments", "info", 2],
        ["payments", "none", 1],
    ]


def test_a_delivery_that_is_received_handled_and_settled_is_one_delivery_of_its_route() -> None:
    route = {"vhost": "/", "exchange": "events", "routing_key": "payment.requested", "queue": "payments"}
    logs = table(
        line(1, operation="receive", **route),
        line(2, operation="receive", **route),
        line(3, operation="process", **route),
        line(4, operation="settle", **route),
        line(5, operation="send", **route | {"queue": None}),
    )

    assert logs.routes(DAY).frame.to_numpy().tolist() == [
        ["/", "events", "payment.requested", "payments", "payments", 2]
    ]


def test_find_says_how_an_event_was_found_by_the_strongest_way() -> None:
    logs = table(
        line(1, correlation_id="c-100", message="the c-100 line", event_type="payment.requested"),
        line(2, correlation_id="c-200", message="says c-100 in passing"),
        line(3, correlation_id="c-300", message_id="c-100"),
        line(4, message="c-100 but of no event"),
    )

    found = logs.find("c-100", DAY, limit=10).frame

    assert found[["correlation_id", "matched", "lines"]].to_numpy().tolist() == [
        ["c-300", "message ID", 1],
        ["c-200", "text", 1],
        ["c-100", "correlation ID", 1],
    ]
    assert logs.find("c-", DAY, limit=1).frame["correlation_id"].tolist() == ["c-300"]
    assert logs.find("payment.requested", DAY, limit=9).frame["matched"].tolist() == ["event type"]
    assert len(logs.find("  ", DAY, limit=9).frame) == 0


def test_an_empty_table_answers_everything_with_nothing() -> None:
    logs = LogTable.of(as_events({}))

    assert len(logs.read(LogQuery(DAY, text="x")).events) == 0
    for summary in (logs.freshness(DAY), logs.activity(DAY), logs.routes(DAY), logs.find("x", DAY, 5)):
        assert len(summary.frame) == 0


def test_answers_belong_to_the_caller_and_leave_the_source_as_it_was() -> None:
    logs = table(line(1, message="as logged"))

    events = logs.read(LogQuery(DAY)).events
    events.loc[0, "message"] = "changed by the caller"

    assert messages(logs) == ["as logged"]
    assert not np.any(logs.repeated)
