"""Log lines from Elasticsearch: the pages that may match, converted, compared exactly, and put in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from eventrail.model.answers import LogAnswer, LogQuery
from eventrail.model.event_order import IDENTITY_COLUMNS, in_order, repeated_rows
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.sources.documents import Converted, FieldMap, convert, join_converted
from eventrail.sources.elasticsearch.backend import Backend, Layout, UnanswerableError
from eventrail.sources.elasticsearch.bodies import read_all, read_ends
from eventrail.sources.elasticsearch.faults import FAULTS, NAME, problem_of
from eventrail.sources.elasticsearch.reading import Hit, Pages
from eventrail.sources.table_logs import CONDITIONS, answer, holds_words, matches

_QUESTION = "reading log lines"


def read_lines(backend: Backend, query: LogQuery) -> LogAnswer:
    """Answer as LogSource.read."""
    asked = backend.asked(_QUESTION)
    try:
        layout = backend.layout(_QUESTION)
    except UnanswerableError as unanswerable:
        return LogAnswer(empty_events(), (unanswerable.problem,))
    except FAULTS as fault:
        return LogAnswer(empty_events(), (problem_of(fault, asked),))
    if missing := _never_matching(query, backend.field_map, layout):
        return LogAnswer(empty_events(), (missing,))
    make = read_all if query.limit is None else read_ends
    body = make(query, layout.time_path, backend.field_map, layout.index)
    pages = Pages(backend.client, backend.index, body, _QUESTION)
    collected = _Collected(query, backend.field_map, _words_compared(layout, backend.field_map))
    problems: list[Problem] = []
    try:
        collected.take(pages)
    except FAULTS as fault:
        problem = problem_of(fault, asked)
        read = sum(part.documents for part in collected.parts)
        problems.append(replace(problem, what=f"{problem.what}; {read} lines were read before") if read else problem)
    return collected.answer((*problems, *pages.problems))


def documents_of(hits: Sequence[Hit]) -> tuple[list[Any], list[str]]:
    """Give the hits' documents and IDs. Two indices may use the same ID for different lines."""
    return [hit.get("_source") for hit in hits], [f"{hit['_index']}/{hit['_id']}" for hit in hits]


@dataclass(slots=True)
class _Collected:
    """The lines so far that match exactly."""

    query: LogQuery
    field_map: FieldMap
    compare_words: bool
    parts: list[Converted] = field(default_factory=list)

    def take(self, pages: Iterable[Sequence[Hit]]) -> None:
        """Take pages until there are no more or the limit is safely reached."""
        for hits in pages:
            self.parts.append(self._exact(hits))
            if self.query.limit is not None and self._enough(self.query.limit):
                return

    def answer(self, problems: tuple[Problem, ...]) -> LogAnswer:
        """Make the answer."""
        whole = join_converted(self.parts)
        events = in_order(whole.events)
        return answer(
            events,
            self.query,
            repeated_rows(events),
            set_aside=whole.set_aside,
            problems=(*problems, *whole.problems(NAME)),
        )

    def _exact(self, hits: Sequence[Hit]) -> Converted:
        documents, document_ids = documents_of(hits)
        columns = self.query.columns
        if columns:
            columns = (*columns, *IDENTITY_COLUMNS, *CONDITIONS.values())
        converted = convert(documents, self.field_map, document_ids=document_ids, columns=columns)
        marked = matches(converted.events, self.query)
        if self.query.text and self.compare_words:
            marked &= holds_words(converted.events["message"], self.query.text)
        if marked.all():
            return converted
        return replace(converted, events=converted.events[marked].reset_index(drop=True))

    def _enough(self, limit: int) -> bool:
        """Whether more lines than the limit are there, and none that is yet to come can belong before its end.

        Lines come by the index's time, which may be cut to milliseconds: those of one millisecond come in any order.
        """
        events = in_order(pd.concat([part.events for part in self.parts], ignore_index=True))
        times = events["time"][~repeated_rows(events)].dt.floor("ms")
        if len(times) <= limit:
            return False
        if self.query.newest_first:
            return bool(times.iloc[0] < times.iloc[-limit])
        return bool(times.iloc[-1] > times.iloc[limit - 1])


def _never_matching(query: LogQuery, field_map: FieldMap, layout: Layout) -> Problem | None:
    """Say which column is asked for that no field of the index can hold."""
    for attribute, column in CONDITIONS.items():
        if getattr(query, attribute) and column != "operation":
            names = [each.field for each in field_map.of(column)]
            if not layout.index.among(names):
                return Problem(
                    NAME,
                    f"{_QUESTION}: no field of the index holds the {column}, such as {names[0]}",
                    "log it (docs/log-fields.md), or name its field in a vocabulary map",
                )
    return None


def _words_compared(layout: Layout, field_map: FieldMap) -> bool:
    """Whether words must be compared here, because the index has messages whole and not cut into words."""
    fields = layout.index.among(each.field for each in field_map.of("message"))
    return any(not each.analysed for each in fields)
