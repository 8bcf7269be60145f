"""Making a recording: all lines of the window once, all queries of the catalogue, or nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from eventrail.errors import SourceUnavailableError, UsageError
from eventrail.model.answers import LogAnswer, LogQuery, MetricAnswer, MetricRequest
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.progress import OnProgress
from eventrail.model.window import Window
from eventrail.recording.reading import read_recording
from eventrail.recording.record import record
from eventrail.recording.writing import write_recording
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import LogSource, MetricSource, Sources
from eventrail.sources.recording import RecordedMetrics, open_recording
from eventrail.testing.builders import START, EventBook
from queries.catalogue import catalogue
from tests.recording.story import CREATED, OPENING, WINDOW, recording

OUTAGE = Problem("Elasticsearch", "did not answer within 20 s", "see whether it runs", "error")


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """Sources to record from: a recording, asked as if it were servers, which hold more than one window."""
    path = tmp_path / "origin.eventrail"
    write_recording(recording(), path)
    return replace(open_recording(path), extent=None)


def long_story() -> EventBook:
    """Lines on both sides of every whole minute, and exactly on it, for ten minutes."""
    book = EventBook()
    for minute in range(11):
        for nanoseconds in (-1, 0, 1):
            at = pd.Timestamp(START) + pd.Timedelta(minutes=minute) + pd.Timedelta(nanoseconds, unit="ns")
            book.log(at, f"{minute} {nanoseconds}", pod="orders-1")
    return book


def test_a_recording_of_a_recording_holds_the_same(sources: Sources, tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    path = tmp_path / "copy.eventrail"

    made = record(
        sources,
        WINDOW,
        path,
        created_at=CREATED,
        opening=OPENING,
        description="copied",
        progress=lambda part, doing: told.append((part, doing)),
    )

    copy, origin = read_recording(path), read_recording(tmp_path / "origin.eventrail")
    columns = [name for name in copy.events if name != "document_id"]
    pd.testing.assert_frame_equal(copy.events[columns], origin.events[columns])
    assert set(copy.metrics) == set(catalogue())
    copied, kept = copy.metrics["queue_messages_unacked"].frame, origin.metrics["queue_messages_unacked"].frame
    pd.testing.assert_frame_equal(copied[kept.columns], kept)
    # Labels that the query has and the older recording does not are there, and missing.
    assert copied.drop(columns=kept.columns).isna().all(axis=None)
    assert (copy.opening, copy.description, copy.window) == (OPENING, "copied", WINDOW)
    assert made.size_bytes == path.stat().st_size
    assert (made.log_lines, made.samples) == (len(origin.events), 4)
    assert [part for part, _ in told] == sorted(part for part, _ in told)
    assert told[-1] == (1.0, "done")


def test_lines_where_two_parts_meet_are_kept_once(tmp_path: Path) -> None:
    events = long_story().events()
    window = Window(START, START + timedelta(minutes=10))
    write_recording(replace(recording(), events=events, window=window, opening=None), tmp_path / "origin.eventrail")
    endless = replace(open_recording(tmp_path / "origin.eventrail"), extent=None)

    record(endless, window, tmp_path / "copy.eventrail", created_at=CREATED)

    kept = read_recording(tmp_path / "copy.eventrail").events["message"]
    # All but the nanosecond before the window and the one after it.
    assert sorted(kept) == sorted(set(events["message"]) - {"0 -1", "10 1"})


@dataclass(frozen=True, slots=True)
class FailingAfter(FileLogs):
    """Logs that stop answering in the middle."""

    until: pd.Timestamp

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        if pd.Timestamp(query.window.end) > self.until:
            return LogAnswer(empty_events(), (OUTAGE,))
        return FileLogs.read(self, query)


def failing(logs: LogSource | None, until: pd.Timestamp) -> FailingAfter:
    assert isinstance(logs, FileLogs)
    return FailingAfter(logs.name, logs.file_name, logs.version, logs.facts, logs.table, until)


def test_logs_that_stop_answering_leave_no_half_recording(sources: Sources, tmp_path: Path) -> None:
    broken = replace(sources, logs=failing(sources.logs, pd.Timestamp(START) + pd.Timedelta("70s")))
    before = sorted(tmp_path.iterdir())

    with pytest.raises(SourceUnavailableError, match=r"did not answer within 20 s.*nothing was written"):
        record(broken, Window(START, START + timedelta(minutes=3)), tmp_path / "x.eventrail", created_at=CREATED)
    assert sorted(tmp_path.iterdir()) == before


@dataclass(frozen=True, slots=True)
class Silent(RecordedMetrics):
    """Metrics that are down, for all queries but those in `answering`."""

    answering: tuple[str, ...] = ()

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        answers = RecordedMetrics.read(self, requests)
        return tuple(
            answer if answer.request.name in self.answering else replace(answer, problems=(OUTAGE,))
            for answer in answers
        )


def silent(metrics: MetricSource | None, *answering: str) -> Silent:
    assert isinstance(metrics, RecordedMetrics)
    return Silent(metrics.file_name, metrics.metrics, metrics.extent, answering)


def test_metrics_that_are_down_leave_no_recording_without_them(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="nothing was written"):
        record(replace(sources, metrics=silent(sources.metrics)), WINDOW, tmp_path / "x", created_at=CREATED)
    assert not (tmp_path / "x").exists()


def test_one_query_that_fails_is_recorded_as_a_problem(sources: Sources, tmp_path: Path) -> None:
    partly = replace(sources, metrics=silent(sources.metrics, "queue_messages_unacked"))

    made = record(partly, WINDOW, tmp_path / "x", created_at=CREATED)

    assert OUTAGE in made.problems
    kept = read_recording(tmp_path / "x").metrics["queue_messages_ready"]
    assert "when recorded: did not answer" in str(kept.problems[0])


def test_a_team_without_metrics_can_record_its_logs(sources: Sources, tmp_path: Path) -> None:
    record(replace(sources, metrics=None), WINDOW, tmp_path / "x", created_at=CREATED)

    assert read_recording(tmp_path / "x").metrics == {}


def test_what_cannot_be_recorded_is_refused_before_anything_is_read(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs logs"):
        record(replace(sources, logs=None), WINDOW, tmp_path / "x", created_at=CREATED)
    with pytest.raises(UsageError, match="outside its window"):
        record(sources, WINDOW, tmp_path / "x", created_at=CREATED, opening=START - timedelta(seconds=1))
