"""Sources that answer from what a test tells: a log in memory, and gauges sampled from it every 5 s."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.model.answers import (
    LogAnswer,
    LogQuery,
    MetricAnswer,
    MetricRequest,
    RawDocument,
    SourceCheck,
    TableAnswer,
)
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.progress import OnProgress
from eventrail.model.summaries import ACTIVITY_COLUMNS, FOUND_COLUMNS, FRESHNESS_COLUMNS, ROUTES_COLUMNS
from eventrail.model.table import Schema, conform
from eventrail.model.tallies import PROCESS_COLUMNS, TagTally, no_tally
from eventrail.model.window import Window
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable
from eventrail.sources.table_metrics import answer_from_frame
from eventrail.testing.builders import EventBook


@dataclass(frozen=True)
class ToldLogs(FileLogs):
    """Logs over a table; `queries` are those they were asked."""

    queries: list[LogQuery] = field(default_factory=list)

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        self.queries.append(query)
        return super().read(query)


@dataclass
class ToldMetrics:
    """A MetricSource over frames by query name; `requests` are those it was asked."""

    frames: dict[str, pd.DataFrame]
    name: str = "told metrics"
    requests: list[MetricRequest] = field(default_factory=list)

    def check(self, window: Window) -> SourceCheck:
        return SourceCheck(self.name, "memory", reachable=True)

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        self.requests += requests
        nothing = pd.DataFrame(
            {"time": pd.DatetimeIndex([], tz="UTC"), "value": [], "vhost": [], "queue": [], "pod": [], "node": []}
        )
        return tuple(answer_from_frame(request, self.frames.get(request.name, nothing), "told") for request in requests)


DOWN = Problem("Elasticsearch", "connection refused", "start it", severity="error")


@dataclass
class DeadLogs:
    """A LogSource whose server is down."""

    name: str = "Elasticsearch"

    def check(self, window: Window) -> SourceCheck:
        return SourceCheck(self.name, "127.0.0.1:1", reachable=False, problems=(DOWN,))

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        return LogAnswer(empty_events(), (DOWN,))

    def _nothing(self, schema: Schema) -> TableAnswer:
        return TableAnswer(conform({}, schema), (DOWN,))

    def freshness(self, window: Window) -> TableAnswer:
        return self._nothing(FRESHNESS_COLUMNS)

    def activity(self, window: Window) -> TableAnswer:
        return self._nothing(ACTIVITY_COLUMNS)

    def routes(self, window: Window) -> TableAnswer:
        return self._nothing(ROUTES_COLUMNS)

    def tally(self, query: LogQuery) -> TagTally:
        return no_tally(DOWN.what, (DOWN,))

    def processes(self, query: LogQuery) -> TableAnswer:
        return self._nothing(PROCESS_COLUMNS)

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        return self._nothing(FOUND_COLUMNS)

    def raw_document(self, document_id: str) -> RawDocument:
        return RawDocument("", (DOWN,))


def gauges_of(book: EventBook, until: float, ready: dict[str, int] | None = None) -> dict[str, pd.DataFrame]:
    """Sample, every 5 s from the start to `until`, what an exact broker would count of the book's deliveries."""
    deliveries, _ = match_deliveries(clean(book.events())[0])
    instants = pd.DatetimeIndex([book.time(seconds) for seconds in range(-10, int(until) + 1, 5)])
    counted = [
        pd.DataFrame({"vhost": "/", "queue": queue, "time": instants, "value": _held(own, instants)})
        for queue, own in deliveries.groupby("queue")
    ]
    unacked = pd.concat(counted or [pd.DataFrame(columns=["vhost", "queue", "time", "value"])], ignore_index=True)
    waiting = unacked.assign(value=unacked["queue"].map(ready or {}).fillna(0.0))
    return {"queue_messages_unacked": unacked, "queue_messages_ready": waiting}


def _held(deliveries: pd.DataFrame, instants: pd.DatetimeIndex) -> "pd.Series[float]":
    """Count what was delivered and not settled by each instant."""
    delivered, settled = (
        pd.DatetimeIndex(deliveries[name].dropna()).sort_values() for name in ("delivered", "settled")
    )
    by_then = delivered.searchsorted(instants, side="right") - settled.searchsorted(instants, side="right")
    return pd.Series(by_then, dtype="float64")


def running(book: EventBook, until: float, *pods: str) -> dict[str, pd.DataFrame]:
    """Give the in-flight gauge of pods that run until then."""
    rows = [
        {"pod": pod, "service": pod.rsplit("-", 1)[0], "queue": "", "time": book.time(second), "value": 0.0}
        for pod in pods
        for second in range(0, int(until) + 1, 5)
    ]
    return {"pod_in_flight": pd.DataFrame(rows, columns=["pod", "service", "queue", "time", "value"])}


def told(book: EventBook, frames: dict[str, pd.DataFrame] | None) -> Sources:
    """Join a book's lines and frames to sources."""
    logs = ToldLogs("told logs", "memory", "", (), LogTable.of(book.events()))
    metrics = None if frames is None else ToldMetrics(frames)
    return Sources(logs=logs, metrics=metrics, broker=None, description="told by a test")
