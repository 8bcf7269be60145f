"""Spans as a tree: what the rows of an event table say of them by span ID and parent span ID."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, pick
from eventrail.model.events import Operation


@dataclass(frozen=True, slots=True)
class SpanTree:
    """Spans are numbered; arrays by span have an element each, arrays by row one for each row of the table.

    names: by span, its ID. own, above: by row, its span and its parent span; NOWHERE where it names none. parent: by
    span, its parent; NOWHERE for a root. row: by span, the row that tells of it, a log line only where no other row
    does; NOWHERE for a span that is only named as a parent.
    """

    names: "pd.Index[str]"
    own: Codes
    above: Codes
    parent: Codes
    row: Positions

    @classmethod
    def of(cls, events: pd.DataFrame) -> "SpanTree":
        """Make it from the canonical event table, in any order and with any index."""
        named = pd.concat([events["span_id"], events["parent_span_id"]], ignore_index=True)
        codes, names = pd.factorize(named)
        own, above = codes[: len(events)], codes[len(events) :]
        is_line = (events["operation"] == Operation.LOG).to_numpy(dtype=bool)
        row = _first(own, np.argsort(is_line, kind="stable"), len(names))
        told = np.flatnonzero(above != NOWHERE)
        teller = _first(own, told[np.argsort(is_line[told], kind="stable")], len(names))
        parent = pick(above, teller, NOWHERE)
        parent[parent == np.arange(len(names))] = NOWHERE
        return cls(pd.Index(names), own, above, parent, row)

    def nearest(self, wanted: Mask) -> Codes:
        """Give for each span the nearest one above it that is wanted, NOWHERE where none is.

        Each round doubles how far up is known, so a chain of n takes log2(n) rounds; circles lead nowhere.
        """
        found = self.parent.copy()
        for _ in range(len(found).bit_length() + 1):
            on_the_way = np.flatnonzero((found != NOWHERE) & ~wanted[found])
            if not len(on_the_way):
                return found
            found[on_the_way] = found[found[on_the_way]]
        return np.where((found != NOWHERE) & ~wanted[found], NOWHERE, found)

    def of_rows(self, column: "pd.Series[Any]", spans: Codes) -> "pd.Series[Any]":
        """Give a column's value in the row that tells of each span; missing where there is none."""
        rows = pick(self.row, spans, NOWHERE)
        return pd.Series(pd.api.extensions.take(column.array, rows, allow_fill=True))


def _first(codes: Codes, order: Positions, count: int) -> Positions:
    """Give for each code its first row in this order, NOWHERE where it has none."""
    first: Positions = np.full(count, NOWHERE, dtype=np.int64)
    backwards = order[::-1]
    backwards = backwards[codes[backwards] != NOWHERE]
    first[codes[backwards]] = backwards  # written from last to first, so the first row stays
    return first
