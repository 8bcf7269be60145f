"""The order of event tables, and which of their rows say again what another row says."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.events import Operation

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

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

# What soonest tells lines of one time apart.
_TELLING: Final = ("time", "message_id", "operation", "queue", "message", "pod")

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
    values: Any = operations.array if isinstance(operations, pd.Series) else np.array(operations, dtype=object)
    codes, words = pd.factorize(values)
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


def repeated_rows(ordered: pd.DataFrame) -> Mask:
    """Mark rows that an earlier row of the table already says; the first of each is not marked.

    ordered: as `in_order` gives them. A row is repeated when it has the same document ID, or the same process and
    line counter, or, where a process does not count its lines, the same everything: log shippers send again what they
    are not sure has arrived. All of that at the same time: a counter that starts anew is no repetition.
    """
    return repeated_among(ordered, np.arange(len(ordered)))


def repeated_among(events: pd.DataFrame, rows: Rows) -> Mask:
    """Mark, of the rows at the positions, ordered as `order_of` says, those that `repeated_rows` would mark."""
    times, counters = _times(events)[rows], _counters(events)[rows]
    like_the_next = (times[1:] == times[:-1]) & (counters[1:] == counters[:-1])
    # Only lines that stand beside one of the same time and counter may be said again; of most tables none.
    suspects = np.flatnonzero(np.append(like_the_next, False) | np.append(False, like_the_next)[: len(rows)])
    marked = np.zeros(len(rows), dtype=np.bool_)
    if len(suspects):
        marked[suspects] = _say_again(events, rows[suspects])
    return marked


def _say_again(events: pd.DataFrame, rows: Rows) -> Mask:
    has_document = events["document_id"].notna().to_numpy()[rows]
    is_counted = (events["sequence"].notna() & events["instance_id"].notna()).to_numpy()[rows]
    marked = np.zeros(len(rows), dtype=np.bool_)
    for chosen, columns in (
        (has_document, ("time", "document_id")),
        (is_counted, ("time", "instance_id", "sequence")),
        (~is_counted, (*_TELLING, *(name for name in events.columns if name not in (*_TELLING, "document_id")))),
    ):
        of_kind = np.flatnonzero(chosen)
        marked[of_kind] |= _equal_an_earlier(events, rows[of_kind], columns)
    return marked


def _equal_an_earlier(events: pd.DataFrame, rows: Rows, columns: Sequence[str]) -> Mask:
    """Mark the rows that equal an earlier one in all columns; missing values are equal.

    Goes on, column by column, with those only that still have an equal: mostly the first few columns tell all apart.
    """
    marked = np.zeros(len(rows), dtype=np.bool_)
    left = np.arange(len(rows))
    groups = np.zeros(len(rows), dtype=np.int64)
    for column in columns:
        values, _ = pd.factorize(events[column].array.take(rows[left]), use_na_sentinel=False)
        groups, _ = pd.factorize(groups * (values.max(initial=0) + 1) + values)
        has_equal = np.bincount(groups)[groups] > 1
        left, groups = left[has_equal], groups[has_equal]
        if not len(left):
            return marked
    _, first = np.unique(groups, return_index=True)
    marked[left] = True
    marked[left[first]] = False
    return marked


def _times(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    return events["time"].to_numpy(dtype="datetime64[ns]").view("int64")


def _counters(events: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Give the line counters as numbers; a line that is not counted comes last among its equals."""
    return events["sequence"].to_numpy(dtype="int64", na_value=np.iinfo(np.int64).max)
