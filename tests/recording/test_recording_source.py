"""A recording answers as the servers it was made from, opens at its mark, and is loaded once."""

import os
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from eventrail.configuration import Configuration
from eventrail.errors import RecordingError, UsageError
from eventrail.model.answers import LogQuery, MetricRequest
from eventrail.model.window import Window
from eventrail.recording import reading
from eventrail.recording.contents import Recording
from eventrail.recording.writing import write_recording
from eventrail.sources import recording as adapter
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources
from eventrail.sources.recording import open_recording
from eventrail.testing.builders import START
from tests.recording.story import CREATED, ODD_ID, OPENING, WINDOW, recording, story


@pytest.fixture
def path(tmp_path: Path) -> Path:
    kept = tmp_path / "hung.eventrail"
    write_recording(recording(), kept)
    return kept


@pytest.fixture
def sources(path: Path) -> Sources:
    return open_sources(f"recording:{path}", Configuration())


def test_it_opens_at_its_mark_and_holds_its_window(sources: Sources) -> None:
    assert (sources.opening, sources.extent) == (OPENING, WINDOW)
    assert sources.description == "recording hung.eventrail: payments-2 hangs"
    assert sources.broker is None


def test_without_a_mark_it_opens_at_its_end(tmp_path: Path) -> None:
    write_recording(Recording(WINDOW, CREATED, story().events()), tmp_path / "plain.eventrail")

    assert open_recording(tmp_path / "plain.eventrail").opening == WINDOW.end


def test_log_questions_are_answered_with_the_problems_met_while_recording(sources: Sources) -> None:
    assert sources.logs is not None
    answer = sources.logs.read(LogQuery(WINDOW, correlation_ids=(ODD_ID,)))

    assert list(answer.events["operation"]) == ["send", "receive", "process", "log"]
    assert [problem.what for problem in answer.problems] == ["when recorded: came 3 s late"]
    assert list(sources.logs.find("c1", WINDOW, 10).frame["correlation_id"]) == ["c1"]
    assert set(sources.logs.freshness(WINDOW).frame["pod"]) >= {"payments-2", "receipts-2"}
    assert set(sources.logs.routes(WINDOW).frame["queue"]) == {"payments", "receipts"}
    assert sources.logs.activity(WINDOW).frame["documents"].sum() == len(story().events())


def test_metric_questions_are_answered_for_the_window_and_labels_asked(sources: Sources) -> None:
    assert sources.metrics is not None
    half = Window(START, START + timedelta(seconds=20))
    unacked, other, load, unheard = sources.metrics.read(
        [
            MetricRequest("queue_messages_unacked", half),
            MetricRequest("queue_messages_unacked", WINDOW, {"queue": ("receipts",)}),
            MetricRequest("node_load1", WINDOW),
            MetricRequest("queue_consumers", WINDOW),
        ]
    )

    assert list(unacked.frame["value"]) == [0.0, 1.0]
    assert unacked.generation == "detailed"
    assert other.frame.empty
    assert [problem.what for problem in load.problems] == ["when recorded: node_load1 was not answered within 20 s"]
    assert list(unheard.frame.columns[:2]) == ["time", "value"]
    assert "queue" in unheard.frame.columns
    assert "queue_consumers was not recorded" in str(unheard.problems[0])


def test_health_is_told_with_what_the_file_holds(sources: Sources) -> None:
    assert sources.logs is not None
    assert sources.metrics is not None

    logs, metrics = sources.logs.check(WINDOW), sources.metrics.check(WINDOW)

    assert (logs.reachable, logs.version) == (True, "recording format 3")
    assert dict(logs.details)["log lines"] == str(len(story().events()))
    assert dict(logs.details)["recorded from"] == "Elasticsearch, Prometheus"
    assert dict(metrics.details) == {"queue_messages_unacked": "detailed", "node_load1": "no answer"}


def test_a_recording_without_metrics_says_so(tmp_path: Path) -> None:
    write_recording(Recording(WINDOW, CREATED, story().events()), tmp_path / "plain.eventrail")
    metrics = open_recording(tmp_path / "plain.eventrail").metrics
    assert metrics is not None

    answer = metrics.read([MetricRequest("queue_messages_unacked", WINDOW)])[0]

    assert "made without metrics" in str(answer.problems[0])
    assert "made without metrics" in str(metrics.check(WINDOW).problems[0])


def test_a_file_is_loaded_once_until_it_changes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[Path] = []

    def counted(path: Path) -> Recording:
        loads.append(path)
        return reading.read_recording(path)

    monkeypatch.setattr(adapter, "read_recording", counted)

    for _ in range(3):
        open_recording(path)
    assert loads == [path]

    write_recording(Recording(WINDOW, CREATED, story().events().head(3)), path)
    os.utime(path, ns=(0, 0))
    changed = open_recording(path).logs
    assert changed is not None
    assert len(changed.read(LogQuery(WINDOW)).events) == 3
    assert loads == [path, path]


def test_what_a_caller_does_to_an_answer_stays_with_it(sources: Sources) -> None:
    assert sources.logs is not None
    answer = sources.logs.read(LogQuery(WINDOW)).events
    answer["service"] = "changed"
    answer.iloc[0, 0] = pd.Timestamp(0, tz="UTC")

    again = sources.logs.read(LogQuery(WINDOW)).events
    assert "changed" not in set(again["service"])
    assert again["time"].min() == pd.Timestamp(START)


@pytest.mark.parametrize("spec", ["", "recording", "recording:", "jsonl:", "elasticsearch", "live:x", "\x1b[2J"])
def test_another_source_is_refused_with_the_forms_there_are(spec: str) -> None:
    with pytest.raises(UsageError, match=r"give live, recording:FILE or jsonl:FILE\[\.gz\]") as refusal:
        open_sources(spec, Configuration())
    assert "\x1b" not in str(refusal.value)


def test_a_file_that_is_no_recording_is_refused_each_time(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"hello")
    for _ in range(2):
        with pytest.raises(RecordingError, match="is not a recording"):
            open_sources(f"recording:{tmp_path / 'x'}", Configuration())
