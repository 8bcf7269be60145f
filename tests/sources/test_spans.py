"""A file of spans beside log lines: what each span tells, and what is refused, left out or counted."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eventrail.errors import SourceUnavailableError, UsageError
from eventrail.model.answers import LogAnswer, LogQuery
from eventrail.model.window import Window
from eventrail.sources.jsonl import open_jsonl
from eventrail.sources.ports import Sources
from eventrail.sources.spans import with_spans

NEZHA = Path(__file__).parents[1] / "data/nezha"
SECOND = 1_769_850_000 * 10**9
MILLISECOND = 10**6
WINDOW = Window(datetime(2026, 1, 31, 8, tzinfo=UTC), datetime(2026, 1, 31, 10, tzinfo=UTC))


def span(name: str, operation: str, start_ms: float, took_ms: float, **columns: Any) -> dict[str, Any]:
    """A span of event c1 that began so long after nine o'clock."""
    start = SECOND + round(start_ms * MILLISECOND)
    return {
        "trace_id": "c1",
        "span_id": name,
        "parent_span_id": None,
        "service": "payments",
        "pod": "payments-1",
        "operation": operation,
        "span_kind": None,
        "messaging_kind": None,
        "error_type": None,
        "start_ns": start,
        "end_ns": start + round(took_ms * MILLISECOND),
        **columns,
    }


def consumed(name: str, start_ms: float, took_ms: float, **columns: Any) -> dict[str, Any]:
    """A span of a consumer of the queue payments, of the message that span "sent" published."""
    stated = {"parent_span_id": "sent", "messaging_kind": "consumer", **columns}
    return span(name, "payments process", start_ms, took_ms, **stated)


def beside(folder: Path, spans: list[dict[str, Any]], lines: list[dict[str, Any]] | None = None) -> Sources:
    """A log file, of one line unless given, and the spans beside it."""
    logs = folder / "lines.jsonl"
    written = lines or [{"@timestamp": "2026-01-31T09:00:01Z", "message": "a line", "correlation_id": "c1"}]
    logs.write_text("".join(json.dumps(line) + "\n" for line in written), encoding="utf-8")
    path = folder / "spans.parquet"
    pq.write_table(pa.Table.from_pylist(spans), path)
    return with_spans(open_jsonl(logs), path)


def read(sources: Sources, **asked: Any) -> LogAnswer:
    assert sources.logs is not None
    answer = sources.logs.read(LogQuery(WINDOW, **{"correlation_ids": ("c1",), **asked}))
    assert answer.documents_read == len(answer.events) + answer.duplicates + answer.set_aside
    return answer


def told(sources: Sources) -> list[tuple[str, float, str]]:
    """Operation, milliseconds after nine and span of what spans tell of event c1."""
    events = read(sources).events
    events = events[events["span_id"].notna()]
    after = (events["time"] - pd.Timestamp(SECOND, tz="UTC")).dt.total_seconds() * 1000
    return list(zip(events["operation"], after.round(3), events["span_id"], strict=True))


def test_each_kind_of_span_tells_what_a_line_would_have_told(tmp_path: Path) -> None:
    sources = beside(
        tmp_path,
        [
            span("in", "POST /orders", 1, 9, span_kind="SPAN_KIND_SERVER"),
            span("sent", "orders send", 2, 0.2, span_kind="PRODUCER", parent_span_id="in"),
            span("out", "GET /limits", 3, 4, span_kind="client", error_type="TimeoutError", parent_span_id="in"),
            span("inside", "SELECT accounts", 3.5, 1, span_kind="INTERNAL", parent_span_id="in"),
            consumed("got", 5, 2, span_kind="consumer"),
        ],
    )

    assert told(sources) == [
        *(("send", 2.0, "sent"), ("work", 3.5, "inside"), ("process", 5.0, "got")),
        *(("call", 7.0, "out"), ("settle", 7.0, "got"), ("call", 10.0, "in")),
    ]
    events = read(sources).events.set_index("document_id")
    call = events.loc["span out call"]
    assert (call["outcome"], call["error_type"], call["span_kind"]) == ("error", "TimeoutError", "client")
    assert (call["call_method"], call["duration_seconds"]) == ("GET /limits", 0.004)
    assert events.loc["span sent send", "exchange"] == "orders"
    assert events.loc["span got settle", "queue"] == "payments"
    assert pd.isna(events.loc["span got settle", "outcome"])
    assert events.loc["span inside work", ["call_method", "duration_seconds"]].tolist() == ["SELECT accounts", 0.001]


@pytest.mark.parametrize("name", ["payments process", "process payments"])
def test_the_queue_is_read_from_both_ways_to_name_a_span(tmp_path: Path, name: str) -> None:
    sources = beside(tmp_path, [consumed("got", 5, 2) | {"operation": name}])

    assert read(sources).events["queue"].dropna().unique().tolist() == ["payments"]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param(
            [consumed("arrived", 5, 0.07), consumed("handled", 5, 13)],
            [("receive", 5.0, "arrived"), ("process", 5.0, "handled"), ("settle", 18.0, "handled")],
            id="one begins as the other does",
        ),
        pytest.param(
            [consumed("handled", 18, 6), consumed("arrived", 5, 0.07)],
            [("receive", 5.0, "arrived"), ("process", 18.0, "handled"), ("settle", 24.0, "handled")],
            id="the handling follows when the handler is free",
        ),
        pytest.param(
            [consumed("outer", 5, 20), consumed("inner", 6, 3)],
            [("receive", 5.0, "inner"), ("process", 5.0, "outer"), ("settle", 25.0, "outer")],
            id="one lies within the other",
        ),
        pytest.param(
            [consumed("a1", 5, 0.1), consumed("h1", 6, 9), consumed("a2", 30, 0.1), consumed("h2", 31, 1)],
            [
                *(("receive", 5.0, "a1"), ("process", 6.0, "h1"), ("settle", 15.0, "h1")),
                *(("receive", 30.0, "a2"), ("process", 31.0, "h2"), ("settle", 32.0, "h2")),
            ],
            id="a redelivery has two spans again",
        ),
        pytest.param(
            [consumed("first", 5, 20), consumed("again", 30, 20)],
            [
                *(("process", 5.0, "first"), ("settle", 25.0, "first")),
                *(("process", 30.0, "again"), ("settle", 50.0, "again")),
            ],
            id="one that was handled and came again is delivered twice",
        ),
        pytest.param(
            [consumed("failed", 5, 0.1, error_type="ValueError"), consumed("again", 30, 0.2)],
            [
                *(("process", 5.0, "failed"), ("settle", 5.1, "failed")),
                *(("process", 30.0, "again"), ("settle", 30.2, "again")),
            ],
            id="one that failed at once and came again is delivered twice",
        ),
        pytest.param(
            [
                *(consumed("first", 5, 1), span("look-up", "find", 5.2, 0.5, parent_span_id="first")),
                *(consumed("again", 8, 2), span("write", "save", 8.5, 1, parent_span_id="again")),
            ],
            [
                *(("process", 5.0, "first"), ("work", 5.2, "look-up"), ("settle", 6.0, "first")),
                *(("process", 8.0, "again"), ("work", 8.5, "write"), ("settle", 10.0, "again")),
            ],
            id="two handlers that worked are two deliveries, even 3 ms apart",
        ),
        pytest.param(
            [
                *(consumed("arrived", 5, 1), consumed("handled", 8, 2)),
                span("write", "save", 8.5, 1, parent_span_id="handled"),
            ],
            [
                *(("receive", 5.0, "arrived"), ("process", 8.0, "handled")),
                *(("work", 8.5, "write"), ("settle", 10.0, "handled")),
            ],
            id="one that did nothing 3 ms before the one that worked is its arrival",
        ),
        pytest.param(
            [consumed("here", 5, 0.1), consumed("there", 6, 20, pod="payments-2")],
            [
                *(("process", 5.0, "here"), ("settle", 5.1, "here")),
                *(("process", 6.0, "there"), ("settle", 26.0, "there")),
            ],
            id="two pods have two deliveries",
        ),
        pytest.param(
            [consumed("arrived", 5, 0.1) | {"operation": "payments receive"}, consumed("handled", 9, 1)],
            [("receive", 5.0, "arrived"), ("process", 9.0, "handled"), ("settle", 10.0, "handled")],
            id="a span that says it is the arrival needs no guess",
        ),
    ],
)
def test_spans_of_one_delivery_are_one_delivery(
    tmp_path: Path, spans: list[dict[str, Any]], expected: list[tuple[str, float, str]]
) -> None:
    assert told(beside(tmp_path, spans)) == expected


def test_every_message_of_the_foreign_data_is_delivered_once() -> None:
    sources = with_spans(open_jsonl(NEZHA / "events.jsonl.gz"), NEZHA / "events.spans.parquet")
    truth = json.loads((NEZHA / "events.messages.json").read_text(encoding="ascii"))
    assert sources.logs is not None
    assert sources.extent is not None

    events = sources.logs.read(LogQuery(sources.extent, correlation_ids=tuple(truth))).events

    for event, message in truth.items():
        rows = events[(events["correlation_id"] == event) & ~events["operation"].isin(["log", "work"])]
        assert rows["operation"].tolist() == ["send", "receive", "process", "settle"]
        instants = [rows["time"].iloc[position].value for position in (0, 2, 3)]
        assert instants == [message["publish_ns"], message["consume_start_ns"], message["consume_end_ns"]]
        assert rows["pod"].tolist() == [message["producer_pod"], *[message["consumer_pod"]] * 3]
        assert rows["queue"].iloc[3] == message["queue"]


def test_lines_and_spans_come_in_one_order_and_as_many_as_asked_for(tmp_path: Path) -> None:
    lines = [
        {"@timestamp": f"2026-01-31T09:00:00.00{at}Z", "message": f"line {at}", "correlation_id": "c1"} for at in (1, 4)
    ]
    sources = beside(tmp_path, [span("a", "first work", 0.5, 1), span("b", "second work", 3, 1)], lines)

    def said(**asked: Any) -> list[str]:
        return read(sources, **asked).events["message"].tolist()

    assert said() == ["first work", "line 1", "second work", "line 4"]
    assert said(newest_first=True) == ["line 4", "second work", "line 1", "first work"]
    assert said(newest_first=True, limit=2) == ["line 4", "second work"]
    assert said(limit=3) == ["first work", "line 1", "second work"]
    assert read(sources, limit=3).truncated
    assert said(text="work") == ["first work", "second work"]
    assert said(correlation_ids=()) == ["line 1", "line 4"]


def test_what_is_odd_is_counted_and_said(tmp_path: Path) -> None:
    backwards = span("b", "work", 5, -2)
    answer = read(
        beside(
            tmp_path,
            [
                *(span("a", "work", 1, 1), span("a", "work", 1, 1), span("", "work", 1, 1), backwards),
                *(consumed("arrived", 5, 0.07), consumed("handled", 5, 13)),
            ],
        )
    )

    assert [(problem.severity, problem.what.split(" and ")[0]) for problem in answer.problems] == [
        ("warning", "1 spans have no ID or no start"),
        ("warning", "1 spans end before they begin"),
        ("info", "1 deliveries have two spans in their consumer: counted once, the shorter as the arrival"),
    ]
    assert (answer.set_aside, answer.duplicates) == (1, 1)
    rows = answer.events.set_index("document_id")
    assert rows.loc["span b work", "duration_seconds"] == 0.0


def test_a_file_opens_at_its_newest_line_or_span(tmp_path: Path) -> None:
    sources = beside(tmp_path, [span("a", "work", -500, 100), span("b", "work", 1_500, 1_000)])

    assert sources.extent == Window(
        datetime(2026, 1, 31, 8, 59, 59, 500_000, tzinfo=UTC), datetime(2026, 1, 31, 9, 0, 2, 500_000, tzinfo=UTC)
    )
    assert sources.opening == sources.extent.end
    assert sources.logs is not None
    assert ("spans", "2 in spans.parquet") in sources.logs.check(WINDOW).details


def test_spans_show_life_where_no_heartbeat_does(tmp_path: Path) -> None:
    line = {"@timestamp": "2026-01-31T09:00:01Z", "message": "a line", "correlation_id": "c1", "service": "payments"}
    beat = line | {"pod": "payments-2", "action": "heartbeat"}
    spans = [span(f"s{number}", "work", 2_000, 500, pod=f"payments-{number}") for number in (1, 2, 3)]
    sources = beside(tmp_path, spans, [line | {"pod": "payments-1"}, beat])
    assert sources.logs is not None

    pods = sources.logs.freshness(WINDOW).frame.set_index("pod")

    newest = ((pods["newest"] - pd.Timestamp(SECOND, tz="UTC")).dt.total_seconds()).to_dict()
    assert newest == {"payments-1": 2.5, "payments-2": 1.0, "payments-3": 2.5}
    assert pods["documents"].to_dict() == {"payments-1": 1, "payments-2": 1, "payments-3": 0}


def test_durations_may_stand_for_ends(tmp_path: Path) -> None:
    without_end = {name: value for name, value in consumed("got", 5, 2).items() if name != "end_ns"}

    assert told(beside(tmp_path, [without_end | {"duration_us": 2_000}])) == [
        *(("process", 5.0, "got"), ("settle", 7.0, "got")),
    ]


def test_a_span_that_has_not_ended_leaves_its_delivery_open(tmp_path: Path) -> None:
    assert told(beside(tmp_path, [consumed("got", 5, 2) | {"end_ns": None}])) == [("process", 5.0, "got")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no parquet", "spans.parquet: cannot be read as a Parquet file of spans ("),
        (
            [{"trace_id": "c1", "start_ns": 1}],
            "has no column span_id, end_ns or duration_us, which spans need (docs/spans.md); it has trace_id",
        ),
        ([span("a", "x", 1, 1) | {"start_ns": "early"}], "cannot be read as a Parquet file of spans ("),
    ],
)
def test_what_is_no_file_of_spans_is_refused_in_one_line(
    tmp_path: Path, content: bytes | list[dict[str, Any]], said: str
) -> None:
    path = tmp_path / "spans.parquet"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        pq.write_table(pa.Table.from_pylist(content), path)

    with pytest.raises(SourceUnavailableError, match=r"^[^\n]+$") as refused:
        with_spans(open_jsonl(NEZHA / "logs.jsonl.gz"), path)

    assert said in str(refused.value)


def test_a_file_that_is_gone_later_costs_its_part_of_the_answer(tmp_path: Path) -> None:
    sources = beside(tmp_path, [span("a", "work", 1, 1)])
    (tmp_path / "spans.parquet").unlink()

    answer = read(sources)

    assert answer.events["message"].tolist() == ["a line"]
    assert [problem.severity for problem in answer.problems] == ["error"]


def test_spans_stand_beside_lines_never_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no log source"):
        with_spans(Sources(None, None, None, "nothing"), tmp_path / "spans.parquet")
