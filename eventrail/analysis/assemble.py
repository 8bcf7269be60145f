"""From the log lines of one correlation ID to its trace: steps, causes, state."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.causes import inferred_causes, stated_causes
from eventrail.analysis.clean import clean
from eventrail.analysis.columns import join_names
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.order import in_order
from eventrail.analysis.waits import waits_between
from eventrail.model.events import Operation, Outcome
from eventrail.model.ledger import Settlement
from eventrail.model.problem import Problem
from eventrail.model.table import conform
from eventrail.model.trace import STEP_COLUMNS, StepKind, StepState, Trace, TraceState

STATE_OF_SETTLEMENT: Final = {
    Settlement.ACK: StepState.COMPLETE,
    Settlement.REQUEUE: StepState.REQUEUED,
    Settlement.DISCARD: StepState.FAILED,
    Settlement.RETURNED: StepState.RETURNED,
}
FAILED_SENDS: Final = (Outcome.UNROUTABLE, Outcome.REFUSED)


def assemble_trace(
    correlation_id: str, events: pd.DataFrame, as_of: pd.Timestamp, routes: pd.DataFrame | None = None
) -> Trace:
    """Put the lines of one event together as it stood at `as_of`.

    events: the canonical event table, in any order, doubles and later lines included. routes: exchange, routing_key,
    queue (LogSource.routes): where messages that no line shows arriving are waiting; without it that cannot be told.
    Never raises for what lines say; what is odd is in `warnings`.
    """
    lines, problems = clean(events[events["time"] <= as_of])
    deliveries, delivery_problems = match_deliveries(lines)
    publishes = _publish_steps(lines)
    handles = _handle_steps(deliveries)
    waits = waits_between(publishes, handles, routes)
    calls = _call_steps(lines)
    ended_waits = waits[waits["handle_id"].notna()].set_index("handle_id")["id"]
    handles["parent_id"] = ended_waits.reindex(handles["id"]).array
    publishes, doubts = _with_causes(publishes, handles)
    calls, _ = _with_causes(calls, handles)
    calls = _under_calls(calls)
    steps = pd.concat(
        [
            conform(part[[name for name in STEP_COLUMNS if name in part]], STEP_COLUMNS)
            for part in (publishes, waits, handles, calls)
        ],
        ignore_index=True,
    )
    steps = in_order(steps)
    warnings = (*problems, *delivery_problems, *doubts, *_warnings(handles))
    return Trace(
        correlation_id=correlation_id,
        as_of=as_of,
        started=_bound(steps, lines, "min"),
        ended=_ended(steps, lines),
        state=_state(steps),
        steps=steps,
        log_lines=lines[lines["operation"] == Operation.LOG].reset_index(drop=True),
        warnings=warnings,
    )


def _publish_steps(lines: pd.DataFrame) -> pd.DataFrame:
    """Make a step of each send line."""
    sends = lines[lines["operation"] == Operation.SEND].reset_index(drop=True)
    nth = sends.groupby("message_id", dropna=False).cumcount()
    failed = sends["outcome"].isin(FAILED_SENDS)
    return sends.assign(
        id="publish:" + sends["message_id"].fillna("?") + _suffix(nth),
        kind=StepKind.PUBLISH.value,
        queue=pd.Series(index=sends.index, dtype="str"),
        start=sends["time"],
        end=sends["time"],
        state=np.where(failed, StepState.FAILED, StepState.COMPLETE),
        inferred="",
    )


def _handle_steps(deliveries: pd.DataFrame) -> pd.DataFrame:
    """Make a step of each delivery."""
    message = deliveries["message_id"].fillna("?")
    nth = deliveries.groupby([deliveries["queue"], message], dropna=False).cumcount()
    state = deliveries["settlement"].map(STATE_OF_SETTLEMENT).fillna(StepState.OUTSTANDING.value)
    return deliveries.assign(
        id="handle:" + deliveries["queue"].fillna("?") + ":" + message + _suffix(nth),
        kind=StepKind.HANDLE.value,
        start=deliveries["delivered"],
        end=deliveries["settled"],
        state=state.astype("str"),
        outcome=deliveries["settlement"],
    )


def _call_steps(lines: pd.DataFrame) -> pd.DataFrame:
    """Make a step of each line about a synchronous call; it is written when the call ends."""
    calls = lines[lines["operation"] == Operation.CALL].reset_index(drop=True)
    began = calls["time"] - pd.to_timedelta(calls["duration_seconds"].fillna(0.0).astype(float), unit="s")
    failed = (calls["outcome"] == Outcome.ERROR) | calls["error_type"].notna()
    name = calls["span_id"].fillna(calls["document_id"]).fillna("") + "." + calls["span_kind"].fillna("")
    nth = name.groupby(name).cumcount()
    return calls.assign(
        id="call:" + name + _suffix(nth),
        kind=StepKind.CALL.value,
        message_id=calls["causation_id"],
        start=began,
        end=calls["time"],
        state=np.where(failed, StepState.FAILED, StepState.COMPLETE),
        inferred=np.where(calls["duration_seconds"].isna(), "start", ""),
    )


def _suffix(nth: "pd.Series[int]") -> "pd.Series[Any]":
    """Tell apart steps of the same name: nothing for the first, "#2" for the second."""
    return ("#" + (nth + 1).astype("str")).mask(nth == 0, "").astype("str")


def _with_causes(effects: pd.DataFrame, handles: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Fill `parent_id` from causation IDs, else by what was in progress on the same pod, and mark what is inferred."""
    stated = stated_causes(effects, handles)
    guessed = inferred_causes(effects, handles).where(effects["causation_id"].isna())
    caused = effects.assign(parent_id=stated.fillna(guessed).astype("str"))
    marks = {"_": effects["inferred"] != "", "parent_id": guessed.notna()}
    joined = join_names({"parent_id": marks["parent_id"]}, len(effects))
    caused["inferred"] = np.where(
        marks["_"] & (joined != ""), effects["inferred"] + "," + joined, effects["inferred"] + joined
    )
    orphans = int((effects["causation_id"].notna() & stated.isna()).sum())
    if not orphans:
        return caused, ()
    what = f"{orphans:,} publishes name a causing message whose handling no line shows"
    return caused, (
        Problem("trace", what, "look whether the causing service logs its deliveries with this correlation ID"),
    )


def _under_calls(calls: pd.DataFrame) -> pd.DataFrame:
    """Hang a call's line of the called side under the caller's, by span IDs."""
    callers = calls[calls["span_id"].notna()].drop_duplicates("span_id").set_index("span_id")["id"]
    parent = pd.Series(callers.reindex(calls["parent_span_id"]).array, index=calls.index)
    own = parent == calls["id"]
    return calls.assign(parent_id=parent.mask(own).fillna(calls["parent_id"]))


def _bound(steps: pd.DataFrame, lines: pd.DataFrame, which: str) -> pd.Timestamp | None:
    """Give the first or last instant that a step or line is at; None when there is nothing."""
    times = pd.concat([steps["start"], steps["end"], lines["time"]]).dropna()
    return None if times.empty else getattr(times, which)()


def _ended(steps: pd.DataFrame, lines: pd.DataFrame) -> pd.Timestamp | None:
    """Give when the event ended; None while a step is open."""
    is_open = steps["state"].isin([StepState.OUTSTANDING, StepState.WAITING]).any()
    return None if is_open else _bound(steps, lines, "max")


def _state(steps: pd.DataFrame) -> TraceState:
    """Give the worst that is true: a delivery not settled, a message waiting, one given up; unknown without steps."""
    states = set(steps["state"])
    if StepState.OUTSTANDING in states:
        return TraceState.OUTSTANDING
    if StepState.WAITING in states:
        return TraceState.WAITING
    if _given_up(steps):
        return TraceState.FAILED
    if StepState.COMPLETE in states and StepState.UNKNOWN not in states:
        return TraceState.COMPLETE
    return TraceState.UNKNOWN


def _given_up(steps: pd.DataFrame) -> bool:
    """Say whether a publish failed, or the last delivery of a message from a queue was discarded."""
    publish_failed = (steps["kind"] == StepKind.PUBLISH) & (steps["state"] == StepState.FAILED)
    handles = steps[steps["kind"] == StepKind.HANDLE]
    last = handles.drop_duplicates(["queue", "message_id"], keep="last")
    return bool(publish_failed.any() or (last["state"] == StepState.FAILED).any())


def _warnings(handles: pd.DataFrame) -> tuple[Problem, ...]:
    """Say what the lines leave out: a delivery that no wait led to."""
    unpublished = handles["message_id"].notna() & handles["parent_id"].isna()
    if not unpublished.any():
        return ()
    messages = handles["message_id"][unpublished].nunique()
    what = f"{messages:,} messages were delivered that no line shows being published; their wait is unknown"
    return (Problem("trace", what, "widen the window, or instrument the publishing service"),)
