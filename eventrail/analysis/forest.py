"""Steps as a forest: the position of each step's cause, and how many causes stand above it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eventrail.analysis.circles import circle_heads, climb
from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions


@dataclass(frozen=True, slots=True)
class Forest:
    """Who caused whom, by position in the steps table.

    parent: position of the cause, NOWHERE for a start; walking it always ends. depth: causes above, 0 for a start.
    cut: positions of the steps whose cause was left out because it ran in a circle, which only bad IDs make.
    """

    parent: Positions
    depth: Codes
    cut: Positions


def forest_of(steps: pd.DataFrame) -> Forest:
    """Make the forest of a steps table; uses `id` and `parent_id`.

    A cause that is not in the table makes a start. Of steps with the same ID the first is the cause. A circle of
    causes is cut above its first step in the table.
    """
    parent = _cause_positions(steps)
    above, depth = climb(parent)
    cut = circle_heads(above, parent, np.arange(len(parent)))
    if len(cut):
        parent[cut] = NOWHERE
        _, depth = climb(parent)
    return Forest(parent, depth, cut)


def without_causes(forest: Forest, without: Mask) -> Forest:
    """Give the forest in which the steps of `without` are starts."""
    parent = np.where(without, NOWHERE, forest.parent)
    return Forest(parent, climb(parent)[1], forest.cut)


def ancestor_at(forest: Forest, positions: Positions, climbs: Codes) -> Positions:
    """Give for each position the one `climbs` causes above it; NOWHERE beyond the start, itself for 0 or less."""
    reached, left = positions.copy(), np.maximum(climbs, 0)
    above = forest.parent
    while left.any():
        moves = (left % 2 == 1) & (reached != NOWHERE)
        reached[moves] = above[reached[moves]]
        left //= 2
        above = np.where(above == NOWHERE, NOWHERE, above[above])
    return reached


def _cause_positions(steps: pd.DataFrame) -> Positions:
    """Look each cause's ID up; hashing IDs and causes together takes half the time of an index and a look-up."""
    length = len(steps)
    codes, names = pd.factorize(pd.concat([steps["id"], steps["parent_id"]], ignore_index=True).astype("str"))
    first: Positions = np.full(len(names) + 1, NOWHERE, dtype=np.int64)  # the last place answers a missing ID
    owners = np.flatnonzero(codes[:length] != NOWHERE)[::-1]
    first[codes[owners]] = owners  # written from last to first, so the first step of an ID stays
    return first[codes[length:]]
