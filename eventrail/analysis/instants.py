"""Times as nanoseconds since 1970, for arithmetic over columns."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.table import TIME_TYPE

Nanoseconds = npt.NDArray[np.int64]

MISSING: Final = np.iinfo(np.int64).min  # pandas' NaT as a number
NEVER: Final = np.iinfo(np.int64).max
PER_SECOND: Final = 1_000_000_000


def nanoseconds(times: "pd.Series[Any]") -> Nanoseconds:
    """Give times in UTC as nanoseconds since 1970; a missing one is MISSING."""
    return times.to_numpy(dtype="datetime64[ns]").astype(np.int64)


def instants(values: Nanoseconds) -> "pd.Series[Any]":
    """Give nanoseconds since 1970 as times in UTC; MISSING and NEVER are missing."""
    times = np.where(values == NEVER, MISSING, values).astype("datetime64[ns]")
    return pd.Series(pd.DatetimeIndex(times, tz="UTC")).astype(TIME_TYPE)
