"""A recording as a log source and a metric source: answers as the servers it was made from would have answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from eventrail.model.answers import MetricAnswer, MetricRequest, SourceCheck
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.recording.manifest import FORMAT_VERSION
from eventrail.recording.reading import read_recording
from eventrail.sources.file_cache import FileCache
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable
from eventrail.sources.table_metrics import answer_from_frame
from queries.catalogue import catalogue

_FORMAT: Final = f"recording format {FORMAT_VERSION}"


@dataclass(frozen=True, slots=True)
class _Loaded:
    recording: Recording
    table: LogTable


def _load(path: Path) -> _Loaded:
    recording = read_recording(path)
    table = LogTable.of(recording.events, problems=recording.problems)
    # The lines as stored are not kept beside those in order.
    return _Loaded(replace(recording, events=table.events), table)


_CACHE: Final = FileCache(_load)


def open_recording(path: Path) -> Sources:
    """Give the sources that a recording stands for; it opens at its mark, else at its end.

    Raises RecordingError, in one line, for whatever is not a recording.
    """
    loaded = _CACHE.get(path)
    recording = loaded.recording
    return Sources(
        logs=_logs(path.name, loaded),
        metrics=RecordedMetrics(path.name, recording.metrics, recording.window),
        broker=None,
        description=f"recording {path.name}" + (f": {recording.description}" if recording.description else ""),
        opening=recording.opening or recording.window.end,
        extent=recording.window,
    )


def _logs(file_name: str, loaded: _Loaded) -> FileLogs:
    recording = loaded.recording
    facts = (
        ("recorded from", ", ".join(recording.sources) or "unknown"),
        ("recorded at", f"{recording.created_at:%Y-%m-%d %H:%M} UTC"),
        ("holds", f"{recording.window.start:%Y-%m-%d %H:%M:%S} to {recording.window.end:%H:%M:%S} UTC"),
        ("log lines", f"{len(recording.events):,}"),
    )
    return FileLogs(f"recording {file_name}", file_name, _FORMAT, facts, loaded.table)


@dataclass(frozen=True, slots=True)
class RecordedMetrics:
    """MetricSource over the named results of a recording."""

    file_name: str
    metrics: Mapping[str, RecordedMetric]
    extent: Window

    @property
    def name(self) -> str:
        """As MetricSource.name."""
        return f"metrics of recording {self.file_name}"

    def check(self, window: Window) -> SourceCheck:  # noqa: ARG002 - what is recorded does not depend on it
        """As MetricSource.check: which query was answered by which generation when the recording was made."""
        details = tuple((name, metric.generation or "no answer") for name, metric in self.metrics.items())
        problems = () if self.metrics else (self._without_metrics(),)
        return SourceCheck(self.name, self.file_name, True, _FORMAT, details, problems)

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        """As MetricSource.read."""
        return tuple(self._answer(request) for request in requests)

    def _answer(self, request: MetricRequest) -> MetricAnswer:
        metric = self.metrics.get(request.name)
        if metric is not None:
            return answer_from_frame(request, metric.frame, metric.generation, metric.problems)
        columns = {"time": pd.DatetimeIndex([], tz="UTC").as_unit("ns"), "value": pd.Series([], dtype="float64")}
        known = catalogue().get(request.name)
        labels = {name: pd.Series([], dtype="str") for name in (known.columns if known else ())}
        problem = Problem(self.name, f"{request.name} was not recorded", "record again with a newer Eventrail")
        return MetricAnswer(
            request,
            pd.DataFrame(columns | labels),
            problems=(problem if self.metrics else self._without_metrics(),),
        )

    def _without_metrics(self) -> Problem:
        return Problem(self.name, "the recording was made without metrics", "record with [prometheus] configured")
