"""What was read of a question so far, and telling whoever waits how far that is. For several threads at once."""

import threading
from dataclasses import dataclass, field, replace

from eventrail.model.answers import LogQuery
from eventrail.model.progress import OnProgress, Outline, Progress
from eventrail.sources.documents import Converted, FieldMap, Part, convert_fields, joined
from eventrail.sources.elasticsearch.decoding import Page
from eventrail.sources.table_logs import holds_words, matches


@dataclass(slots=True)
class Collected:
    """The lines so far. compare_words: the index cannot tell whole words, so they are compared here."""

    query: LogQuery
    field_map: FieldMap
    compare_words: bool
    on_progress: OnProgress | None = None
    total: int = 0
    read: int = 0
    _outline: Outline | None = None
    _parts: list[Part] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def expect(self, total: int) -> None:
        """Know how many lines there will be."""
        with self._lock:
            self.total = total
            self._tell()

    def outline(self, outline: Outline) -> None:
        """Know what the lines will be about."""
        with self._lock:
            self._outline = outline
            self._tell()

    def add(self, page: Page) -> None:
        """Take a page. Made into columns at once, so that it is done when the last page is there."""
        part = convert_fields(page.fields, page.documents, self.field_map, document_ids=page.document_ids)
        with self._lock:
            self._parts.append(part)
            self.read += page.documents
            self.total = max(self.total, self.read)
            self._tell()

    def end(self) -> None:
        """Know that all lines are there, which may be fewer than were expected: some may have been deleted since."""
        with self._lock:
            if self.total != self.read or not self.read:
                self.total = self.read
                self._tell()

    def lines(self) -> Converted:
        """Give the lines so far that match exactly, in order."""
        whole = joined(self._parts)
        marked = matches(whole.events, self.query)
        if self.query.text and self.compare_words:
            marked &= holds_words(whole.events["message"], self.query.text)
        return whole if marked.all() else replace(whole, events=whole.events[marked].reset_index(drop=True))

    def _tell(self) -> None:
        if self.on_progress is not None:
            self.on_progress(Progress(self.read, self.total, self._outline))
