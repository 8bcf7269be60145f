"""The steps table in order, after causes in it have changed."""

from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.forest import forest_of
from eventrail.model.trace import StepKind

_KINDS: Final = pd.Index([str(kind) for kind in StepKind])


def reordered(steps: pd.DataFrame) -> pd.DataFrame:
    """Order steps (STEP_COLUMNS) by start, those of equal start by cause, then by kind, else as they were.

    One without a start stands at its end. The index is counted anew.
    """
    times = steps["start"].fillna(steps["end"]).to_numpy(dtype="datetime64[ns]")
    kinds = _KINDS.get_indexer(pd.Index(steps["kind"]))
    return steps.iloc[np.lexsort((kinds, forest_of(steps).depth, times))].reset_index(drop=True)
