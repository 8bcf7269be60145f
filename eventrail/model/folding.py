"""A trace as rows to draw: a row is a step, or a fold of many steps that are alike."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.table import TIME_TYPE, Schema


class FoldLevel(StrEnum):
    """Which steps count as alike, from the finest to the coarsest."""

    NOTHING = "nothing"  # every step is a row
    SIBLINGS = "siblings"  # complete, with the same cause, or with causes that are in the same fold
    ROUTES = "routes"  # in the same state, with the same kinds of causes all the way up
    KINDS = "kinds"  # in the same state, of the same kind, wherever in the trace


# column → (pandas type, meaning). One row a row of the drawing, in the order of each one's first step.
FOLD_COLUMNS: Final[Schema] = {
    "id": ("str", 'a step: its ID; a fold: "fold:" and the ID of its first step'),
    "parent_row": ("int64", "the row of the cause, by position in this table; -1 for a start"),
    "members": ("int64", "how many steps the row stands for; 1 for a step"),
    "kind": ("str", "the steps' kind"),
    "service": ("str", "the steps' service"),
    "queue": ("str", "the steps' queue"),
    "event_type": ("str", "the steps' event type"),
    "call_method": ("str", "calls: what is called"),
    "state": ("str", "the steps' state"),
    "start": (TIME_TYPE, "first start"),
    "end": (TIME_TYPE, "last end; missing when no step has ended"),
    "p50_seconds": ("float64", "median length of the steps that have ended; missing when none has"),
    "p95_seconds": ("float64", "95th percentile of it"),
    "max_seconds": ("float64", "longest of it"),
    "failed_beside": ("int64", "fold of complete steps: failed ones that are alike but for that, rows of their own"),
    "open_beside": ("int64", "likewise: outstanding and waiting ones"),
}


@dataclass(frozen=True, slots=True)
class Folding:
    """What is drawn, and where each step is in it.

    rows: FOLD_COLUMNS. row_of_step: for each step, in the order of the steps table, the position of its row; every
    step has one, so the rows' `members` add up to the steps. always: how many rows are steps that are never folded.
    """

    level: FoldLevel
    rows: pd.DataFrame
    row_of_step: npt.NDArray[np.int64]
    always: int

    @property
    def drawn(self) -> str:
        """Say how much is drawn: "drawn: 312 rows of 100,000 steps"."""
        if self.rows.empty:
            return "nothing to draw: there are no steps"
        if self.level is FoldLevel.NOTHING:
            return f"drawn: all {len(self.rows):,} steps"
        return f"drawn: {len(self.rows):,} rows of {len(self.row_of_step):,} steps"

    @property
    def folds(self) -> pd.DataFrame:
        """The rows that stand for more than one step."""
        return self.rows[self.rows["members"] > 1]


@dataclass(frozen=True, slots=True)
class FoldPage:
    """Some of the members of a fold.

    rows: FOLD_COLUMNS, one a step; `parent_row` is the fold's row in the folding it was taken from. total: members
    of the fold; offset: how many of them come before these.
    """

    rows: pd.DataFrame
    total: int
    offset: int

    @property
    def shown(self) -> str:
        """Say which members these are: "1 to 200 of 4,812"."""
        if self.rows.empty:
            return f"none of {self.total:,}"
        return f"{self.offset + 1:,} to {self.offset + len(self.rows):,} of {self.total:,}"

    @property
    def rest(self) -> int:
        """How many members come after these."""
        return self.total - self.offset - len(self.rows)
