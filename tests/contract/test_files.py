"""Recordings and plain log files are held to the contract of log sources, as the servers are."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from eventrail.model.events import empty_events
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.recording.writing import write_recording
from eventrail.sources.documents import convert, field_map
from eventrail.sources.jsonl import open_jsonl
from eventrail.sources.ports import LogSource, MetricSource
from eventrail.sources.recording import open_recording
from queries.catalogue import catalogue
from tests.contract.documents import WINDOW
from tests.contract.log_source_contract import LogSourceContract
from tests.contract.metric_source_contract import HOUR, MetricSourceContract
from tests.contract.subjects import Document, FileTroubles


class RecordedLogsSubject(FileTroubles):
    """A file for each source made. It holds what a source gave, so duplicates are gone and counted before."""

    def __init__(self, folder: Path) -> None:
        self.name = "recording"
        self.folder = folder
        self.made = 0

    def make(self, documents: Sequence[Document]) -> LogSource:
        self.made += 1
        path = self.folder / f"{self.made}.eventrail"
        events = convert(documents, field_map()).events
        write_recording(Recording(window=WINDOW, created_at=WINDOW.end, events=events), path)
        logs = open_recording(path).logs
        assert logs is not None
        return logs

    def clear(self) -> None:
        for path in self.folder.glob("*.eventrail"):
            path.unlink()


class TestRecordedLogs(LogSourceContract):
    excuse_name = "recording"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> RecordedLogsSubject:
        return RecordedLogsSubject(tmp_path)


class JsonLinesSubject(FileTroubles):
    """A file for each source made, a line a document."""

    def __init__(self, folder: Path) -> None:
        self.name = "jsonl"
        self.folder = folder
        self.made = 0

    def make(self, documents: Sequence[Document]) -> LogSource:
        self.made += 1
        path = self.folder / f"{self.made}.jsonl"
        path.write_text("".join(json.dumps(document) + "\n" for document in documents), encoding="utf-8")
        logs = open_jsonl(path).logs
        assert logs is not None
        return logs

    def clear(self) -> None:
        for path in self.folder.glob("*.jsonl"):
            path.unlink()


class TestJsonLines(LogSourceContract):
    excuse_name = "jsonl"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> JsonLinesSubject:
        return JsonLinesSubject(tmp_path)


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
