"""Delivery lines counted by the server: by block of delivery tags, and by process."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from eventrail.model.answers import LogQuery, TableAnswer
from eventrail.model.events import DELIVERY_OPERATIONS
from eventrail.model.problem import Problem
from eventrail.model.table import conform
from eventrail.model.tallies import PROCESS_COLUMNS, TAG_TALLY_COLUMNS, TagTally, no_tally, tag_width
from eventrail.sources import table_tallies
from eventrail.sources.elasticsearch import bodies
from eventrail.sources.elasticsearch.backend import Backend, Layout, UnanswerableError
from eventrail.sources.elasticsearch.conditions import conditions, fields_of
from eventrail.sources.elasticsearch.faults import FAULTS, problem_of
from eventrail.sources.elasticsearch.lines import read_lines
from eventrail.sources.elasticsearch.summaries import countable, counted_buckets, rows_of

_COUNTING: Final = "counting deliveries"
_PROCESSES: Final = "looking for restarts"


def tally(backend: Backend, query: LogQuery) -> TagTally:
    """Answer as LogSource.tally."""
    try:
        layout = backend.layout(_COUNTING)
        if lacking := _not_countable(layout, backend):
            return no_tally(f"the index cannot count by {lacking}")
        return _tallied(backend, layout, query)
    except UnanswerableError as unanswerable:
        return no_tally(unanswerable.problem.what, (unanswerable.problem,))
    except FAULTS as fault:
        problem = problem_of(fault, backend.asked(_COUNTING))
        return no_tally(problem.what, (problem,))


def processes(backend: Backend, query: LogQuery) -> TableAnswer:
    """Answer as LogSource.processes; the lines are read where the index cannot count by pod and process."""
    empty = conform({}, PROCESS_COLUMNS)
    try:
        layout = backend.layout(_PROCESSES)
        if countable(layout, backend.field_map, bodies.PROCESS_KEYS):
            return _first_spoken(backend, layout, query)
    except UnanswerableError as unanswerable:
        return TableAnswer(empty, (unanswerable.problem,))
    except FAULTS as fault:
        return TableAnswer(empty, (problem_of(fault, backend.asked(_PROCESSES)),))
    lines = read_lines(backend, query)
    return TableAnswer(table_tallies.processes(lines.events), lines.problems)


def _not_countable(layout: Layout, backend: Backend) -> str:
    """Name what the index cannot count by, empty when it can count by all that is needed."""
    tags = fields_of("delivery_tag", backend.field_map, layout.index)
    if not tags or not tags[0].numeric:
        return "delivery tag, for it has none as a number"
    lacking = [name for name in ("queue", *bodies.TALLY_COLUMNS) if not countable(layout, backend.field_map, (name,))]
    return ", ".join(lacking)


def _tallied(backend: Backend, layout: Layout, query: LogQuery) -> TagTally:
    asked = conditions(query, layout.time_path, backend.field_map, layout.index)
    lines = backend.client.count(index=backend.index, query={"bool": {"filter": asked}}).body["count"]
    width = tag_width(lines)

    def body(wide: bool) -> bodies.Body:
        return bodies.tally(query, width, layout.time_path, backend.field_map, layout.index, wide=wide)

    found, problems = counted_buckets(backend, layout, body, bodies.TALLY_COLUMNS)
    rows = rows_of(found, bodies.TALLY_COLUMNS, query.window, backend.field_map)
    rows = rows[rows["operation"].isin([str(operation) for operation in query.operations or DELIVERY_OPERATIONS])]
    blocks = [found[position]["key"][bodies.BLOCK] for position in rows.index]
    frame = pd.DataFrame(
        {
            "vhost": rows["vhost"].array,
            "channel_id": rows["channel_id"].array,
            "operation": rows["operation"].array,
            "block": pd.array([None if block is None else int(block) for block in blocks], dtype="Int64"),
            "lines": rows["documents"].to_numpy(),
            "tag_sum": [found[position]["tag_sum"]["value"] or 0.0 for position in rows.index],
        }
    )
    return TagTally(conform(frame, TAG_TALLY_COLUMNS), width, _partial(problems), problems)


def _partial(problems: Sequence[Problem]) -> str:
    """Say why counts that lack something are of no use."""
    return problems[0].what if problems else ""


def _first_spoken(backend: Backend, layout: Layout, query: LogQuery) -> TableAnswer:
    def body(wide: bool) -> bodies.Body:
        return bodies.processes(query, layout.time_path, backend.field_map, layout.index, wide=wide)

    found, problems = counted_buckets(backend, layout, body, bodies.PROCESS_KEYS)
    rows = rows_of(found, bodies.PROCESS_KEYS, query.window, backend.field_map)
    first = [found[position]["first"]["value"] for position in rows.index]
    times = pd.to_datetime(pd.Series(first, dtype="float64"), unit="ms", utc=True).dt.floor("ms")
    told = rows[["vhost", "pod", "instance_id"]].assign(first=times.astype("datetime64[ns, UTC]").array)
    known = told[told["pod"].notna() & told["instance_id"].notna()]
    return TableAnswer(conform(known.reset_index(drop=True), PROCESS_COLUMNS), problems)
