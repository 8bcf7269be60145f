"""The order of event tables, and which of their rows say again what another row says."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.events import Operation

# Stored times are often whole milliseconds: lines of equal time stand in the order of cause.
_CAUSAL_RANK: Final = {
    Operation.CHANNEL_OPENED: 0,
    Operation.SEND: 1,
    Operation.RECEIVE: 2,
    Operation.PROCESS: 3,
    Operation.CALL: 4,
    Operation.WORK: 4,
    Operation.LOG: 4,
    Operation.SETTLE: 5,
    Operation.HEARTBEAT: 6,
    Operation.CHANNEL_CLOSED: 7,
}
_RANKED: Final = pd.Index([str(operation) for operation in _CAUSAL_RANK])
# What is not known is found at -1, the last place: it ranks as any log line does.
_RANKS: Final = np.array([*_CAUSAL_RANK.values(), _CAUSAL_RANK[Operation.LOG]], dtype=np.int64)

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


def causal_ranks(operations: "pd.Series[str] | Sequence[str]") -> npt.NDArray[np.int64]:
    """Give for each operation its place among those of one instant, causes first."""
    ranks: npt.NDArray[np.int64] = _RANKS[_RANKED.get_indexer(pd.Index(operations))]
    return ranks


def in_order(events: pd.DataFrame) -> pd.DataFrame:
    """Give the events ordered by time, those of one instant by cause, then by the process' own line counter, else as
    they came; index from 0.
    """
    order = np.lexsort((_counters(events), causal_ranks(events["operation"]), _times(events)))
    if (order[1:] > order[:-1]).all():
        return events if events.index.equals(pd.RangeIndex(len(events))) else events.reset_index(drop=True)
    return events.take(order).reset_index(drop=True)


def repeated_rows(ordered: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark rows that an earlier row of the table already says; the first of each is not marked.

    ordered: as `in_order` gives them. A row is repeated when it has the same document ID, or the same process and
    line counter, or, where a process does not count its lines, the same everything: log shippers send again what they
    are not sure has arrived. All of that at the same time: a counter that starts anew is no repetition.
    """
    times, counters = _times(ordered), _counters(ordered)
    like_the_next = np.flatnonzero((times[1:] == times[:-1]) & (counters[1:] == counters[:-1]))
    marked = np.zeros(len(ordered), dtype=bool)
    suspects = np.union1d(like_the_next, like_the_next + 1)
    if len(suspects):
        marked[suspects] = _repeated_among(ordered.iloc[suspects])
    return marked


def _repeated_among(suspects: pd.DataFrame) -> npt.NDArray[np.bool_]:
    same_document = suspects["document_id"].notna() & suspects.duplicated(["time", "document_id"])
    counted = suspects["sequence"].notna() & suspects["instance_id"].notna()
    same_count = suspects.duplicated(["instance_id", "sequence", "time"])
    same_line = suspects.duplicated([name for name in suspects.columns if name != "document_id"])
    marked = same_document | (counted & same_count) | (~counted & same_line)
    return marked.to_numpy(dtype=bool)


def _times(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    return events["time"].to_numpy(dtype="datetime64[ns]").view("int64")


def _counters(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Give the line counters as numbers; a line that is not counted comes last among its equals."""
    return events["sequence"].to_numpy(dtype="int64", na_value=np.iinfo(np.int64).max)
