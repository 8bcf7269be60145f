"""The order of event tables, and which of their rows say again what another row says."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.events import Operation

Rows = npt.NDArray[np.int64]

# Stored times are often whole milliseconds: lines of equal time stand in the order of cause.
_CAUSAL_RANK: Final[Mapping[str, int]] = {
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
_RANK_OF_OTHERS: Final = _CAUSAL_RANK[Operation.LOG]

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
    codes, words = pd.factorize(pd.Index(operations))
    # A missing operation has the code -1, the last place, and ranks as any log line does.
    ranks = np.array([*(_CAUSAL_RANK.get(word, _RANK_OF_OTHERS) for word in words), _RANK_OF_OTHERS], dtype=np.int64)
    placed: npt.NDArray[np.int64] = ranks[codes]
    return placed


def order_of(events: pd.DataFrame) -> Rows:
    """Give the rows' positions ordered by time, those of one instant by cause, then by the process' own line counter,
    else as they came.
    """
    return np.lexsort((_counters(events), causal_ranks(events["operation"]), _times(events)))


def in_rows(events: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    """Give the rows at the positions, in that order; index from 0."""
    if len(rows) < len(events) or not (rows[1:] > rows[:-1]).all():
        return events.take(rows).reset_index(drop=True)
    return events if events.index.equals(pd.RangeIndex(len(events))) else events.reset_index(drop=True)


def in_order(events: pd.DataFrame) -> pd.DataFrame:
    """Give the events ordered as `order_of` says; index from 0."""
    return in_rows(events, order_of(events))


def repeated_rows(ordered: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Mark rows that an earlier row of the table already says; the first of each is not marked.

    ordered: as `in_order` gives them. A row is repeated when it has the same document ID, or the same process and
    line counter, or, where a process does not count its lines, the same everything: log shippers send again what they
    are not sure has arrived. All of that at the same time: a counter that starts anew is no repetition.
    """
    return repeated_among(ordered, np.arange(len(ordered)))


def repeated_among(events: pd.DataFrame, rows: Rows) -> npt.NDArray[np.bool_]:
    """Mark, of the rows at the positions, ordered as `order_of` says, those that `repeated_rows` would mark."""
    times, counters = _times(events)[rows], _counters(events)[rows]
    like_the_next = np.flatnonzero((times[1:] == times[:-1]) & (counters[1:] == counters[:-1]))
    marked = np.zeros(len(rows), dtype=bool)
    suspects = np.union1d(like_the_next, like_the_next + 1)
    if len(suspects):
        marked[suspects] = _say_again(events.iloc[rows[suspects]])
    return marked


def _say_again(suspects: pd.DataFrame) -> npt.NDArray[np.bool_]:
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
