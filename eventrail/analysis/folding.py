"""Big traces in few rows: steps that are alike become one row that says how many, how long, and what stands beside it.

Nothing is left out: every step has a row, and the rows' members add up to all steps. Open and failed steps and those
on the critical path are rows of their own at every level.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, first_positions
from eventrail.analysis.forest import Forest, forest_of
from eventrail.analysis.instants import MISSING, NEVER, instants, nanoseconds
from eventrail.analysis.likeness import ALIKE, Likeness, likeness, signatures_of
from eventrail.model.folding import FOLD_COLUMNS, Folding, FoldLevel, FoldPage
from eventrail.model.paths import CriticalPath
from eventrail.model.table import conform
from eventrail.model.trace import OPEN_STATES, StepState

ROWS_BUDGET: Final = 2_000
PAGE_ROWS: Final = 200
Seconds = npt.NDArray[np.float64]


def fold(
    steps: pd.DataFrame, path: CriticalPath | None = None, budget: int = ROWS_BUDGET, forest: Forest | None = None
) -> Folding:
    """Give the rows to draw for a trace's steps, and the row of each step.

    Up to `budget` steps nothing is folded. Beyond, the finest level is taken at which the rows that may be folded at
    all are at most `budget`, else the coarsest; steps that are open, failed or on `path` come on top of it, each as a
    row of its own. forest: `forest_of(steps)`, if at hand.
    """
    forest = forest or forest_of(steps)
    is_open, failed = _open(steps), (steps["state"] == StepState.FAILED).to_numpy()
    always: Mask = is_open | failed
    if path is not None:
        always |= steps["id"].isin(path.step_ids).to_numpy()
    level, alike = _fitting(steps, budget, forest, always)
    first = first_positions(alike.rows, np.ones(len(steps), dtype=bool), _count(alike.rows))
    rows = _summaries(steps, alike.rows, first)
    rows["parent_row"] = _parent_rows(alike.rows, first, rows["members"].to_numpy(), forest)
    complete = (rows["state"] == StepState.COMPLETE).to_numpy() & (rows["members"] > 1).to_numpy()
    for name, beside in (("failed_beside", failed), ("open_beside", is_open)):
        kin = np.bincount(alike.kin[beside], minlength=_count(alike.kin))
        rows[name] = np.where(complete, kin[alike.kin[first]], 0)
    return Folding(level, conform(rows, FOLD_COLUMNS), alike.rows, int(always.sum()))


def members_of(
    folding: Folding,
    steps: pd.DataFrame,
    row_id: str,
    *,
    offset: int = 0,
    limit: int = PAGE_ROWS,
    slowest_first: bool = False,
) -> FoldPage:
    """Give `limit` members of a row, each as a row, from the `offset`th on, in the order of the steps table.

    steps: the table that was folded. slowest_first: by length instead, those that have not ended last. Raises KeyError
    when the folding has no row of that ID: it may be of another level, or of an earlier look at an unfinished event.
    """
    found = np.flatnonzero((folding.rows["id"] == row_id).to_numpy())
    if not len(found):
        raise KeyError(f"no row {row_id!r} in this folding")
    row = int(found[0])
    positions: Positions = np.flatnonzero(folding.row_of_step == row)
    if slowest_first:
        positions = positions[np.argsort(-_seconds(steps.iloc[positions]), kind="stable")]
    chosen = steps.iloc[positions[offset : offset + limit]].reset_index(drop=True)
    each = np.arange(len(chosen))
    rows = _summaries(chosen, each, each).assign(parent_row=row, failed_beside=0, open_beside=0)
    return FoldPage(conform(rows, FOLD_COLUMNS), len(positions), offset)


def _open(steps: pd.DataFrame) -> Mask:
    is_open: Mask = steps["state"].isin(OPEN_STATES).to_numpy()
    return is_open


def _count(codes: Codes) -> int:
    return int(codes.max(initial=-1)) + 1


def _fitting(steps: pd.DataFrame, budget: int, forest: Forest, always: Mask) -> tuple[FoldLevel, Likeness]:
    """Choose the finest level that fits the budget, else the coarsest."""
    signatures = signatures_of(steps)
    if len(steps) <= budget:
        return FoldLevel.NOTHING, likeness(steps, FoldLevel.NOTHING, signatures, forest, always)
    for level in (FoldLevel.SIBLINGS, FoldLevel.ROUTES):
        alike = likeness(steps, level, signatures, forest, always)
        if _count(alike.rows) - int(always.sum()) <= budget:
            return level, alike
    return FoldLevel.KINDS, likeness(steps, FoldLevel.KINDS, signatures, forest, always)


def _parent_rows(row: Codes, first: Positions, members: Codes, forest: Forest) -> Codes:
    """Give the row of each row's cause: of its step that is nearest to the start, a fold before a single step.

    A row's nearest step is always further from the start than its cause's, so that rows never run in a circle.
    """
    in_fold = np.where(forest.parent == NOWHERE, False, members[row[forest.parent]] > 1)
    rank = forest.depth * 2 + ~in_fold
    least = np.full(len(first), NEVER)
    np.minimum.at(least, row, rank)
    nearest = first_positions(row, rank == least[row], len(first))
    cause = forest.parent[nearest]
    return np.where(cause == NOWHERE, NOWHERE, row[cause])


def _seconds(steps: pd.DataFrame) -> Seconds:
    """Give how long each step took; missing for one that has not ended."""
    return np.asarray((steps["end"] - steps["start"]).dt.total_seconds(), dtype=np.float64)


def _summaries(steps: pd.DataFrame, row: Codes, first: Positions) -> pd.DataFrame:
    """Give a row for each number in `row`, without its cause and what stands beside it; `first`: its first step."""
    members = np.bincount(row, minlength=len(first))
    seconds = _seconds(steps)
    order = np.lexsort((seconds, row))  # missing lengths last
    begins = np.cumsum(members) - members
    ended = np.bincount(row[~np.isnan(seconds)], minlength=len(first))
    start, end = nanoseconds(steps["start"]), nanoseconds(steps["end"])
    start = np.where(start == MISSING, NEVER, start)
    ids = steps["id"].take(first).reset_index(drop=True)

    def quantile(share: float) -> Seconds:
        return _quantile(seconds[order], begins, ended, share)

    def each(ufunc: np.ufunc, values: "npt.NDArray[np.int64]") -> Any:
        return ufunc.reduceat(values[order], begins) if len(begins) else values

    return pd.DataFrame(
        {
            "id": ids.where(members == 1, "fold:" + ids),
            "members": members,
            **{name: steps[name].take(first).reset_index(drop=True) for name in (*ALIKE, "state")},
            "start": instants(each(np.minimum, start)),
            "end": instants(each(np.maximum, end)),
            "p50_seconds": quantile(0.5),
            "p95_seconds": quantile(0.95),
            "max_seconds": quantile(1.0),
        }
    )


def _quantile(seconds: Seconds, begins: Positions, count: Codes, share: float) -> Seconds:
    """Give a quantile of each run of sorted lengths, between two of them in proportion; missing where there is none."""
    place = share * np.maximum(count - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    if not len(seconds):
        return seconds
    low, high = seconds[begins + below], seconds[begins + above]
    return np.where(count == 0, np.nan, low + (high - low) * (place - below))
