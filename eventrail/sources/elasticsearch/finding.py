"""Finds events: grouped by the server where the index has the IDs whole, else from the newest lines that match."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from eventrail.model.answers import TableAnswer
from eventrail.model.event_order import in_order
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.summaries import FOUND_COLUMNS, MATCHED
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.sources import table_summaries
from eventrail.sources.documents import convert
from eventrail.sources.elasticsearch import bodies
from eventrail.sources.elasticsearch.backend import Backend, Layout, UnanswerableError
from eventrail.sources.elasticsearch.conditions import fields_of
from eventrail.sources.elasticsearch.faults import FAULTS, NAME, problem_of
from eventrail.sources.elasticsearch.index_fields import IndexField
from eventrail.sources.elasticsearch.lines import documents_of
from eventrail.sources.elasticsearch.summaries import countable, newest_lines
from eventrail.sources.table_logs import holds_words

_QUESTION: Final = "finding events"
_COMPARED: Final = ("correlation_id", "message_id", "event_type", "service")


def find(backend: Backend, text: str, window: Window, limit: int) -> TableAnswer:
    """Answer as LogSource.find."""
    asked = text.strip()
    nothing = TableAnswer(table_summaries.find(empty_events(), "", holds_words(empty_events()["message"], ""), 0))
    if not asked or limit < 1:
        return nothing
    try:
        layout = backend.layout(_QUESTION)
        correlation = fields_of("correlation_id", backend.field_map, layout.index)
        if not correlation:
            what = f"{_QUESTION}: no field of the index holds the correlation_id"
            return TableAnswer(nothing.frame, (Problem(NAME, what, "name its field in a vocabulary map"),))
        if countable(layout, backend.field_map, _COMPARED):
            return _grouped(backend, layout, correlation, asked, window, limit)
        return _from_lines(backend, layout, asked, window, limit, [])
    except UnanswerableError as unanswerable:
        return TableAnswer(nothing.frame, (unanswerable.problem,))
    except FAULTS as fault:
        return TableAnswer(nothing.frame, (problem_of(fault, backend.asked(_QUESTION)),))


def _grouped(
    backend: Backend, layout: Layout, correlation: Sequence[IndexField], text: str, window: Window, limit: int
) -> TableAnswer:
    frames, problems = [], dict[Problem, None]()
    for position, field in enumerate(correlation):
        body = bodies.find(
            text,
            window,
            limit,
            layout.time_path,
            backend.field_map,
            layout.index,
            correlation=field,
            before=correlation[:position],
        )
        response, lacks = backend.search(body, _QUESTION)
        frames.append(_events(response["aggregations"]["events"]["buckets"], backend))
        problems.update(dict.fromkeys(lacks))
    # Keywords leave out values beyond their length limit; lines that have such a value name the field.
    unindexed = _from_lines(backend, layout, text, window, limit, [path for each in correlation for path in each.exact])
    problems.update(dict.fromkeys(unindexed.problems))
    found = [frame for frame in (*frames, unindexed.frame) if len(frame)]
    whole = pd.concat(found, ignore_index=True) if found else unindexed.frame
    whole = whole.drop_duplicates("correlation_id")
    newest_first = whole.sort_values(["newest", "correlation_id"], ascending=[False, True])
    return TableAnswer(conform(newest_first.head(limit), FOUND_COLUMNS), tuple(problems))


def _events(buckets: Sequence[Mapping[str, Any]], backend: Backend) -> pd.DataFrame:
    lines = newest_lines(buckets, ("correlation_id",), backend.field_map)
    found = [buckets[position] for position in lines.index]
    rows = {
        "correlation_id": [bucket["key"] for bucket in found],
        "newest": lines["time"].to_numpy(),
        "lines": [bucket["doc_count"] for bucket in found],
        "matched": [_first_way(bucket["ways"]["buckets"]) for bucket in found],
    }
    return conform(pd.DataFrame(rows), FOUND_COLUMNS)


def _first_way(ways: Mapping[str, Mapping[str, int]]) -> str | None:
    return next((way for way in MATCHED if ways[way]["doc_count"]), None)


def _from_lines(
    backend: Backend, layout: Layout, text: str, window: Window, limit: int, ignored: Sequence[str]
) -> TableAnswer:
    """Find among the newest lines that match; `ignored`: only those where one of these fields was too long."""
    body = bodies.find_lines(text, window, layout.time_path, backend.field_map, layout.index, ignored)
    response, lacks = backend.search(body, _QUESTION)
    hits = response["hits"]["hits"]
    documents, document_ids = documents_of(hits)
    events = in_order(convert(documents, backend.field_map, document_ids=document_ids).events)
    found = table_summaries.find(events, text, holds_words(events["message"], text), limit)
    if len(hits) == bodies.PAGE_DOCUMENTS:
        what = f"{_QUESTION}: only the newest {len(hits)} lines that match were looked at"
        lacks = (*lacks, Problem(NAME, what, "choose a shorter time window, or map the IDs as keyword"))
    return TableAnswer(found, lacks)
