"""The lines of an event table as narrow arrays: what the analysis compares, without moving what is wide."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, Times, pick
from eventrail.model.events import Operation

# Columns that hold the same kind of value are numbered together, so that one can be looked up in the other.
_TOGETHER: Final = {
    name: both for both in (("message_id", "causation_id"), ("span_id", "parent_span_id")) for name in both
}


OPERATIONS: Final = tuple(Operation)
_POSITIONS: Final[Mapping[str, int]] = {operation: position for position, operation in enumerate(OPERATIONS)}


class Lines:
    """An event table, never moved: every array has an element for each of its rows, and rows are told by position.

    A column is numbered when it is first asked for. Texts are taken once, at the end, by row: a step of the analysis
    touches a few arrays of numbers and not 36 columns.
    """

    def __init__(self, events: pd.DataFrame) -> None:
        """Number nothing yet. events: the canonical event table."""
        self.events: Final = events
        self._arrays: Final[dict[str, Any]] = {}
        self._numbered: Final[dict[str, tuple[Codes, Any]]] = {}

    def __len__(self) -> int:
        """Give how many rows there are."""
        return len(self.events)

    @cached_property
    def times(self) -> Times:
        """When each line was logged, UTC."""
        return self.events["time"].to_numpy(dtype="datetime64[ns]")

    @cached_property
    def operations(self) -> Codes:
        """The position in OPERATIONS of what each line tells, NOWHERE where it tells none of them."""
        return self.told("operation", _POSITIONS, NOWHERE)

    def telling(self, *operations: Operation) -> Mask:
        """Mark the lines that tell one of the operations."""
        # NOWHERE is the index of the last element.
        wanted = np.array([*(operation in operations for operation in OPERATIONS), False])
        marked: Mask = wanted[self.operations]
        return marked

    def codes(self, column: str) -> Codes:
        """Give numbers for a column of texts or whole numbers: equal ones are equal values, NOWHERE is missing."""
        return self._of(column)[0]

    def words(self, column: str) -> Any:
        """Give the values that the codes of a column number, as a pandas array."""
        return self._of(column)[1]

    def numbers_of(self, column: str) -> dict[str, int]:
        """Give the number of each of a column's values."""
        return {word: code for code, word in enumerate(self.words(column))}

    def told(self, column: str, meanings: Mapping[str, int], otherwise: int) -> Codes:
        """Give what each value of a column means; `otherwise` for other and missing values."""
        meant = [meanings.get(word, otherwise) for word in self.words(column)]
        return pick(np.array(meant, dtype=np.int64), self.codes(column), otherwise)

    def having(self, column: str, *values: str) -> Mask:
        """Mark the lines that have one of the values."""
        marked: Mask = self.told(column, dict.fromkeys(values, 1), 0) == 1
        return marked

    def present(self, column: str) -> Mask:
        """Mark the lines that have a value in the column."""
        present: Mask = ~self._array(column).isna()
        return present

    def numbers(self, column: str, missing: int) -> Codes:
        """Give the values of a column of whole numbers."""
        numbers: Codes = self._array(column).to_numpy(dtype=np.int64, na_value=missing)
        return numbers

    def decimals(self, column: str) -> npt.NDArray[np.float64]:
        """Give the values of a column of numbers, NaN where missing."""
        decimals: npt.NDArray[np.float64] = self._array(column).to_numpy(dtype=np.float64, na_value=np.nan)
        return decimals

    def take(self, column: str, rows: Positions) -> Any:
        """Give a column's values in the rows, missing where NOWHERE, as a pandas array of the column's type."""
        return pd.api.extensions.take(self._array(column), rows, allow_fill=True)

    def _array(self, column: str) -> Any:
        if column not in self._arrays:
            self._arrays[column] = self.events[column].array
        return self._arrays[column]

    def _of(self, column: str) -> tuple[Codes, Any]:
        if column not in self._numbered:
            columns = _TOGETHER.get(column, (column,))
            values = self._array(column)
            if len(columns) > 1:
                values = pd.concat([self.events[each] for each in columns], ignore_index=True).array
            codes, words = pd.factorize(values)
            for each, own in zip(columns, np.split(codes, len(columns)), strict=True):
                self._numbered[each] = own, words
        return self._numbered[column]
