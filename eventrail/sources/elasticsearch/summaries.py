"""Freshness, activity and routes, counted by the server where it can; else counted here from the lines."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from eventrail.model.answers import LogQuery, TableAnswer
from eventrail.model.events import DELIVERY_OPERATIONS, empty_events
from eventrail.model.problem import Problem
from eventrail.model.summaries import ACTIVITY_COLUMNS, FRESHNESS_COLUMNS
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
        found, problems = _counted(backend, layout, window, bodies.freshness, bodies.POD_COLUMNS)
        return TableAnswer(_fresh(found, backend.field_map), problems)

    return _summary(backend, window, "freshness", bodies.POD_COLUMNS, counted, table_summaries.freshness)


def activity(backend: Backend, window: Window) -> TableAnswer:
    """Answer as LogSource.activity."""

    def counted(layout: Layout) -> TableAnswer:
        found, problems = _counted(backend, layout, window, bodies.activity, bodies.ACTIVITY_COLUMNS)
        rows = rows_of(found, bodies.ACTIVITY_COLUMNS, window, backend.field_map)
        counts = rows.groupby(["service", "level"], dropna=False)["documents"].sum().reset_index()
        return TableAnswer(conform(counts, ACTIVITY_COLUMNS), problems)

    return _summary(backend, window, "activity", bodies.ACTIVITY_COLUMNS, counted, table_summaries.activity)


def routes(backend: Backend, window: Window) -> TableAnswer:
    """Answer as LogSource.routes."""

    def counted(layout: Layout) -> TableAnswer:
        found, problems = _counted(backend, layout, window, bodies.routes, bodies.ROUTE_COLUMNS)
        rows = _deliveries(rows_of(found, bodies.ROUTE_COLUMNS, window, backend.field_map))
        counts = rows.groupby(list(bodies.ROUTE_COLUMNS), dropna=False)["documents"].sum()
        return TableAnswer(table_summaries.routes_from_counts(counts.rename("deliveries").reset_index()), problems)

    def from_lines(events: pd.DataFrame) -> pd.DataFrame:
        return table_summaries.routes(_deliveries(events))

    return _summary(backend, window, "routes", bodies.ROUTE_COLUMNS, counted, from_lines)


def countable(layout: Layout, field_map: FieldMap, columns: Sequence[str]) -> bool:
    """Whether the index can count by all fields that may hold the columns."""
    every = bodies.counted_by(columns, field_map, layout.index, wide=True)
    return all(field.countable for fields in every.values() for field in fields)


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


def counted_buckets(
    backend: Backend, layout: Layout, make: Callable[[bool], bodies.Body], columns: Sequence[str]
) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """Give the buckets: of the narrow question where it tells all, else of the wide one. make: wide → the question."""

    def ask(*, wide: bool) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
        return backend.buckets(make(wide), f"counting lines by {' and '.join(columns)}")

    found, problems = ask(wide=False)
    every = bodies.counted_by(columns, backend.field_map, layout.index, wide=True)
    doubtful = [fields[0].path for fields in every.values() if len(fields) > 1]
    if any(bucket["key"][path] is None for bucket in found for path in doubtful):
        return ask(wide=True)
    return found, problems


def _counted(
    backend: Backend, layout: Layout, window: Window, make: Callable[..., bodies.Body], columns: Sequence[str]
) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
    """As `counted_buckets`, of a window."""

    def body(wide: bool) -> bodies.Body:
        return make(window, layout.time_path, backend.field_map, layout.index, wide=wide)

    return counted_buckets(backend, layout, body, columns)


def _deliveries(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["operation"].isin([str(operation) for operation in DELIVERY_OPERATIONS])]


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


def rows_of(found: Sequence[Bucket], columns: Sequence[str], window: Window, field_map: FieldMap) -> pd.DataFrame:
    """Read the keys of buckets as the documents they stand for, by the same map; `documents` is their count."""
    time = dict.fromkeys([each.field for each in field_map.of("time")][:1], window.end.isoformat())
    documents = [{path: value for path, value in bucket["key"].items() if value is not None} | time for bucket in found]
    rows = _by_position(documents, columns, field_map)
    return rows.assign(documents=[found[position]["doc_count"] for position in rows.index])


def _by_position(documents: Sequence[Any], columns: Sequence[str], field_map: FieldMap) -> pd.DataFrame:
    positions = [str(position) for position in range(len(documents))]
    events = convert(documents, field_map, document_ids=positions, columns=columns).events
    return events.set_index(events["document_id"].astype("int64"))
