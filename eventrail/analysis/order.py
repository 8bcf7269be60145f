"""Steps in the order of time, those of one instant in the order of cause."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.analysis.columns import NOWHERE


def depths(steps: pd.DataFrame) -> "npt.NDArray[np.int64]":
    """Give how many causes stand above each step.

    steps: id, parent_id. Each round doubles how far up is known, so a chain of n takes log2(n) rounds. Causes that
    run in a circle, which only bad IDs make, end when that many rounds are done.
    """
    position = pd.Series(np.arange(len(steps)), index=steps["id"])
    position = position[~position.index.duplicated()]
    found = position.reindex(steps["parent_id"]).fillna(NOWHERE)
    above: npt.NDArray[np.int64] = found.to_numpy(dtype=np.int64)
    depth: npt.NDArray[np.int64] = (above != NOWHERE).astype(np.int64)
    for _ in range(len(steps).bit_length() + 1):
        known = above != NOWHERE
        if not known.any():
            break
        depth[known] += depth[above[known]]
        above[known] = above[above[known]]
    return depth


def in_order(steps: pd.DataFrame) -> pd.DataFrame:
    """Order steps by start, those of equal start by cause; one without a start stands at its end."""
    starts: pd.Series[Any] = steps["start"].fillna(steps["end"])
    times = starts.to_numpy(dtype="datetime64[ns]").astype(np.int64)
    return steps.iloc[np.lexsort((depths(steps), times))].reset_index(drop=True)
