"""From the log lines of one correlation ID to its trace: steps, causes, state."""

from dataclasses import replace

import numpy as np
import pandas as pd

from eventrail.analysis.causes import inferred_causes, stated_causes
from eventrail.analysis.circles import without_circles
from eventrail.analysis.clean import clean_rows
from eventrail.analysis.columns import NOWHERE, Codes, Positions, Times, first_positions, pick
from eventrail.analysis.deliveries import find_deliveries
from eventrail.analysis.doubts import apart, in_circles, own_causes, published_again, unpublished, unseen_causes
from eventrail.analysis.inferred import inferred
from eventrail.analysis.lines import Lines
from eventrail.analysis.order import in_order
from eventrail.analysis.spans_told import read_spans, with_spans_told
from eventrail.analysis.standing import has_ended, state_of
from eventrail.analysis.stated_steps import call_steps, handle_steps, publish_steps
from eventrail.analysis.steps import KINDS, Steps, joined, step_ids, steps_table
from eventrail.analysis.wait_steps import Waits
from eventrail.analysis.waits import waits_between
from eventrail.model.event_order import order_of
from eventrail.model.events import Operation
from eventrail.model.problem import Problem
from eventrail.model.trace import StepKind, Trace


def assemble_trace(
    correlation_id: str, events: pd.DataFrame, as_of: pd.Timestamp, routes: pd.DataFrame | None = None
) -> Trace:
    """Put the lines of one event together as it stood at `as_of`.

    events: the canonical event table, in any order, doubles and later lines included. routes: exchange, routing_key,
    queue (LogSource.routes): where messages that no line shows arriving are waiting; without it that cannot be told.
    Spans of which the events tell join steps (analysis/spans_told.py).
    Never raises for what lines say; what is odd is in `warnings`.
    """
    told = read_spans(Lines(events), as_of)
    return with_spans_told(_assembled(correlation_id, told.lines, as_of, routes), told)


def _assembled(correlation_id: str, lines: Lines, as_of: pd.Timestamp, routes: pd.DataFrame | None) -> Trace:
    """Put together what lines tell by themselves."""
    events = lines.events
    ordered = order_of(events)
    rows, problems = clean_rows(events, ordered[(events["time"].array <= as_of)[ordered]])
    deliveries, delivery_problems = find_deliveries(lines, rows)
    publishes, handles, calls = publish_steps(lines, rows), handle_steps(deliveries), call_steps(lines, rows)
    waits, messages, queues = waits_between(publishes, handles, deliveries, lines, routes)
    publishes, publish_causes, doubts = _with_causes(publishes, handles, lines)
    calls, call_causes, _ = _with_causes(calls, handles, lines)
    steps = joined([publishes, handles, calls, waits.steps])
    parents = _parents(publishes, handles, _under_calls(calls, lines), publish_causes, call_causes, waits)
    parents, depths, circles = _out_of_circles(steps, parents, call_causes, first_call=len(publishes) + len(handles))
    order = in_order(steps, depths)
    ids = step_ids(steps, lines, queues)
    parent_ids = pick(ids, parents[order], None)
    steps, parents = steps.at(order), parents[order]
    table = steps_table(steps, ids[order], parent_ids, lines, queues)
    started, ended = _bounds(steps, lines.times[rows])
    is_log = lines.telling(Operation.LOG)[rows]
    return Trace(
        correlation_id=correlation_id,
        as_of=as_of,
        started=started,
        ended=ended if has_ended(steps) else None,
        state=state_of(steps),
        steps=table,
        log_lines=events.iloc[rows[is_log]].reset_index(drop=True),
        warnings=(
            *problems,
            *delivery_problems,
            *doubts,
            *unpublished(steps, parents),
            *published_again(messages, lines),
            *in_circles(circles),
            *apart(table, as_of),
        ),
    )


def _out_of_circles(
    steps: Steps, parents: Positions, call_causes: Positions, *, first_call: int
) -> tuple[Positions, Codes, int]:
    """Cut circles as `without_circles` does; a call that was in one by its span still has its handling as a cause.

    That makes no new circle: a handling is never caused by a call.
    """
    cut, depths, circles = without_circles(steps, parents)
    handling = np.full(len(cut), NOWHERE)
    first_handle = int((steps.kind == KINDS.index(StepKind.PUBLISH)).sum())
    handling[first_call : first_call + len(call_causes)] = _moved(call_causes, first_handle)
    freed = (cut != parents) & (handling != NOWHERE)
    if not freed.any():
        return cut, depths, circles
    rehung, depths, _ = without_circles(steps, np.where(freed, handling, cut))
    return rehung, depths, circles


def _with_causes(effects: Steps, handles: Steps, lines: Lines) -> tuple[Steps, Positions, tuple[Problem, ...]]:
    """Find the handling that caused each effect: by causation ID, else by what was in progress on its pod, and marked.

    A publish that names itself as its cause names none. Gives the effects with their marks, the handlings' positions,
    and what could not be found.
    """
    if not len(effects):
        return effects, effects.line, ()
    causation = lines.codes("causation_id")[effects.line]
    is_publish = effects.kind == KINDS.index(StepKind.PUBLISH)
    own = is_publish & (causation != NOWHERE) & (causation == effects.message)
    states_cause = (causation != NOWHERE) & ~own
    stated = np.where(own, NOWHERE, stated_causes(effects, handles, lines))
    guessed = np.where(states_cause, NOWHERE, inferred_causes(effects, handles, lines))
    marked = replace(effects, inferred=effects.inferred | inferred(len(effects), {"parent_id": guessed != NOWHERE}))
    causes = np.where(stated == NOWHERE, guessed, stated)
    return marked, causes, (*unseen_causes(states_cause & (stated == NOWHERE)), *own_causes(own))


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
