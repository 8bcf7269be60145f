"""Log lines from Elasticsearch: the pages that may match, converted, compared exactly, and put in order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from eventrail.model.answers import LogAnswer, LogQuery
from eventrail.model.event_order import IDENTITY_COLUMNS, repeated_rows
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.progress import OnProgress
from eventrail.sources.documents import FieldMap
from eventrail.sources.elasticsearch.backend import Backend, Layout, UnanswerableError
from eventrail.sources.elasticsearch.bodies import read_all, read_ends
from eventrail.sources.elasticsearch.collecting import Collected
from eventrail.sources.elasticsearch.faults import FAULTS, NAME, problem_of
from eventrail.sources.elasticsearch.outlines import outline
from eventrail.sources.elasticsearch.reading import Reader
from eventrail.sources.elasticsearch.slices import read_slices
from eventrail.sources.table_logs import CONDITIONS, answer

_QUESTION = "reading log lines"
# Fewer are read before anybody has read an outline.
_OUTLINED_LINES_LEAST: Final = 10_000


def read_lines(backend: Backend, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
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
    reader = Reader(backend.undecoded, backend.index, backend.decoder(_needed(query)), _QUESTION)
    collected = Collected(query, backend.field_map, _words_compared(layout, backend.field_map), on_progress)
    fault_met: Exception | None = None
    try:
        if query.limit is None:
            _read_all(backend, layout, reader, collected)
        else:
            _read_ends(backend, layout, reader, collected, query.limit)
        collected.end()
    except FAULTS as fault:
        fault_met = fault
    lines = collected.lines()
    problems = (*reader.problems, *lines.problems(NAME))
    if fault_met is not None:
        problem = problem_of(fault_met, asked)
        read = f"; {lines.documents} lines were read before" if lines.documents else ""
        problems = (replace(problem, what=problem.what + read), *problems)
    return answer(lines.events, query, repeated_rows(lines.events), set_aside=lines.set_aside, problems=problems)


def documents_of(hits: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[str]]:
    """Give the hits' documents and IDs. Two indices may use the same ID for different lines."""
    return [hit.get("_source") for hit in hits], [f"{hit['_index']}/{hit['_id']}" for hit in hits]


def _read_all(backend: Backend, layout: Layout, reader: Reader, collected: Collected) -> None:
    """Read everything: in one request, or, where that shows that there is more, in slices side by side."""
    body = read_all(collected.query, layout.time_path, backend.field_map, layout.index)
    first = reader.first(body)
    if first.documents < body["size"] or first.documents == first.total:
        collected.add(first)
        return
    collected.expect(first.total or 0)
    outlined = collected.on_progress is not None and collected.total >= _OUTLINED_LINES_LEAST

    def count() -> None:
        try:
            counted, lacks = outline(backend, layout, collected.query)
        except FAULTS as fault:
            reader.problems.append(problem_of(fault, backend.asked("counting log lines")))
            return
        reader.problems.extend(lacks)
        collected.outline(counted)

    read_slices(reader, body, layout.time_path, collected, [count] if outlined else [])


def _read_ends(backend: Backend, layout: Layout, reader: Reader, collected: Collected, limit: int) -> None:
    """Read by time until the limit is safely reached."""
    for page in reader.in_order(read_ends(collected.query, layout.time_path, backend.field_map, layout.index)):
        collected.add(page)
        if _enough(collected, limit):
            return


def _enough(collected: Collected, limit: int) -> bool:
    """Whether more lines than the limit are there, and none that is yet to come can belong before its end.

    Lines come by the index's time, which may be cut to milliseconds: those of one millisecond come in any order.
    """
    events = collected.lines().events
    times = events["time"][~repeated_rows(events)].dt.floor("ms")
    if len(times) <= limit:
        return False
    if collected.query.newest_first:
        return bool(times.iloc[0] < times.iloc[-limit])
    return bool(times.iloc[-1] > times.iloc[limit - 1])


def _needed(query: LogQuery) -> tuple[str, ...]:
    """Give the columns that a question needs of the documents; none: all."""
    return (*query.columns, *IDENTITY_COLUMNS, *CONDITIONS.values()) if query.columns else ()


def _never_matching(query: LogQuery, field_map: FieldMap, layout: Layout) -> Problem | None:
    """Say which column is asked for that no field of the index can hold."""
    for attribute, column in CONDITIONS.items():
        if getattr(query, attribute) and column not in ("operation", "outcome"):
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
