"""Recordings are held to the same contracts as the servers they were made from."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from eventrail.recording.contents import Recording
from eventrail.recording.writing import write_recording
from eventrail.sources.documents import convert, field_map
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
