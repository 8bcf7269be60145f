"""A file's lines as a log source: what recordings and plain log files share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from eventrail.model.answers import LogAnswer, LogQuery, RawDocument, SourceCheck, TableAnswer
from eventrail.model.problem import Problem
from eventrail.model.progress import OnProgress, Progress
from eventrail.model.tallies import TagTally
from eventrail.model.window import Window
from eventrail.sources import table_tallies
from eventrail.sources.documents.coverage import fields_lacking
from eventrail.sources.table_logs import LogTable


@dataclass(frozen=True, slots=True)
class FileLogs:
    """LogSource over the table that a file holds.

    name: in the reader's words. version: the file's format. facts: what is known of the file whatever the window.
    original: gives a line as it stands in the file, where the file holds lines and not only their columns.
    """

    name: str
    file_name: str
    version: str
    facts: tuple[tuple[str, str], ...]
    table: LogTable
    original: Callable[[str], RawDocument] | None = field(default=None, kw_only=True)

    def check(self, window: Window) -> SourceCheck:
        """As LogSource.check; a file that could be opened is there."""
        services = self.table.activity(window).frame["service"].nunique()
        details = (("services in the window", str(services)), *self.facts)
        problems = (*self.table.problems, *fields_lacking(self.table.events, self.name))
        return SourceCheck(self.name, self.file_name, True, self.version, details, problems)

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        """As LogSource.read."""
        answer = self.table.read(query)
        if on_progress is not None:
            # All lines are in memory: there is nothing to tell before they are there.
            on_progress(Progress(answer.documents_read, answer.documents_read))
        return answer

    def freshness(self, window: Window) -> TableAnswer:
        """As LogSource.freshness."""
        return self.table.freshness(window)

    def activity(self, window: Window) -> TableAnswer:
        """As LogSource.activity."""
        return self.table.activity(window)

    def routes(self, window: Window) -> TableAnswer:
        """As LogSource.routes."""
        return self.table.routes(window)

    def tally(self, query: LogQuery) -> TagTally:
        """As LogSource.tally."""
        return table_tallies.tag_tally(self.read(query))

    def processes(self, query: LogQuery) -> TableAnswer:
        """As LogSource.processes."""
        lines = self.read(query)
        return TableAnswer(table_tallies.processes(lines.events), lines.problems)

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """As LogSource.find."""
        return self.table.find(text, window, limit)

    def raw_document(self, document_id: str) -> RawDocument:
        """As LogSource.raw_document."""
        if self.original is not None:
            return self.original(document_id)
        text = self.table.columns_of(document_id)
        if text is None:
            what = f"{document_id} is not in {self.file_name}"
            return RawDocument("", (Problem(self.name, what, "see whether the right file was opened", "error"),))
        what = "it holds the columns of a line that Eventrail reads, not the whole document"
        return RawDocument(text, (Problem(self.name, what, "look in the logs it was recorded from", "info"),))
