"""Which deliveries were outstanding at an instant, and between which counts over a span."""

import numpy as np
import pandas as pd

from eventrail.model.ledger import Stage


def outstanding_at(deliveries: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Give the deliveries delivered at or before `as_of` and not settled by then, oldest first.

    deliveries: DELIVERY_COLUMNS. Adds `stage` (Stage) and `age_seconds`; what was not known at `as_of`, a later
    handling or settlement, is blanked.
    """
    open_then = (deliveries["delivered"] <= as_of) & ~(deliveries["settled"] <= as_of)
    listed = deliveries[open_then].sort_values("delivered", kind="stable", ignore_index=True)
    handling = (listed["handling_start"] <= as_of).to_numpy(dtype=bool)
    return listed.assign(
        handling_start=listed["handling_start"].where(handling),
        settled=pd.Series(pd.NaT, index=listed.index, dtype=listed["settled"].dtype),
        settlement=pd.Series(index=listed.index, dtype="str"),
        error_type=pd.Series(index=listed.index, dtype="str"),
        stage=pd.Series(np.where(handling, Stage.HANDLING.value, Stage.RECEIVED.value), index=listed.index).astype(
            "str"
        ),
        age_seconds=(as_of - listed["delivered"]).dt.total_seconds(),
    )


def count_bounds(deliveries: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> tuple[int, int]:
    """Give the lowest and highest number of deliveries outstanding at any instant from `start` to `end`."""
    before = int(((deliveries["delivered"] < start) & ~(deliveries["settled"] < start)).sum())
    opened = _times_within(deliveries["delivered"], start, end)
    closed = _times_within(deliveries["settled"], start, end)
    times = np.concatenate([opened, closed])
    changes = np.concatenate([np.ones(len(opened), dtype=np.int64), -np.ones(len(closed), dtype=np.int64)])
    # Of changes at the same instant either may come first: one order gives the highest count, the other the lowest.
    rising = before + np.cumsum(changes[np.lexsort((-changes, times))])
    falling = before + np.cumsum(changes[np.lexsort((changes, times))])
    return int(min(before, *falling)) if len(falling) else before, int(max(before, *rising)) if len(rising) else before


def _times_within(
    times: "pd.Series[pd.Timestamp]", start: pd.Timestamp, end: pd.Timestamp
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Give the times from start to end as nanoseconds."""
    within = times[(times >= start) & (times <= end)]
    return within.to_numpy(dtype="datetime64[ns]").astype(np.int64)
