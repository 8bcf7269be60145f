"""Spans beside log lines: what an event's spans tell joins what its lines tell."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from eventrail.errors import SourceUnavailableError, UsageError
from eventrail.model.answers import LogAnswer, LogQuery, RawDocument, SourceCheck, TableAnswer
from eventrail.model.event_order import in_order
from eventrail.model.events import concat_events
from eventrail.model.problem import Problem, Severity
from eventrail.model.progress import OnProgress
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from eventrail.model.tallies import TagTally
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource, Sources
from eventrail.sources.span_events import SPAN_DOCUMENT, events_of_spans
from eventrail.sources.span_file import SpanFile, open_span_file
from eventrail.sources.table_logs import LogTable


def with_spans(sources: Sources, path: Path) -> Sources:
    """Give the sources with a Parquet file of spans beside the log lines.

    A log file that opened at its newest line opens at its newest line or span. Raises UsageError where there are no
    log lines to stand beside, SourceUnavailableError when the file cannot be used.
    """
    if sources.logs is None:
        raise UsageError("--spans stands beside log lines, and no log source is configured")
    file = open_span_file(path)
    joined = replace(
        sources, logs=LogsAndSpans(sources.logs, file), description=f"{sources.description} with spans {path.name}"
    )
    if sources.extent is None or file.extent is None:
        return joined
    extent = Window(min(sources.extent.start, file.extent.start), max(sources.extent.end, file.extent.end))
    opening = extent.end if sources.opening == sources.extent.end else sources.opening
    return replace(joined, extent=extent, opening=opening)


@dataclass(frozen=True, slots=True)
class LogsAndSpans:
    """LogSource: the lines of `logs`; to a question for events also what their spans tell.

    A span belongs to the event whose correlation ID is its trace ID. What is counted and found without naming an event
    are log lines alone.
    """

    logs: LogSource
    spans: SpanFile

    @property
    def name(self) -> str:
        """As LogSource.name: of the log lines, whose outage is the one that matters."""
        return self.logs.name

    def check(self, window: Window) -> SourceCheck:
        """As LogSource.check, and how many spans there are."""
        check = self.logs.check(window)
        return replace(check, details=(*check.details, ("spans", f"{self.spans.spans:,} in {self.spans.path.name}")))

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        """As LogSource.read; progress is that of the log lines."""
        lines = self.logs.read(query, on_progress)
        if not query.correlation_ids:
            return lines
        told = _spans_of(self.spans, query)
        both = LogAnswer(
            events=in_order(concat_events([lines.events, told.events])),
            problems=(*lines.problems, *told.problems),
            documents_read=lines.documents_read + told.documents_read,
            duplicates=lines.duplicates + told.duplicates,
            set_aside=lines.set_aside + told.set_aside,
            truncated=lines.truncated or told.truncated,
        )
        return _limited(both, query)

    def freshness(self, window: Window) -> TableAnswer:
        """As LogSource.freshness; of a pod that logs no heartbeats, the end of a span shows life as a line does."""
        lines = self.logs.freshness(window)
        try:
            spans = self.spans.places(window)
        except SourceUnavailableError:
            return lines  # `read` says so
        return replace(lines, frame=_with_life(lines.frame, spans, window))

    def activity(self, window: Window) -> TableAnswer:
        """As LogSource.activity."""
        return self.logs.activity(window)

    def routes(self, window: Window) -> TableAnswer:
        """As LogSource.routes."""
        return self.logs.routes(window)

    def tally(self, query: LogQuery) -> TagTally:
        """As LogSource.tally; spans count for an event only, as in `read`."""
        return self.logs.tally(query)

    def processes(self, query: LogQuery) -> TableAnswer:
        """As LogSource.processes; see `tally`."""
        return self.logs.processes(query)

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """As LogSource.find."""
        return self.logs.find(text, window, limit)

    def raw_document(self, document_id: str) -> RawDocument:
        """As LogSource.raw_document; a span has no line to show."""
        if not document_id.startswith(SPAN_DOCUMENT):
            return self.logs.raw_document(document_id)
        what = f"{document_id} is told by a span of {self.spans.path.name}, not by a log line"
        return RawDocument("", (Problem(self.name, what, "look the span up where it was exported", "info"),))


def _with_life(pods: pd.DataFrame, spans: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Move the pods' newest instants to their newest spans' ends; a pod that has spans alone counts no documents."""
    ends, last = spans["end"].fillna(spans["start"]), pd.Timestamp(window.end)
    ended = spans.assign(newest=ends.mask(ends > last, last))
    newest = ended.sort_values("newest", kind="stable").drop_duplicates(["service", "pod"], keep="last")
    seen = newest[["service", "pod", "node", "newest"]].assign(documents=0, heartbeats=0)
    joined = pd.concat([pods, seen], ignore_index=True) if len(pods) else seen
    joined = conform(joined, FRESHNESS_COLUMNS)
    same = joined.groupby(["service", "pod"], dropna=False)
    quiet = same["heartbeats"].transform("sum") == 0
    moved = joined["newest"].where(~quiet, same["newest"].transform("max"))
    return joined.assign(newest=moved).drop_duplicates(["service", "pod"], keep="first").reset_index(drop=True)


def _spans_of(file: SpanFile, query: LogQuery) -> LogAnswer:
    """Answer from the spans of the events asked for."""
    source = f"spans {file.path.name}"
    try:
        read = file.read(query.correlation_ids)
    except SourceUnavailableError as error:
        problem = Problem(source, str(error), "look whether the file was replaced", "error")
        return LogAnswer(concat_events([]), (problem,))
    usable = read[read["span_id"].notna() & read["start"].notna()]
    single = usable[~usable.duplicated(["trace_id", "span_id"])].reset_index(drop=True)
    backwards = single["end"] < single["start"]
    single["end"] = single["end"].mask(backwards, single["start"])
    events, twins = events_of_spans(single)
    set_aside = len(read) - len(usable)
    problems = _problems(source, set_aside, int(backwards.sum()), twins.pairs)
    answer = LogTable.of(events, set_aside=set_aside, problems=problems).read(query)
    doubles = len(usable) - len(single)
    return replace(answer, duplicates=answer.duplicates + doubles, documents_read=answer.documents_read + doubles)


def _problems(source: str, set_aside: int, backwards: int, pairs: int) -> tuple[Problem, ...]:
    """Say what of an event's spans is odd, and what was made of it."""
    look = "look at how spans are exported"
    told: tuple[tuple[int, str, str, Severity], ...] = (
        (set_aside, "spans have no ID or no start and are left out", look, "warning"),
        (backwards, "spans end before they begin and are taken to end as they begin", look, "warning"),
        (pairs, "deliveries have two spans in their consumer: counted once, the shorter as the arrival", "", "info"),
    )
    return tuple(
        Problem(source, f"{number:,} {what}", remedy, severity) for number, what, remedy, severity in told if number
    )


def _limited(answer: LogAnswer, query: LogQuery) -> LogAnswer:
    """Keep no more rows than asked for, the newest first where they are wanted."""
    events = answer.events
    over = 0 if query.limit is None else max(len(events) - query.limit, 0)
    if over:
        events = events.iloc[over:] if query.newest_first else events.iloc[: query.limit]
    if query.newest_first:
        events = events.iloc[::-1]
    return replace(
        answer,
        events=events.reset_index(drop=True),
        documents_read=answer.documents_read - over,
        truncated=answer.truncated or over > 0,
    )
