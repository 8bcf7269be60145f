"""What came last before an instant, or first after it, among the rows of one key."""

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes, Positions, Times, pick


class Timeline:
    """Rows with a key and a time, to be asked for one of an equal key; rows without a key are never found.

    Key and time become one number that grows with the key, then the time, so that a binary search answers. A join of
    all rows of equal key would be simpler, and square the rows of a message that is given back again and again.
    """

    def __init__(self, keys: Codes, times: Times) -> None:
        """Sort the rows; those of one key and time stay as they come."""
        self._times: Times = np.sort(times, kind="stable")
        numbers = self._numbers(keys, times)
        rows = np.flatnonzero(keys != NOWHERE)
        self._rows: Positions = rows[np.argsort(numbers[rows], kind="stable")]
        self._sorted: Codes = numbers[self._rows]
        self._keys: Codes = keys[self._rows]

    def last_until(self, keys: Codes, times: Times) -> Positions:
        """Give for each key and time the last row that is not later, the first of several of that instant."""
        found = self._of_key(self._searched(keys, times) - 1, keys)
        first = np.searchsorted(self._sorted, pick(self._sorted, found, NOWHERE), side="left")
        return pick(self._rows, np.where(found == NOWHERE, NOWHERE, first), NOWHERE)

    def first_after(self, keys: Codes, times: Times) -> Positions:
        """Give for each key and time the first row that is later."""
        found = self._searched(keys, times)
        return pick(self._rows, self._of_key(np.where(found == len(self._rows), NOWHERE, found), keys), NOWHERE)

    def _numbers(self, keys: Codes, times: Times) -> Codes:
        numbers: Codes = keys * (len(self._times) + 1) + np.searchsorted(self._times, times, side="right")
        return numbers

    def _searched(self, keys: Codes, times: Times) -> Positions:
        return np.searchsorted(self._sorted, self._numbers(keys, times), side="right")

    def _of_key(self, found: Positions, keys: Codes) -> Positions:
        """Give the places found that have the key, NOWHERE for the others."""
        return np.where((pick(self._keys, found, NOWHERE) == keys) & (keys != NOWHERE), found, NOWHERE)
