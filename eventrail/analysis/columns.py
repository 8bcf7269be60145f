"""Group-bys and joins over narrow numpy arrays.

A pandas operation costs tens of microseconds a column however short the table is, and an event table has 36 columns,
most of them text. So values are numbered once (`Lines.codes`) and compared as numbers: a short event takes
microseconds a step of the analysis, and a million rows take no Python loop and no object per row.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.table import TIME_TYPE

Codes = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.datetime64]
Objects = npt.NDArray[np.object_]
Scalar = TypeVar("Scalar", bound=np.generic)

NOWHERE: Final = -1  # the code of a missing value, the position of no row
NEVER: Final = np.datetime64("NaT", "ns")
# A longer duration is an error of the log; times have an end.
_SECONDS_MAX: Final = 100 * 366 * 86_400.0


def pick(values: npt.NDArray[Scalar], positions: Positions, missing: Any) -> npt.NDArray[Scalar]:
    """Give the values at `positions`, and `missing` where NOWHERE."""
    if not len(values):
        return np.full(len(positions), missing, dtype=values.dtype)
    picked = values[positions]  # NOWHERE is also an index: the last one
    picked[positions == NOWHERE] = missing
    return picked


def numbered(*keys: Codes) -> Codes:
    """Number the rows that are equal in all keys, by first appearance; NOWHERE equals NOWHERE."""
    combined: Codes = pd.factorize(keys[0])[0]
    for codes in keys[1:]:
        # Numbers are less than the number of rows, so that the product of two fits.
        combined = pd.factorize(combined * (codes.max(initial=NOWHERE) + 2) + codes)[0]
    return combined


def groups_in(codes: Codes) -> int:
    """Give how many groups codes number."""
    return int(codes.max(initial=NOWHERE)) + 1


def first_positions(codes: Codes, mask: Mask, groups: int) -> Positions:
    """Give for each group the position of its first row where `mask` holds, NOWHERE where it never does."""
    found: Positions = np.full(groups, NOWHERE, dtype=np.int64)
    chosen = np.flatnonzero(mask & (codes != NOWHERE))[::-1]
    found[codes[chosen]] = chosen  # written from last to first, so the first row of a group stays
    return found


def are_last(codes: Codes) -> Mask:
    """Mark the last row of each group."""
    last: Positions = np.full(groups_in(codes) + 1, NOWHERE, dtype=np.int64)
    rows = np.arange(len(codes))
    last[codes] = rows
    are: Mask = last[codes] == rows
    return are


def are_repeated(codes: Codes) -> Mask:
    """Mark the rows whose group has an earlier row; those of no group are not repeated."""
    grouped = codes != NOWHERE
    first = first_positions(codes, grouped, groups_in(codes))
    repeated: Mask = grouped & (pick(first, codes, NOWHERE) != np.arange(len(codes)))
    return repeated


def count_so_far(codes: Codes, mask: Mask) -> Codes:
    """Count, row by row and within its group, how many rows so far (this one included) have `mask`."""
    order = np.argsort(codes, kind="stable")
    sorted_codes, marked = codes[order], mask[order]
    counted = np.cumsum(marked)
    begins = np.flatnonzero(np.append(True, sorted_codes[1:] != sorted_codes[:-1])[: len(codes)])
    before: Codes = np.repeat(counted[begins] - marked[begins], np.diff(begins, append=len(codes)))
    counts: Codes = np.empty(len(codes), dtype=np.int64)
    counts[order] = counted - before
    return counts


def nth_of(codes: Codes) -> Codes:
    """Number the rows of each group from 0, as they come. codes: from `numbered`."""
    if groups_in(codes) == len(codes):
        return np.zeros(len(codes), dtype=np.int64)
    return count_so_far(codes, np.ones(len(codes), dtype=np.bool_)) - 1


def next_of(codes: Codes) -> Positions:
    """Give for each row the position of the row of its group after it. codes: from `numbered`."""
    following: Positions = np.full(len(codes), NOWHERE, dtype=np.int64)
    if groups_in(codes) < len(codes):
        order = np.argsort(codes, kind="stable")
        follows = codes[order][1:] == codes[order][:-1]
        following[order[:-1][follows]] = order[1:][follows]
    return following


def previous_of(codes: Codes) -> Positions:
    """Give for each row the position of the row of its group before it. codes: from `numbered`."""
    following = next_of(codes)
    has_next = following != NOWHERE
    previous: Positions = np.full(len(codes), NOWHERE, dtype=np.int64)
    previous[following[has_next]] = np.flatnonzero(has_next)
    return previous


def among(codes: Codes, others: Codes) -> Mask:
    """Mark the codes that are among the others; NOWHERE is among none."""
    found = np.zeros(max(groups_in(codes), groups_in(others)), dtype=np.bool_)
    found[others[others != NOWHERE]] = True
    return pick(found, codes, missing=False)


def pairs(left: Codes, right: Codes) -> tuple[Positions, Positions]:
    """Give the positions of each pair of equal codes, ordered by left, then right.

    A left row without a right one is paired with NOWHERE.
    """
    order = np.argsort(right, kind="stable")
    begin = np.searchsorted(right[order], left, side="left")
    matches = np.searchsorted(right[order], left, side="right") - begin
    rows = np.maximum(matches, 1)
    lefts = np.repeat(np.arange(len(left)), rows)
    nth = np.arange(len(lefts)) - np.repeat(np.cumsum(rows) - rows, rows)
    rights = np.where(matches[lefts] > 0, begin[lefts] + nth, NOWHERE)
    return lefts, pick(order, rights, NOWHERE)


def vocabulary(words: Iterable[str]) -> Any:
    """Give words as a pandas array of texts, for `texts`."""
    return pd.array([str(word) for word in words], dtype="str")


def texts(words: Any, codes: Codes) -> Any:
    """Give the words of a vocabulary that codes are positions of, missing where NOWHERE, as a pandas array."""
    return pd.api.extensions.take(words, codes, allow_fill=True)


def instants(times: Times) -> Any:
    """Give times as a pandas array in UTC."""
    return pd.array(times, dtype=TIME_TYPE)


def whole_numbers(values: Codes, missing: Mask) -> Any:
    """Give whole numbers as a pandas array that is missing where marked."""
    return pd.arrays.IntegerArray(values, missing)


def lengths(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.timedelta64]:
    """Give durations to the nanosecond, none for a missing one and the longest sensible one for a longer."""
    nanoseconds = np.rint(np.clip(np.nan_to_num(seconds), -_SECONDS_MAX, _SECONDS_MAX) * 1e9)
    return nanoseconds.astype("timedelta64[ns]")
