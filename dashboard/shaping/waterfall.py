"""A trace as a waterfall: lanes, bars on them, and the links from a publish to the delivery it led to.

A delivery is one lane, read from left to right: it waits in the queue, is received into the client's buffer, is
handled. What a handling publishes is a mark on its lane; the calls it makes are lanes of their own right under it.
Everything is columns, so that a trace of 100,000 steps is shaped in well below a second.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.shaping.axis import BrokenAxis, broken_axis
from dashboard.shaping.folds import drawn_steps
from dashboard.shaping.lanes import LANE_COLUMNS, assign_lanes, describe_lanes
from eventrail.model.folding import Folding
from eventrail.model.paths import CriticalPath
from eventrail.model.trace import StepKind, StepState, Trace

# column → meaning. One row a bar; positions are fractions of the drawing's width.
BAR_COLUMNS: Final = {
    "lane": "number of the lane, from the top",
    "step_id": "the step that the bar belongs to",
    "kind": "wait, received, handle, call, served (the called side), publish (a mark: x0 equals x1)",
    "state": "the step's state",
    "x0": "where it begins",
    "x1": "where it ends; for an open one: the instant the trace speaks about",
    "open": "it has not ended",
    "critical": "it is on the critical path",
    "many": "it stands for many steps, from the first one's begin to the last one's end",
}
LINK_COLUMNS: Final = {
    "from_lane": "lane of the publish, or of the delivery that ended without an ack",
    "to_lane": "lane where the message went",
    "x": "when",
    "kind": "cause (a publish), again (given back to the same queue), dead (to another queue)",
}

OPEN_STATES: Final = (StepState.OUTSTANDING, StepState.WAITING)


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What is drawn. lanes: LANE_COLUMNS; bars: BAR_COLUMNS; links: LINK_COLUMNS; now: where as_of lies, if shown."""

    lanes: pd.DataFrame
    bars: pd.DataFrame
    links: pd.DataFrame
    axis: BrokenAxis
    now: float | None


def waterfall(trace: Trace, critical: CriticalPath | None = None, folding: Folding | None = None) -> Waterfall:
    """Shape a trace; one without steps gives no lanes.

    critical: its critical path, to be marked. folding: which steps are drawn as one.
    """
    steps = _timed(drawn_steps(trace.steps, folding), trace.as_of)
    steps = steps.assign(critical=steps["id"].isin(critical.step_ids if critical else ()))
    if steps.empty:
        nothing = pd.DataFrame(columns=list(BAR_COLUMNS))
        links = pd.DataFrame(columns=list(LINK_COLUMNS))
        return Waterfall(pd.DataFrame(columns=list(LANE_COLUMNS)), nothing, links, broken_axis(np.zeros(1)), None)
    steps = assign_lanes(steps)
    axis = broken_axis(steps[["start_seconds", "handling_seconds", "end_seconds"]].to_numpy().reshape(-1))
    bars = _bars(steps, axis)
    any_open = bool(steps["open"].any())
    now = float(axis.place(steps.loc[steps["open"], "end_seconds"].to_numpy())[0]) if any_open else None
    return Waterfall(describe_lanes(steps), bars, _links(steps, axis), axis, now)


def _timed(drawn: pd.DataFrame, instant: pd.Timestamp) -> pd.DataFrame:
    """Give the steps with seconds since the first: start, handling, end; an open one ends at the trace's instant."""
    steps = drawn.reset_index(drop=True)
    if steps.empty:
        return steps
    origin = steps["start"].min()

    def seconds(times: "pd.Series[Any]") -> "pd.Series[float]":
        since: pd.Series[float] = (times - origin).dt.total_seconds()
        return since

    start, end = seconds(steps["start"]), seconds(steps["end"])
    is_open = steps["state"].isin(OPEN_STATES) & end.isna()
    as_of = (instant - origin).total_seconds()
    return steps.assign(
        start_seconds=start,
        handling_seconds=seconds(steps["handling_start"]),
        end_seconds=end.mask(is_open, np.maximum(start, as_of)).fillna(start),
        open=is_open,
    )


def _bars(steps: pd.DataFrame, axis: BrokenAxis) -> pd.DataFrame:
    """Give the bars; a handling is two: in the client's buffer, then handled."""
    handles = steps["kind"] == StepKind.HANDLE
    many = steps["members"] > 1
    handled = handles & (steps["handling_seconds"].notna() | many)
    steps = steps.assign(handling_seconds=steps["handling_seconds"].mask(many, steps["start_seconds"]))
    buffered = handles & ~(handled & (steps["handling_seconds"] <= steps["start_seconds"]))
    whole = steps.loc[~handles].assign(bar="", begin=lambda part: part["start_seconds"])
    whole["bar"] = whole["kind"].mask(whole["served"], "served")
    received = steps.loc[buffered].assign(bar="received", begin=lambda part: part["start_seconds"])
    received["end_seconds"] = received["handling_seconds"].fillna(received["end_seconds"])
    received["open"] &= received["handling_seconds"].isna()
    handling = steps.loc[handled].assign(bar="handle", begin=lambda part: part["handling_seconds"])
    bars = pd.concat([whole, received, handling])
    return pd.DataFrame(
        {
            "lane": bars["lane"],
            "step_id": bars["id"],
            "kind": bars["bar"],
            "state": bars["state"],
            "x0": axis.place(bars["begin"].to_numpy(dtype=float)),
            "x1": axis.place(bars["end_seconds"].to_numpy(dtype=float)),
            "open": bars["open"],
            "critical": bars["critical"],
            "many": bars["members"] > 1,
        }
    ).sort_values(["lane", "x0"], kind="stable", ignore_index=True)


def _links(steps: pd.DataFrame, axis: BrokenAxis) -> pd.DataFrame:
    """Give a link from each publish, and from each delivery that gave its message back, to where the message went."""
    sources = steps.loc[
        steps["kind"].isin([StepKind.PUBLISH, StepKind.HANDLE]),
        ["id", "kind", "queue", "lane", "start_seconds", "end_seconds"],
    ]
    caused = steps.loc[steps["kind"] != StepKind.PUBLISH, ["parent_id", "kind", "queue", "lane"]]
    joined = caused.merge(sources, left_on="parent_id", right_on="id", suffixes=("_to", "_from"))
    published = joined["kind_from"] == StepKind.PUBLISH
    joined = joined[(joined["lane_to"] != joined["lane_from"]) & (published | (joined["kind_to"] == StepKind.WAIT))]
    published = published[joined.index]
    same_queue = joined["queue_to"] == joined["queue_from"]
    left = joined["end_seconds"].where(~published, joined["start_seconds"])
    return pd.DataFrame(
        {
            "from_lane": joined["lane_from"],
            "to_lane": joined["lane_to"],
            "x": axis.place(left.to_numpy(dtype=float)),
            "kind": np.select([published, same_queue], ["cause", "again"], "dead"),
        }
    ).reset_index(drop=True)
