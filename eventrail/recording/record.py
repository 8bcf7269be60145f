"""Makes a recording of a time window from the sources a team has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from eventrail.errors import SourceUnavailableError, UsageError
from eventrail.model.answers import LogQuery, MetricRequest
from eventrail.model.events import concat_events
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.recording.writing import write_recording
from eventrail.sources.ports import LogSource, MetricSource, Sources
from queries.catalogue import catalogue

# Logs are read in parts, so that progress can be told and no single answer grows large.
SLICE_SECONDS: Final = 60.0
PROBLEMS_KEPT: Final = 50

# told after each part: how much is done (0 to 1), and what is being done
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class RecordingMade:
    """What was written."""

    path: Path
    size_bytes: int
    log_lines: int
    samples: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _LogsRead:
    events: pd.DataFrame
    duplicates: int
    set_aside: int
    problems: tuple[Problem, ...]


def record(
    sources: Sources,
    window: Window,
    path: Path,
    *,
    created_at: datetime,
    opening: datetime | None = None,
    description: str = "",
    progress: Progress = lambda _part, _doing: None,
) -> RecordingMade:
    """Read all log lines of the window and every query of the catalogue, and write them to `path`.

    opening: the instant the recording shall open at, inside the window; None: its end.

    Raises UsageError without a log source or with an opening outside; SourceUnavailableError when a source stops
    answering, since half a recording would pass for a whole one (nothing is written then); RecordingError when the
    file cannot be written.
    """
    if sources.logs is None:
        raise UsageError("a recording needs logs: configure [elasticsearch], or name a file with --source")
    if opening is not None and not window.start <= opening <= window.end:
        raise UsageError(f"the recording cannot open at {opening.isoformat()}, outside its window")
    # A file is in memory anyway, and counts what it could not place once for each time it is asked.
    slices = [window] if sources.extent is not None else list(_slices(window))
    logs = _read_logs(sources.logs, slices, progress)
    progress(0.8, "reading metrics")
    metrics = {} if sources.metrics is None else _read_metrics(sources.metrics, window)
    progress(0.9, "writing")
    names = [source.name for source in (sources.logs, sources.metrics) if source is not None]
    recording = Recording(
        window=window,
        created_at=created_at,
        events=logs.events,
        metrics=metrics,
        opening=opening,
        description=description,
        sources=tuple(names),
        problems=logs.problems,
        duplicates=logs.duplicates,
        set_aside=logs.set_aside,
    )
    size_bytes = write_recording(recording, path)
    progress(1.0, "done")
    met = (*logs.problems, *(problem for metric in metrics.values() for problem in metric.problems))
    samples = sum(len(metric.frame) for metric in metrics.values())
    return RecordingMade(path, size_bytes, len(logs.events), samples, tuple(dict.fromkeys(met)))


def _read_logs(logs: LogSource, slices: list[Window], progress: Progress) -> _LogsRead:
    parts, duplicates, set_aside = [], 0, 0
    problems: dict[Problem, None] = {}
    for number, part in enumerate(slices):
        progress(0.8 * number / len(slices), f"reading log lines to {part.end:%H:%M:%S} UTC")
        answer = logs.read(LogQuery(part))
        for problem in answer.problems:
            if problem.severity == "error":
                raise SourceUnavailableError(f"{problem}; nothing was written")
            problems[problem] = None
        # Both ends of a window belong to it, so a slice begins with lines that the one before has given already.
        fresh = answer.events if number == 0 else answer.events[answer.events["time"] > pd.Timestamp(part.start)]
        parts.append(fresh)
        duplicates += answer.duplicates
        set_aside += answer.set_aside
    return _LogsRead(concat_events(parts), duplicates, set_aside, tuple(problems)[:PROBLEMS_KEPT])


def _slices(window: Window) -> Iterator[Window]:
    start = window.start
    while True:
        end = min(start + timedelta(seconds=SLICE_SECONDS), window.end)
        yield Window(start, end)
        if end == window.end:
            return
        start = end


def _read_metrics(metrics: MetricSource, window: Window) -> dict[str, RecordedMetric]:
    # The step is said, so that a long window is not thinned out as for a chart.
    questions = [MetricRequest(query.name, window, step_seconds=query.step_seconds) for query in catalogue().values()]
    answers = metrics.read(questions)
    outages = [
        next((problem for problem in answer.problems if problem.severity == "error"), None) for answer in answers
    ]
    if answers and all(outages):
        raise SourceUnavailableError(f"{outages[0]}; nothing was written")
    return {answer.request.name: RecordedMetric(answer.frame, answer.generation, answer.problems) for answer in answers}
