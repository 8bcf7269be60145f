"""The order of event tables, and which of their rows say again what another row says."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

# What tells one line from another where the process does not count its lines. A source that is asked for few columns
# reads these all the same: without them two different lines would look like one sent twice.
IDENTITY_COLUMNS: Final = (
    "time",
    "sequence",
    "document_id",
    "operation",
    "service",
    "pod",
    "instance_id",
    "correlation_id",
    "message_id",
    "queue",
    "channel_id",
    "delivery_tag",
    "span_id",
    "message",
)


def in_order(events: pd.DataFrame) -> pd.DataFrame:
    """Give the events ordered by time, then the process' own line counter, else as they came; index from 0."""
    times = events["time"].to_numpy(dtype="datetime64[ns]").view("int64")
    no_sequence = np.iinfo(np.int64).max
    sequences = events["sequence"].to_numpy(dtype="int64", na_value=no_sequence)
    order = np.lexsort((sequences, times))
    if (order[1:] > order[:-1]).all():
        return events.reset_index(drop=True)
    return events.take(order).reset_index(drop=True)


def repeated_rows(events: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark rows that an earlier row of the table already says; the first of each is not marked.

    A row is repeated when it has the same document ID, or the same process and line counter, or, where a process does
    not count its lines, the same everything: log shippers send again what they are not sure has arrived.
    """
    marked = (events["document_id"].notna() & events.duplicated("document_id")).to_numpy(copy=True)
    counted = (events["sequence"].notna() & events["instance_id"].notna()).to_numpy()
    if counted.any():
        # The time belongs to the key: a counter that starts anew under the same instance ID is no repetition.
        again = events.loc[counted].duplicated(["instance_id", "sequence", "time"])
        marked[np.flatnonzero(counted)[again.to_numpy()]] = True
    uncounted = np.flatnonzero(~counted)
    if len(uncounted):
        # Comparing every column of every row is slow; rows alone at their instant cannot be repetitions.
        suspects = uncounted[events["time"].iloc[uncounted].duplicated(keep=False).to_numpy()]
        columns = [name for name in events.columns if name != "document_id"]
        marked[suspects[events.iloc[suspects].duplicated(columns).to_numpy()]] = True
    return marked
