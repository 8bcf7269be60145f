"""Recordings and plain log files are held to the contract of log sources, as the servers are."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from eventrail.model.events import empty_events
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.recording.writing import write_recording
from eventrail.sources.documents import convert, field_map
from eventrail.sources.jsonl import open_jsonl
from eventrail.sources.ports import LogSource, MetricSource, Sources
from eventrail.sources.recording import open_recording
from eventrail.sources.spans import with_spans
from queries.catalogue import catalogue
from tests.contract.documents import WINDOW
from tests.contract.log_source_contract import LogSourceContract
from tests.contract.metric_source_contract import HOUR, MetricSourceContract
from tests.contract.subjects import Document, FileTroubles

NEZHA_SPANS = Path(__file__).parents[1] / "data/nezha/events.spans.parquet"


class LogFileSubject(FileTroubles):
    """A file for each source made."""

    name: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0

    def make(self, documents: Sequence[Document]) -> LogSource:
        self.made += 1
        logs = self.written(documents, self.folder / str(self.made)).logs
        assert logs is not None
        return logs

    def clear(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()

    def written(self, documents: Sequence[Document], path: Path) -> Sources:
        """Write the documents to the file and open it."""
        raise NotImplementedError


class RecordedLogsSubject(LogFileSubject):
    """A recording holds what a source gave, so duplicates are gone and counted before."""

    name = "recording"

    def written(self, documents: Sequence[Document], path: Path) -> Sources:
        events = convert(documents, field_map()).events
        write_recording(Recording(window=WINDOW, created_at=WINDOW.end, events=events), path)
        return open_recording(path)


class TestRecordedLogs(LogSourceContract):
    excuse_name = "recording"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> RecordedLogsSubject:
        return RecordedLogsSubject(tmp_path)


class JsonLinesSubject(LogFileSubject):
    """A line a document."""

    name = "jsonl"

    def written(self, documents: Sequence[Document], path: Path) -> Sources:
        path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
        return open_jsonl(path)


class TestJsonLines(LogSourceContract):
    excuse_name = "jsonl"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> JsonLinesSubject:
        return JsonLinesSubject(tmp_path)


class LogsAndSpansSubject(JsonLinesSubject):
    """Lines beside which there is a file of spans of other events."""

    name = "logs and spans"

    def written(self, documents: Sequence[Document], path: Path) -> Sources:
        return with_spans(super().written(documents, path), NEZHA_SPANS)


class TestLogsBesideSpans(LogSourceContract):
    excuse_name = "logs and spans"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> LogsAndSpansSubject:
        return LogsAndSpansSubject(tmp_path)


class RecordedMetricsSubject(FileTroubles):
    """A recording of the newest generation's answers."""

    def __init__(self, folder: Path) -> None:
        self.name = "recording"
        self.path = folder / "metrics.eventrail"

    def make(self, series: Mapping[str, pd.DataFrame]) -> MetricSource:
        metrics = {
            name: RecordedMetric(frame.reset_index(drop=True), catalogue()[name].generations[0].name)
            for name, frame in series.items()
        }
        recording = Recording(window=HOUR, created_at=HOUR.end, events=empty_events(), metrics=metrics)
        write_recording(recording, self.path)
        opened = open_recording(self.path).metrics
        assert opened is not None
        return opened

    def clear(self) -> None:
        self.path.unlink()


class TestRecordedMetrics(MetricSourceContract):
    excuse_name = "recording"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> RecordedMetricsSubject:
        return RecordedMetricsSubject(tmp_path_factory.mktemp("recording"))
