"""The log source over Elasticsearch: each question in its own module, this is where they come together."""

import time
from typing import Final

from eventrail.configuration.sections import ElasticsearchSection
from eventrail.model.answers import LogAnswer, LogQuery, RawDocument, SourceCheck, TableAnswer
from eventrail.model.progress import OnProgress
from eventrail.model.tallies import TagTally
from eventrail.model.window import Window
from eventrail.sources.documents import field_map
from eventrail.sources.elasticsearch import checking, finding, lines, raw, summaries, tallies
from eventrail.sources.elasticsearch.backend import Backend
from eventrail.sources.elasticsearch.faults import NAME

ROUTES_KEPT_SECONDS: Final = 60.0


class ElasticsearchLogs:
    """LogSource over the configured index. May be used by several threads."""

    def __init__(self, section: ElasticsearchSection) -> None:
        """Ask nothing of the server yet. Raises ConfigurationError for a wrong vocabulary map."""
        self._backend: Final = Backend(section, field_map(section.vocabulary))
        self._kept_routes: tuple[float, Window, TableAnswer] | None = None

    @property
    def name(self) -> str:
        """As LogSource.name."""
        return NAME

    def check(self, window: Window) -> SourceCheck:
        """As LogSource.check."""
        return checking.check(self._backend, window)

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        """As LogSource.read."""
        return lines.read_lines(self._backend, query, on_progress)

    def freshness(self, window: Window) -> TableAnswer:
        """As LogSource.freshness."""
        return summaries.freshness(self._backend, window)

    def activity(self, window: Window) -> TableAnswer:
        """As LogSource.activity."""
        return summaries.activity(self._backend, window)

    def routes(self, window: Window) -> TableAnswer:
        """As LogSource.routes; for the window asked last, an answer without problems is kept for a minute.

        Every trace asks, and counting the deliveries of an hour takes longer than reading an event's lines.
        """
        kept = self._kept_routes
        if kept is not None and kept[1] == window and time.monotonic() - kept[0] < ROUTES_KEPT_SECONDS:
            return TableAnswer(kept[2].frame.copy())
        answer = summaries.routes(self._backend, window)
        self._kept_routes = None if answer.problems else (time.monotonic(), window, TableAnswer(answer.frame.copy()))
        return answer

    def tally(self, query: LogQuery) -> TagTally:
        """As LogSource.tally."""
        return tallies.tally(self._backend, query)

    def processes(self, query: LogQuery) -> TableAnswer:
        """As LogSource.processes."""
        return tallies.processes(self._backend, query)

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """As LogSource.find."""
        return finding.find(self._backend, text, window, limit)

    def raw_document(self, document_id: str) -> RawDocument:
        """As LogSource.raw_document."""
        return raw.raw_document(self._backend, document_id)
