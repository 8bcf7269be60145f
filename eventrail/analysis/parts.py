"""Parts of a trace that nothing links, hours apart: they look like several events with one correlation ID."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import Positions
from eventrail.analysis.forest import ancestor_at, forest_of
from eventrail.model.problem import Problem
from eventrail.model.trace import StepState
from eventrail.words import age

# Services that publish on a timer, for an event that goes on, do so within this; a reused ID comes back later.
APART_SECONDS: Final = 3600.0

# Steps without an end that go on; one that no line shows going on, such as a publish that nobody received, does not.
LASTING: Final = (StepState.OUTSTANDING, StepState.WAITING)

Instants = np.typing.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Apart:
    """Two neighbouring parts: when all of the earlier one had ended, and when the later one began."""

    ended: pd.Timestamp
    began: pd.Timestamp

    @property
    def seconds(self) -> float:
        """How long nothing at all happened between them."""
        return (self.began - self.ended).total_seconds()


def parts_apart(steps: pd.DataFrame, as_of: pd.Timestamp) -> tuple[Apart, ...]:
    """Give the gaps of APART_SECONDS and more that no step, cause or message spans, in order.

    steps: STEP_COLUMNS. What is held or waiting, and all that hangs together with it, lasts until `as_of`. Neither a
    message that lay in a queue all the while leaves a gap, nor a handling that was gone on with hours later.
    """
    timed = steps[steps["start"].notna() | steps["end"].notna()]
    starts, ends = _spans(timed, as_of)
    if not len(_gaps(starts, ends)):
        return ()
    roots = _roots(timed)
    _, tree = np.unique(roots, return_inverse=True)
    first = np.full(int(tree.max()) + 1, starts.max())
    last = np.full(len(first), ends.min())
    np.minimum.at(first, tree, starts)
    np.maximum.at(last, tree, ends)
    return tuple(
        Apart(pd.Timestamp(ended, tz="UTC"), pd.Timestamp(began, tz="UTC")) for ended, began in _gaps(first, last)
    )


def parts_problem(gaps: tuple[Apart, ...]) -> Problem:
    """Say that a trace looks like several events, and where it parts; `gaps` is not empty."""
    longest = max(gaps, key=lambda gap: gap.seconds)
    where = "" if len(gaps) == 1 else "; the longest of the gaps"
    return Problem(
        "trace",
        f"it looks like {len(gaps) + 1} events with one correlation ID: nothing links what ended "
        f"{longest.ended:%Y-%m-%d %H:%M:%S} UTC with what began {longest.began:%Y-%m-%d %H:%M:%S} UTC, "
        f"{age(longest.seconds)} later{where}",
        "narrow the window to see one of them, or look who gives the ID",
    )


def _spans(steps: pd.DataFrame, as_of: pd.Timestamp) -> tuple[Instants, Instants]:
    """Give from when to when each step lasted, whichever way round its times are."""
    starts = steps["start"].fillna(steps["end"]).to_numpy(dtype="datetime64[ns]")
    lasting = steps["state"].isin(LASTING)
    ends = steps["end"].mask(steps["end"].isna() & lasting, as_of).to_numpy(dtype="datetime64[ns]")
    ends = np.where(np.isnat(ends), starts, ends)
    return np.minimum(starts, ends), np.maximum(starts, ends)


def _gaps(starts: Instants, ends: Instants) -> list[tuple[np.datetime64, np.datetime64]]:
    """Give the gaps between spans that are long enough: when all before had ended, and when the next began."""
    order = np.argsort(starts, kind="stable")
    reached, following = np.maximum.accumulate(ends[order])[:-1], starts[order][1:]
    wide = np.flatnonzero(following - reached >= np.timedelta64(int(APART_SECONDS), "s"))
    return [(reached[position], following[position]) for position in wide]


def _roots(steps: pd.DataFrame) -> Positions:
    """Give the position of the start that each step goes back to."""
    forest = forest_of(steps)
    return ancestor_at(forest, np.arange(len(steps)), forest.depth)
