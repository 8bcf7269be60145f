"""Causes that run in a circle, which only bad IDs make: where each step gets by climbing, and where circles are cut."""

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions
from eventrail.analysis.steps import KINDS, Steps
from eventrail.model.trace import StepKind


def climb(parent: Positions) -> tuple[Positions, Codes]:
    """Give where each step gets in as many climbs as there are steps, and how many climbs that took.

    parent: the position of each step's cause. Each round doubles the climbs, so a chain of n takes log2(n) rounds.
    Where a climb never ends, it runs in a circle, and where it got is a step of that circle.
    """
    above = parent.copy()
    depth: Codes = (above != NOWHERE).astype(np.int64)
    for _ in range(len(parent).bit_length() + 1):
        known = np.flatnonzero(above != NOWHERE)
        if not len(known):
            break
        depth[known] += depth[above[known]]
        above[known] = above[above[known]]
    return above, depth


def circle_heads(above: Positions, parent: Positions, rank: Codes) -> Positions:
    """Give the step of the least rank of each circle; the cause above it is the one to be left out.

    above: where endless climbs got (`climb`), so that every step of a circle is in it. rank: different for all steps.
    """
    circling = np.unique(above[above != NOWHERE])
    if not len(circling):
        return circling
    within: Mask = np.zeros(len(parent), dtype=np.bool_)
    within[circling] = True
    least, ahead = rank.copy(), np.where(within, parent, NOWHERE)
    for _ in range(len(circling).bit_length() + 1):
        least[circling] = np.minimum(least[circling], least[ahead[circling]])
        ahead[circling] = ahead[ahead[circling]]
    heads: Positions = circling[least[circling] == rank[circling]]
    return heads


def without_circles(steps: Steps, parent: Positions) -> tuple[Positions, Codes, int]:
    """Leave out the cause of the earliest publish or call of each circle; only those are caused by what IDs say.

    Gives the causes, how many stand above each step, and how many circles there were.
    """
    above, depth = climb(parent)
    if (above == NOWHERE).all():
        return parent, depth, 0
    by_ids = np.isin(steps.kind, [KINDS.index(StepKind.PUBLISH), KINDS.index(StepKind.CALL)])
    rank: Codes = np.empty(len(parent), dtype=np.int64)
    rank[np.lexsort((steps.start, ~by_ids))] = np.arange(len(parent))
    heads = circle_heads(above, parent, rank)
    cut = parent.copy()
    cut[heads] = NOWHERE
    return cut, climb(cut)[1], len(heads)
