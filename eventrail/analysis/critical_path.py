"""The critical path of an event: which steps, and which part of each, determine when it ended.

Walk back from the step that ended last. Before a step lies its cause, up to the instant at which the step began; a
handling or call is itself explained by the synchronous calls nested in it: the one that ended last, then the one that
ended last before that one began, and so on. The nested part is the definition of Jaeger's interface and of CRISP (Zhang
et al., USENIX ATC 2022); there a child that outlasts its parent is cut off, here asynchronous children do so as a
rule, so the walk begins at the last end of all and goes by causes. docs/trace-analysis.md has pictures.
"""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions
from eventrail.analysis.forest import Forest, forest_of
from eventrail.analysis.instants import MISSING, NEVER, PER_SECOND, Nanoseconds, instants, nanoseconds
from eventrail.model.paths import PATH_COLUMNS, CriticalPath, PathPart
from eventrail.model.table import conform
from eventrail.model.trace import OPEN_STATES, StepKind, StepState, Trace

PART_OF_KIND: Final = {
    StepKind.PUBLISH: PathPart.PUBLISH,
    StepKind.WAIT: PathPart.WAIT,
    StepKind.HANDLE: PathPart.HANDLE,
    StepKind.CALL: PathPart.CALL,
}


class _Times(NamedTuple):
    """Nanoseconds since 1970 by step: an open step ends at the trace's instant, one without any time never begins."""

    start: Nanoseconds
    end: Nanoseconds
    open: Mask


class _Sections(NamedTuple):
    """Sections as columns: the step's position, from, until."""

    step: Positions
    start: Nanoseconds
    end: Nanoseconds


def critical_path(trace: Trace, forest: Forest | None = None) -> CriticalPath:
    """Give the critical path of a trace, finished or not; an empty one for a trace without steps.

    An unfinished event's path leads to the open step that began first and ends at the instant the trace speaks about.
    Times are taken as they stand: where clocks differ, a section that would be negative has no length, and the
    sections still fill the time from the first to the last exactly. forest: `forest_of(trace.steps)`, if at hand.
    """
    steps = trace.steps
    times = _times(steps, trace.as_of)
    last = _last(times)
    if last == NOWHERE:
        return CriticalPath(conform({}, PATH_COLUMNS), None, None, open=False)
    forest = forest or forest_of(steps)
    chain, own, between = _walk_back(last, times, forest)
    sections = _with_calls(own, chain, steps, times, forest.parent)
    table = _table(steps, sections, between, forest.depth)
    return CriticalPath(table, table["start"].iloc[0], table["end"].iloc[-1], open=bool(times.open[last]))


def _times(steps: pd.DataFrame, as_of: pd.Timestamp) -> _Times:
    start, end = nanoseconds(steps["start"]), nanoseconds(steps["end"])
    is_open = steps["state"].isin(OPEN_STATES).to_numpy() & (end == MISSING)
    start = np.where(start == MISSING, end, start)
    end = np.where(end == MISSING, start, end)
    end = np.where(is_open, np.maximum(start, as_of.as_unit("ns").value), end)
    untimed = start == MISSING
    return _Times(np.where(untimed, NEVER, start), np.where(untimed, NEVER, end), is_open & ~untimed)


def _last(times: _Times) -> int:
    """Give the step that ended last, the one that began first if several did; an open one while there is one."""
    candidates = np.flatnonzero(times.open if times.open.any() else times.start != NEVER)
    if not len(candidates):
        return NOWHERE
    ended = times.end[candidates]
    latest = candidates if times.open.any() else candidates[ended == ended.max()]
    return int(latest[np.argmin(times.start[latest])])


def _walk_back(last: int, times: _Times, forest: Forest) -> tuple[Positions, _Sections, _Sections]:
    """Give the causes of `last` (itself first), the section of each, and the sections in which none of them went on."""
    positions = []
    at = last
    while at != NOWHERE:
        positions.append(at)
        at = int(forest.parent[at])
    chain: Positions = np.array(positions, dtype=np.int64)
    total = times.end[last]
    # A cause goes on until its effect began. What began after its own effect, by clocks, has no part in it.
    begins = np.minimum.accumulate(np.minimum(times.start[chain], total))
    until = np.concatenate([[total], begins[:-1]])
    ends = np.clip(times.end[chain], begins, until)
    idle = np.flatnonzero(ends < until)
    return chain, _Sections(chain, begins, ends), _Sections(chain[idle - 1], ends[idle], until[idle])


def _with_calls(own: _Sections, chain: Positions, steps: pd.DataFrame, times: _Times, parent: Positions) -> _Sections:
    """Split sections by the synchronous calls nested in them."""
    is_call = (steps["kind"] == StepKind.CALL).to_numpy()
    nested = np.flatnonzero(is_call & (parent != NOWHERE) & (times.start < times.end))
    in_chain: Mask = np.zeros(len(steps), dtype=bool)
    in_chain[chain] = True
    nested = nested[~in_chain[nested]]
    nested = nested[np.lexsort((-times.end[nested], parent[nested]))]
    callers = parent[nested]
    has_calls: Mask = np.zeros(len(steps), dtype=bool)
    has_calls[callers] = True
    split = has_calls[own.step]
    todo = [(int(step), int(start), int(end)) for step, start, end in zip(*(c[split] for c in own), strict=True)]
    found: list[tuple[int, int, int]] = []
    while todo:
        step, start, end = todo.pop()
        first, after = np.searchsorted(callers, [step, step + 1])
        for call in nested[first:after].tolist():
            began, ended = max(int(times.start[call]), start), min(int(times.end[call]), int(times.end[step]))
            if began < ended <= end:
                found.append((step, ended, end))
                todo.append((call, began, ended))
                end = began
        found.append((step, start, end))
    split_up: Codes = np.array(found, dtype=np.int64).reshape(-1, 3)
    return _Sections(*(np.concatenate([c[~split], split_up[:, i]]) for i, c in enumerate(own)))


def _table(steps: pd.DataFrame, sections: _Sections, between: _Sections, depth: Codes) -> pd.DataFrame:
    """Put sections in order; those of no length stand between the others in the order of cause."""
    handled = _handled_from(steps, sections)
    in_buffer = _Sections(sections.step, sections.start, np.minimum(sections.end, handled))
    in_handler = _Sections(sections.step, np.maximum(sections.start, handled), sections.end)
    kinds = steps["kind"].map(PART_OF_KIND).to_numpy(dtype=object)
    named = [
        (in_handler, kinds[sections.step]),
        (in_buffer, np.full(len(handled), PathPart.RECEIVED, dtype=object)),
        (between, np.full(len(between.step), PathPart.BETWEEN, dtype=object)),
    ]
    step, start, end = (np.concatenate([columns[i] for columns, _ in named]) for i in range(3))
    names = np.concatenate([parts for _, parts in named])
    order = np.lexsort((depth[step], end, start))
    step, start, end, names = step[order], start[order], end[order], names[order]
    wanted = _worth_a_row(step, start < end, names == PathPart.BETWEEN)
    table = {
        "step_id": steps["id"].array[step[wanted]],
        "part": names[wanted],
        "start": instants(start[wanted]),
        "end": instants(end[wanted]),
        "seconds": (end - start)[wanted] / PER_SECOND,
    }
    return conform(table, PATH_COLUMNS)


def _handled_from(steps: pd.DataFrame, sections: _Sections) -> Nanoseconds:
    """Give from when each section is more than lying in the client's buffer; at its end if no handler took it yet."""
    taken = nanoseconds(steps["handling_start"])[sections.step]
    buffered = (steps["kind"] == StepKind.HANDLE).to_numpy() & (steps["state"] == StepState.OUTSTANDING).to_numpy()
    unknown = np.where(buffered[sections.step], sections.end, sections.start)
    return np.clip(np.where(taken == MISSING, unknown, taken), sections.start, sections.end)


def _worth_a_row(step: Positions, has_length: Mask, between: Mask) -> Mask:
    """Choose the sections with length, and one without for a step that has none with."""
    told: Mask = np.isin(step, step[has_length & ~between])
    first: Mask = ~pd.Series(np.where(between, NOWHERE, step)).duplicated().to_numpy()
    return has_length | (~told & first & ~between)
