"""Laying out what was caused by what."""

import numpy as np

from dashboard.shaping.tree import NONE, lay_out


def laid(causes: list[int], starts: list[float]) -> tuple[list[int], list[int], list[int]]:
    tree = lay_out(np.array(causes, dtype=np.int64), np.array(starts, dtype=float))
    return tree.row.tolist(), tree.parent_row.tolist(), tree.depth.tolist()


def test_each_stands_below_its_cause_and_siblings_stand_by_time() -> None:
    # 0 causes 3 and 1, 3 causes 2; 4 is a start of its own that began in between
    assert laid([NONE, 0, 3, 0, NONE], [0, 5, 2, 1, 1.5]) == ([0, 3, 2, 1, 4], [NONE, 0, 1, 0, NONE], [0, 1, 2, 1, 0])


def test_a_circle_begins_with_its_earliest() -> None:
    # 1 and 2 cause each other, 3 hangs on them
    assert laid([NONE, 2, 1, 1], [0, 2, 1, 3]) == ([0, 2, 1, 3], [NONE, 1, NONE, 2], [0, 1, 0, 2])


def test_what_causes_itself_is_a_start() -> None:
    assert laid([0], [0]) == ([0], [NONE], [0])


def test_nothing_is_laid_out_as_nothing() -> None:
    assert laid([], []) == ([], [], [])
