"""From when to when the chosen step lasted, and whose curves are its own."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.shaping.details import Step
from dashboard.shaping.words import visible_text
from eventrail.model.folding import Folding

# What is shown of the curves on either side of the step.
BESIDE: Final = pd.Timedelta(minutes=5)
# Where all that is known lasts less than so many times that, all of it is shown.
_MUCH_LONGER: Final = 2.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """start, until: UTC. names: the queues, pods and nodes of the step, or of all members of a fold."""

    start: pd.Timestamp
    until: pd.Timestamp
    names: frozenset[str]


def of_step(step: Step) -> Stretch:
    """Give a step's own."""
    names = (step.said(name) for name in ("queue", "pod", "node"))
    return Stretch(step.start, step.until or step.start, frozenset(name for name in names if name))


def of_fold(folding: Folding, steps: pd.DataFrame, row_id: str, as_of: pd.Timestamp) -> Stretch:
    """Give a fold's: from its first member's begin to its last one's end, with the places of all members."""
    (number,) = (folding.rows["id"] == row_id).to_numpy().nonzero()[0]
    row, members = folding.rows.iloc[number], steps[folding.row_of_step == number]
    places = pd.concat([members[name] for name in ("queue", "pod", "node")]).dropna().unique()
    until = as_of if pd.isna(row["end"]) else row["end"]
    return Stretch(row["start"], until, frozenset(visible_text(str(place)) for place in places))


def of_expected(row: "pd.Series[Any]", as_of: pd.Timestamp) -> Stretch:
    """Give what belongs to a step that has not come, one of EXPECTED_COLUMNS: the time it is waited for, its queue."""
    queue = row["queue"]
    names = frozenset([visible_text(queue)]) if isinstance(queue, str) else frozenset[str]()
    return Stretch(row["since"], max(row["due"], as_of) if row["late"] else row["due"], names)


def seen_around(stretch: Stretch, first: pd.Timestamp, last: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Give what of the curves to show at first; None: all, where there is not much more. first, last: their ends."""
    start, until = max(stretch.start - BESIDE, first), min(stretch.until + BESIDE, last)
    return (start, until) if start < until and last - first > _MUCH_LONGER * (until - start) else None
