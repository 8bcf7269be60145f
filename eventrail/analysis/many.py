"""Many events at once: their lines to their steps in one pass over columns."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.columns import Positions
from eventrail.model.table import conform
from eventrail.model.trace import StepKind, StepState, TraceState
from eventrail.model.usual import MANY_EVENT_COLUMNS, MANY_STEP_COLUMNS, ManyEvents

# Assembling tells what belongs together by these names. With an event's number before them, no two events share one.
SCOPED: Final = ("message_id", "causation_id", "pod", "channel_id", "span_id", "parent_span_id")
# Each step has one of these.
ALWAYS: Final = ("service", "vhost")
UNUSED: Final = ("namespace", "client_id", "level", "logger", "message")
# Ends the number. Names may hold it too: only the first in a text counts.
MARK: Final = "\x1e"
# Of an event's steps: the worst that is true is said of it.
WORST_FIRST: Final = (TraceState.OUTSTANDING, TraceState.WAITING, TraceState.FAILED, TraceState.COMPLETE)


def assemble_many(events: pd.DataFrame, as_of: pd.Timestamp, routes: pd.DataFrame | None = None) -> ManyEvents:
    """Put the lines of many events together as they stood at `as_of`, each as `assemble_trace` does alone.

    events: the canonical event table, in any order; lines without a correlation ID are left out. routes: as for
    assemble_trace; without it a message that no consumer got is not known to wait.
    """
    usable = events["correlation_id"].notna() & (events["time"] <= as_of)
    lines = events[usable].reset_index(drop=True)
    numbers, names = pd.factorize(lines["correlation_id"])
    scoped = assemble_trace("", _scoped(lines, numbers), as_of, routes).steps
    event = _event_of(scoped)
    steps = _unscoped(scoped, event)
    known = pd.Series(names, dtype="str")
    steps.insert(0, "correlation_id", known.take(event).array)
    return ManyEvents(
        steps=conform(steps, MANY_STEP_COLUMNS),
        events=_summaries(steps, event, known, spans=_spans(steps, event, lines["time"], numbers)),
    )


def _scoped(lines: pd.DataFrame, numbers: Positions) -> pd.DataFrame:
    """Put the number of the event before its names, and before each service and virtual host, known or not."""
    prefix = pd.Series(numbers, index=lines.index).astype("str") + MARK
    scoped = {name: prefix + lines[name] for name in SCOPED}
    # Carrying along what no step has would take a third of the time.
    unused = dict.fromkeys(UNUSED, pd.Series(index=lines.index, dtype="str"))
    always = {name: prefix + lines[name].fillna("") for name in ALWAYS}
    return lines.assign(**scoped, **unused, **always)


def _event_of(steps: pd.DataFrame) -> Positions:
    """Give the number of each step's event."""
    # A wait of a message that nobody has received has no service, and a call has no virtual host.
    told = steps["service"].fillna(steps["vhost"])
    return np.asarray(_cut(told, told.str.find(MARK), keep_number=True).astype("int64"), dtype=np.int64)


def _unscoped(steps: pd.DataFrame, event: Positions) -> pd.DataFrame:
    """Give the steps with their names as logged."""
    digits = pd.Series(event).astype("str").str.len()
    named = {name: _cut(steps[name], digits, keep_number=False) for name in (*ALWAYS, *SCOPED) if name in steps}
    return steps.assign(**named | {name: named[name].mask(named[name] == "") for name in ALWAYS})


def _cut(names: "pd.Series[Any]", digits: "pd.Series[Any]", *, keep_number: bool) -> "pd.Series[Any]":
    """Give the number before each name, or the name; `digits` says how long the number is. There are few lengths."""
    cut = names
    for length in sorted(digits.dropna().unique()):
        part = slice(0, length) if keep_number else slice(length + len(MARK), None)
        cut = cut.mask(digits == length, names.str.slice(part.start, part.stop))
    return cut


def _spans(steps: pd.DataFrame, event: Positions, times: "pd.Series[Any]", line_event: Positions) -> pd.DataFrame:
    """Give the first and last instant of each event, of its steps and lines: min and max, by event number."""
    instants = pd.concat([steps["start"], steps["end"], times], ignore_index=True)
    return instants.groupby(np.concatenate([event, event, line_event])).agg(["min", "max"])


def _summaries(steps: pd.DataFrame, event: Positions, names: "pd.Series[Any]", spans: pd.DataFrame) -> pd.DataFrame:
    """Give MANY_EVENT_COLUMNS, by the rules of a single trace."""
    state = _states(steps, event).reindex(names.index, fill_value=TraceState.UNKNOWN.value)
    is_open = state.isin([TraceState.OUTSTANDING, TraceState.WAITING])
    told = {
        "correlation_id": names,
        "event_type": steps["event_type"].groupby(event).first().reindex(names.index),
        "started": spans["min"],
        "ended": spans["max"].mask(is_open),
        "state": state,
    }
    return conform(pd.DataFrame(told), MANY_EVENT_COLUMNS).sort_values("started", kind="stable", ignore_index=True)


def _states(steps: pd.DataFrame, event: Positions) -> "pd.Series[Any]":
    """Give the worst that is true of each event's steps, by event number."""
    is_try = steps["kind"].isin([StepKind.PUBLISH, StepKind.HANDLE])
    tries = steps[["kind", "queue", "message_id"]].assign(event=event)[is_try]
    tried_again = tries.duplicated(keep="last").reindex(steps.index, fill_value=False)
    gives_up = is_try & ~tried_again
    marks = {
        TraceState.OUTSTANDING: steps["state"] == StepState.OUTSTANDING,
        TraceState.WAITING: steps["state"] == StepState.WAITING,
        TraceState.FAILED: (steps["state"] == StepState.FAILED) & gives_up,
        TraceState.COMPLETE: steps["state"] == StepState.COMPLETE,
        TraceState.UNKNOWN: steps["state"] == StepState.UNKNOWN,
    }
    seen = pd.DataFrame(marks).groupby(event).any()
    seen[TraceState.COMPLETE] &= ~seen[TraceState.UNKNOWN]
    worst = np.select(
        [seen[state] for state in WORST_FIRST], [state.value for state in WORST_FIRST], TraceState.UNKNOWN.value
    )
    return pd.Series(worst, index=seen.index)
