"""Recordings and plain log files are held to the contract of log sources, as the servers are."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from eventrail.recording.contents import Recording
from eventrail.recording.writing import write_recording
from eventrail.sources.documents import convert, field_map
from eventrail.sources.jsonl import open_jsonl
from eventrail.sources.ports import LogSource
from eventrail.sources.recording import open_recording
from tests.contract.documents import WINDOW
from tests.contract.log_source_contract import LogSourceContract
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
