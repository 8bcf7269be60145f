"""What was caused by what, laid out from top to bottom: each stands below its cause, those of one cause by time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
NONE = -1


@dataclass(frozen=True, slots=True)
class Tree:
    """For each item: row (0 is on top), parent_row (-1: it stands below none) and depth."""

    row: Numbers
    parent_row: Numbers
    depth: Numbers


def lay_out(causes: Numbers, starts: npt.NDArray[np.float64]) -> Tree:
    """Lay items out. causes: number of the item that caused each, -1 for none; starts: seconds.

    Causes that run in a circle, which only bad IDs make, are cut above the earliest item of the circle.
    """
    order = np.argsort(starts, kind="stable").tolist()
    children: dict[int, list[int]] = {}
    for item in order:
        children.setdefault(int(causes[item]), []).append(item)
    row = np.full(len(causes), NONE, dtype=np.int64)
    depth = np.zeros(len(causes), dtype=np.int64)
    placed = 0
    # What hangs on a circle is reached by no walk from above: its earliest item then begins one.
    for first in (*children.get(NONE, []), *order):
        waiting = [(first, 0)] if row[first] == NONE else []
        while waiting:
            item, level = waiting.pop()
            if row[item] != NONE:
                continue
            row[item], depth[item] = placed, level
            placed += 1
            waiting += [(child, level + 1) for child in reversed(children.get(item, []))]
    parent_row = np.where(causes != NONE, row[causes], NONE)
    return Tree(row, np.where(parent_row < row, parent_row, NONE), depth)
