"""From the log lines of one correlation ID to its trace: steps, causes, state."""

from dataclasses import replace

import numpy as np
import pandas as pd

from eventrail.analysis.causes import inferred_causes, stated_causes
from eventrail.analysis.clean import clean_rows
from eventrail.analysis.columns import (
    NOWHERE,
    Mask,
    Positions,
    Times,
    are_last,
    first_positions,
    numbered,
    pick,
)
from eventrail.analysis.deliveries import find_deliveries
from eventrail.analysis.inferred import inferred
from eventrail.analysis.lines import Lines
from eventrail.analysis.order import in_order
from eventrail.analysis.routes import known_routes
from eventrail.analysis.stated_steps import call_steps, handle_steps, publish_steps
from eventrail.analysis.steps import KINDS, STATES, Steps, joined, step_ids, steps_table
from eventrail.analysis.waits import Waits, waits_between
from eventrail.model.event_order import order_of
from eventrail.model.events import Operation
from eventrail.model.problem import Problem
from eventrail.model.trace import OPEN_STATES, StepKind, StepState, Trace, TraceState


def assemble_trace(
    correlation_id: str, events: pd.DataFrame, as_of: pd.Timestamp, routes: pd.DataFrame | None = None
) -> Trace:
    """Put the lines of one event together as it stood at `as_of`.

    events: the canonical event table, in any order, doubles and later lines included. routes: exchange, routing_key,
    queue (LogSource.routes): where messages that no line shows arriving are waiting; without it that cannot be told.
    Never raises for what lines say; what is odd is in `warnings`.
    """
    lines = Lines(events)
    ordered = order_of(events)
    rows, problems = clean_rows(events, ordered[(events["time"].array <= as_of)[ordered]])
    deliveries, delivery_problems = find_deliveries(lines, rows)
    ways = known_routes(lines, routes)
    publishes, handles, calls = publish_steps(lines, rows), handle_steps(deliveries), call_steps(lines, rows)
    waits = waits_between(publishes, handles, deliveries.copies(), lines, ways)
    publishes, publish_causes, doubts = _with_causes(publishes, handles, lines)
    calls, call_causes, _ = _with_causes(calls, handles, lines)
    steps = joined([publishes, handles, calls, waits.steps])
    parents = _parents(publishes, handles, _under_calls(calls, lines), publish_causes, call_causes, waits)
    order = in_order(steps, parents)
    ids = step_ids(steps, lines, ways.queues)
    parent_ids = pick(ids, parents[order], None)
    steps, parents = steps.at(order), parents[order]
    warnings = (*problems, *delivery_problems, *doubts, *_warnings(steps, parents))
    started, ended = _bounds(steps, lines.times[rows])
    is_log = lines.telling(Operation.LOG)[rows]
    return Trace(
        correlation_id=correlation_id,
        as_of=as_of,
        started=started,
        ended=None if _any(steps, *OPEN_STATES) else ended,
        state=_state(steps),
        steps=steps_table(steps, ids[order], parent_ids, lines, ways.queues),
        log_lines=events.iloc[rows[is_log]].reset_index(drop=True),
        warnings=warnings,
    )


def _with_causes(effects: Steps, handles: Steps, lines: Lines) -> tuple[Steps, Positions, tuple[Problem, ...]]:
    """Find the handling that caused each effect: by causation ID, else by what was in progress on its pod, and marked.

    Gives the effects with their marks, the handlings' positions, and what could not be found.
    """
    if not len(effects):
        return effects, effects.line, ()
    states_cause = lines.codes("causation_id")[effects.line] != NOWHERE
    stated = stated_causes(effects, handles, lines)
    guessed = np.where(states_cause, NOWHERE, inferred_causes(effects, handles, lines))
    marked = replace(effects, inferred=effects.inferred | inferred(len(effects), {"parent_id": guessed != NOWHERE}))
    causes = np.where(stated == NOWHERE, guessed, stated)
    orphans = int((states_cause & (stated == NOWHERE)).sum())
    if not orphans:
        return marked, causes, ()
    what = f"{orphans:,} publishes name a causing message whose handling no line shows"
    remedy = "look whether the causing service logs its deliveries with this correlation ID"
    return marked, causes, (Problem("trace", what, remedy),)


def _under_calls(calls: Steps, lines: Lines) -> Positions:
    """Give for a call's line of the called side the caller's, by span IDs."""
    if not len(calls):
        return calls.line
    spans = lines.codes("span_id")[calls.line]
    first = first_positions(spans, spans != NOWHERE, len(lines.words("span_id")))
    caller = pick(first, lines.codes("parent_span_id")[calls.line], NOWHERE)
    return np.where(caller == np.arange(len(calls)), NOWHERE, caller)


def _parents(
    publishes: Steps,
    handles: Steps,
    callers: Positions,
    publish_causes: Positions,
    call_causes: Positions,
    waits: Waits,
) -> Positions:
    """Give the position of each step's cause among publishes, handlings, calls and waits, in that order."""
    first_handle = len(publishes)
    first_call = first_handle + len(handles)
    first_wait = first_call + len(callers)
    of_handles = np.full(len(handles), NOWHERE)
    ended = np.flatnonzero(waits.ended_by != NOWHERE)
    of_handles[waits.ended_by[ended]] = first_wait + ended
    return np.concatenate(
        [
            _moved(publish_causes, first_handle),
            of_handles,
            np.where(callers == NOWHERE, _moved(call_causes, first_handle), _moved(callers, first_call)),
            np.where(waits.after_handle == NOWHERE, waits.after_publish, _moved(waits.after_handle, first_handle)),
        ]
    )


def _moved(positions: Positions, by: int) -> Positions:
    return np.where(positions == NOWHERE, NOWHERE, positions + by)


def _bounds(steps: Steps, line_times: Times) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Give the first and the last instant that a step or line is at; None when there is nothing."""
    times = np.concatenate([steps.start, steps.end, line_times])
    if not len(times):
        return None, None
    return pd.Timestamp(np.fmin.reduce(times), tz="UTC"), pd.Timestamp(np.fmax.reduce(times), tz="UTC")


def _any(steps: Steps, *states: StepState) -> bool:
    return bool(np.isin(steps.state, [STATES.index(state) for state in states]).any())


def _state(steps: Steps) -> TraceState:
    """Give the worst that is true: a delivery not settled, a message waiting, one given up; unknown without steps."""
    if _any(steps, StepState.OUTSTANDING):
        return TraceState.OUTSTANDING
    if _any(steps, StepState.WAITING):
        return TraceState.WAITING
    if _given_up(steps):
        return TraceState.FAILED
    if _any(steps, StepState.COMPLETE) and not _any(steps, StepState.UNKNOWN):
        return TraceState.COMPLETE
    return TraceState.UNKNOWN


def _given_up(steps: Steps) -> bool:
    """Say whether a publish failed, or the last delivery of a message from a queue was discarded."""
    failed = steps.state == STATES.index(StepState.FAILED)
    handled = _is(steps, StepKind.HANDLE)
    last = are_last(numbered(steps.queue[handled], steps.message[handled]))
    return bool((failed & _is(steps, StepKind.PUBLISH)).any() or failed[handled][last].any())


def _warnings(steps: Steps, parents: Positions) -> tuple[Problem, ...]:
    """Say what the lines leave out: a delivery that no wait led to."""
    unpublished = _is(steps, StepKind.HANDLE) & (steps.message != NOWHERE) & (parents == NOWHERE)
    if not unpublished.any():
        return ()
    messages = len(np.unique(steps.message[unpublished]))
    what = f"{messages:,} messages were delivered that no line shows being published; their wait is unknown"
    return (Problem("trace", what, "widen the window, or instrument the publishing service"),)


def _is(steps: Steps, kind: StepKind) -> Mask:
    are: Mask = steps.kind == KINDS.index(kind)
    return are
