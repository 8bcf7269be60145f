"""Steps in the order of time, those of one instant in the order of cause."""

import numpy as np

from eventrail.analysis.columns import Codes, Positions
from eventrail.analysis.steps import Steps


def in_order(steps: Steps, depths: Codes) -> Positions:
    """Give the positions of the steps ordered by start, those of equal start by cause, then by kind.

    depths: how many causes stand above each step.
    """
    return np.lexsort((steps.kind, depths, steps.start))
