"""Steps in the order of time, those of one instant in the order of cause."""

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes, Positions
from eventrail.analysis.steps import Steps


def depths(parents: Positions) -> Codes:
    """Give how many causes stand above each step. parents: the position of each step's cause.

    Each round doubles how far up is known, so a chain of n takes log2(n) rounds. Causes that run in a circle, which
    only bad IDs make, end when that many rounds are done.
    """
    above = parents.copy()
    depth: Codes = (above != NOWHERE).astype(np.int64)
    for _ in range(len(parents).bit_length() + 1):
        known = np.flatnonzero(above != NOWHERE)
        if not len(known):
            break
        depth[known] += depth[above[known]]
        above[known] = above[above[known]]
    return depth


def in_order(steps: Steps, parents: Positions) -> Positions:
    """Give the positions of the steps ordered by start, those of equal start by cause, then by kind."""
    return np.lexsort((steps.kind, depths(parents), steps.start))
