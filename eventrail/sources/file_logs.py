"""A file's lines as a log source: what recordings and plain log files share."""

from dataclasses import dataclass

from eventrail.model.answers import LogAnswer, LogQuery, SourceCheck, TableAnswer
from eventrail.model.window import Window
from eventrail.sources.documents.coverage import fields_lacking
from eventrail.sources.table_logs import LogTable


@dataclass(frozen=True, slots=True)
class FileLogs:
    """LogSource over the table that a file holds.

    name: in the reader's words. version: the file's format. facts: what is known of the file whatever the window.
    """

    name: str
    file_name: str
    version: str
    facts: tuple[tuple[str, str], ...]
    table: LogTable

    def check(self, window: Window) -> SourceCheck:
        """As LogSource.check; a file that could be opened is there."""
        services = self.table.activity(window).frame["service"].nunique()
        details = (("services in the window", str(services)), *self.facts)
        problems = (*self.table.problems, *fields_lacking(self.table.events, self.name))
        return SourceCheck(self.name, self.file_name, True, self.version, details, problems)

    def read(self, query: LogQuery) -> LogAnswer:
        """As LogSource.read."""
        return self.table.read(query)

    def freshness(self, window: Window) -> TableAnswer:
        """As LogSource.freshness."""
        return self.table.freshness(window)

    def activity(self, window: Window) -> TableAnswer:
        """As LogSource.activity."""
        return self.table.activity(window)

    def routes(self, window: Window) -> TableAnswer:
        """As LogSource.routes."""
        return self.table.routes(window)

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """As LogSource.find."""
        return self.table.find(text, window, limit)
