"""A trace by one clock: every time less what its own clock is taken to be ahead."""

from dataclasses import replace

import numpy as np
import pandas as pd

from eventrail.analysis.clock_pairs import clock_names, step_clocks
from eventrail.analysis.columns import NOWHERE, Codes
from eventrail.analysis.forest import Forest, forest_of
from eventrail.analysis.instants import MISSING, PER_SECOND, Nanoseconds, instants, nanoseconds
from eventrail.model.clocks import ClockBounds
from eventrail.model.problem import Problem
from eventrail.model.trace import Trace
from eventrail.words import age, listed


def corrected(trace: Trace, bounds: ClockBounds, forest: Forest | None = None) -> Trace:
    """Give the trace with the times of each clock shifted by its `offset_seconds`, in the order of the new times.

    Clocks that can agree with the reference are not shifted, so a trace whose clocks all can comes back as it is.
    Otherwise a warning says which times were moved and how far. The instant the trace speaks about is the
    reference's. forest: `forest_of(trace.steps)`, if at hand.
    """
    wrong = bounds.wrong
    if wrong.empty:
        return trace
    ahead = (wrong["offset_seconds"] * PER_SECOND).round().astype("int64")
    offsets = dict(zip(wrong["clock"].astype("str").tolist(), ahead.tolist(), strict=True))
    forest = forest or forest_of(trace.steps)
    steps = _shifted_steps(trace.steps, offsets, forest)
    order = np.lexsort((forest.depth, nanoseconds(steps["start"].fillna(steps["end"]))))
    lines = trace.log_lines.assign(time=_shifted_lines(trace.log_lines, offsets))
    lines = lines.sort_values("time", kind="stable", ignore_index=True)
    times = pd.concat([steps["start"], steps["end"], lines["time"]]).dropna()
    moved = [
        f"{clock}'s {age(abs(offset) / PER_SECOND)} {'earlier' if offset > 0 else 'later'}"
        for clock, offset in offsets.items()
    ]
    what = f"times are shown corrected by {bounds.reference}'s clock, not as logged: {listed(moved, most=6)}"
    return replace(
        trace,
        started=None if trace.started is None else times.min(),
        ended=None if trace.ended is None else times.max(),
        steps=steps.iloc[order].reset_index(drop=True),
        log_lines=lines,
        warnings=(*trace.warnings, Problem("clocks", what, severity="info")),
    )


def remaining(bounds: ClockBounds) -> ClockBounds:
    """Give the bounds of the same clocks for a trace that has been through `corrected`: none needs to be shifted."""
    offset = bounds.clocks["offset_seconds"].to_numpy()
    clocks = bounds.clocks.assign(
        lower_seconds=bounds.clocks["lower_seconds"] - offset,
        upper_seconds=bounds.clocks["upper_seconds"] - offset,
        offset_seconds=0.0,
    )
    by_name = pd.Series(offset, index=bounds.clocks["clock"])
    ahead = by_name.reindex(bounds.pairs["effect_clock"]).to_numpy()
    ahead = ahead - by_name.reindex(bounds.pairs["cause_clock"]).to_numpy()
    pairs = bounds.pairs.assign(least_seconds=bounds.pairs["least_seconds"] - ahead)
    between = bounds.between - (offset[None, :] - offset[:, None])
    return replace(bounds, clocks=clocks, pairs=pairs, between=between)


def _shifted_steps(steps: pd.DataFrame, offsets: dict[str, int], forest: Forest) -> pd.DataFrame:
    clocks = step_clocks(steps, forest)
    # The last place answers for times whose clock is not known.
    by_place = np.array([*(offsets.get(name, 0) for name in clocks.names), 0], dtype=np.int64)

    def shifted(column: str, clock: Codes) -> pd.Series:
        return _shifted(nanoseconds(steps[column]), by_place[np.where(clock == NOWHERE, len(clocks.names), clock)])

    return steps.assign(
        start=shifted("start", clocks.start).array,
        handling_start=shifted("handling_start", clocks.own).array,
        end=shifted("end", clocks.end).array,
    )


def _shifted_lines(lines: pd.DataFrame, offsets: dict[str, int]) -> pd.Series:
    offset = np.asarray(clock_names(lines).map(offsets).fillna(0), dtype=np.int64)
    return pd.Series(_shifted(nanoseconds(lines["time"]), offset).array, index=lines.index)


def _shifted(times: Nanoseconds, offset: Nanoseconds) -> pd.Series:
    return instants(np.where(times == MISSING, MISSING, times - offset))
