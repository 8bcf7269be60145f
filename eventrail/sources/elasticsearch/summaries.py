"""Freshness, activity and routes, counted by the server where it can; else counted here from the lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from eventrail.model.answers import LogQuery, TableAnswer
from eventrail.model.events import DELIVERY_OPERATIONS, empty_events
from eventrail.model.problem import Problem
from eventrail.model.summaries import ACTIVITY_COLUMNS, FRESHNESS_COLUMNS, ROUTE_KEYS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.sources import table_summaries
from eventrail.sources.documents import FieldMap, convert
from eventrail.sources.elasticsearch import bodies
from eventrail.sources.elasticsearch.backend import Backend, Layout, UnanswerableError
from eventrail.sources.elasticsearch.faults import FAULTS, NAME, problem_of
from eventrail.sources.elasticsearch.lines import read_lines

Bucket = Mapping[str, Any]

# Where an index cannot count, so many lines are read for a summary at most.
LINES_READ_MAX: Final = 200_000


def freshness(backend: Backend, window: Window) -> TableAnswer:
    """Answer as LogSource.freshness."""

    def counted(layout: Layout) -> TableAnswer:
        body = bodies.freshness(window, layout.time_path, backend.field_map, layout.index)
        found, problems = backend.buckets(body, "the newest line of each pod")
        return TableAnswer(_fresh(found, backend.field_map), problems)

    needed = ("service", "pod")
    return _summary(backend, window, "freshness", needed, counted, table_summaries.freshness)


def activity(backend: Backend, window: Window) -> TableAnswer:
    """Answer as LogSource.activity."""

    def counted(layout: Layout) -> TableAnswer:
        body = bodies.activity(window, layout.time_path, backend.field_map, layout.index)
        found, problems = backend.buckets(body, "lines by service and level")
        rows = _rows(found, bodies.ACTIVITY_COLUMNS, window, backend.field_map)
        counts = rows.groupby(["service", "level"], dropna=False)["documents"].sum().reset_index()
        return TableAnswer(conform(counts, ACTIVITY_COLUMNS), problems)

    return _summary(backend, window, "activity", bodies.ACTIVITY_COLUMNS, counted, table_summaries.activity)


def routes(backend: Backend, window: Window) -> TableAnswer:
    """Answer as LogSource.routes."""

    def counted(layout: Layout) -> TableAnswer:
        body = bodies.routes(window, layout.time_path, backend.field_map, layout.index)
        found, problems = backend.buckets(body, "deliveries by route")
        rows = _rows(found, (*bodies.ROUTE_COLUMNS, "operation"), window, backend.field_map)
        deliveries = rows[rows["operation"].isin([str(each) for each in DELIVERY_OPERATIONS])]
        keys = [*ROUTE_KEYS, "operation"]
        counts = deliveries.groupby(keys, dropna=False)["documents"].sum().rename("deliveries").reset_index()
        return TableAnswer(table_summaries.routes_from_counts(counts), problems)

    def from_lines(events: pd.DataFrame) -> pd.DataFrame:
        return table_summaries.routes(
            events[events["operation"].isin([str(operation) for operation in DELIVERY_OPERATIONS])]
        )

    needed = (*bodies.ROUTE_COLUMNS, "operation_type", "operation_name")
    return _summary(backend, window, "routes", needed, counted, from_lines)


def countable(layout: Layout, field_map: FieldMap, targets: Sequence[str]) -> bool:
    """Whether the index can count by all fields that may hold the columns."""
    return all(
        field.countable
        for target in targets
        for field in layout.index.among(each.field for each in field_map.of(target))
    )


def _summary(
    backend: Backend,
    window: Window,
    question: str,
    needed: Sequence[str],
    counted: Callable[[Layout], TableAnswer],
    from_lines: Callable[[pd.DataFrame], pd.DataFrame],
) -> TableAnswer:
    try:
        layout = backend.layout(question)
        if countable(layout, backend.field_map, needed):
            return counted(layout)
    except UnanswerableError as unanswerable:
        return TableAnswer(from_lines(empty_events()), (unanswerable.problem,))
    except FAULTS as fault:
        return TableAnswer(from_lines(empty_events()), (problem_of(fault, backend.asked(question)),))
    return _counted_here(backend, window, question, from_lines)


def _counted_here(
    backend: Backend, window: Window, question: str, from_lines: Callable[[pd.DataFrame], pd.DataFrame]
) -> TableAnswer:
    lines = read_lines(backend, LogQuery(window, newest_first=True, limit=LINES_READ_MAX))
    problems = lines.problems
    if lines.truncated:
        what = f"{question}: counted over the newest {LINES_READ_MAX} lines of the window only"
        problems = (*problems, Problem(NAME, what, "map names such as service and pod as keyword"))
    return TableAnswer(from_lines(lines.events.iloc[::-1]), problems)


def newest_lines(found: Sequence[Bucket], columns: Sequence[str], field_map: FieldMap) -> pd.DataFrame:
    """Give the newest line that each bucket carries as `newest`, its index the position of the bucket.

    Buckets whose line has a time that only the server understands are left out.
    """
    documents = [bucket["newest"]["hits"]["hits"][0].get("_source") for bucket in found]
    return _by_position(documents, columns, field_map)


def _fresh(found: Sequence[Bucket], field_map: FieldMap) -> pd.DataFrame:
    """Make the table from buckets that each carry their newest line; buckets of one pod are put together."""
    lines = newest_lines(found, bodies.FRESHNESS_COLUMNS, field_map)
    rows = lines[["service", "pod", "node"]].assign(
        newest=lines["time"],
        documents=[found[position]["doc_count"] for position in lines.index],
        heartbeats=[found[position]["heartbeats"]["doc_count"] for position in lines.index],
    )
    by_pod = rows.sort_values("newest", kind="stable").groupby(["service", "pod"], dropna=False, as_index=False)
    merged = by_pod.agg(
        node=("node", "last"),
        newest=("newest", "max"),
        documents=("documents", "sum"),
        heartbeats=("heartbeats", "sum"),
    )
    return conform(merged, FRESHNESS_COLUMNS)


def _rows(found: Sequence[Bucket], columns: Sequence[str], window: Window, field_map: FieldMap) -> pd.DataFrame:
    """Read the keys of buckets as the documents they stand for, by the same map; `documents` is their count."""
    time = dict.fromkeys([each.field for each in field_map.of("time")][:1], window.end.isoformat())
    documents = [{path: value for path, value in bucket["key"].items() if value is not None} | time for bucket in found]
    rows = _by_position(documents, columns, field_map)
    return rows.assign(documents=[found[position]["doc_count"] for position in rows.index])


def _by_position(documents: Sequence[Any], columns: Sequence[str], field_map: FieldMap) -> pd.DataFrame:
    positions = [str(position) for position in range(len(documents))]
    events = convert(documents, field_map, document_ids=positions, columns=columns).events
    return events.set_index(events["document_id"].astype("int64"))
