"""Outstanding deliveries by who holds them, what they are and how they are known: filters over columns."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.delivery_filter import AGAIN, INFERRED, LINE, DeliveryFilter

# filter → column in which its value stands
COLUMNS: Final[Mapping[str, str]] = {
    "queue": "queue",
    "vhost": "vhost",
    "consumer": "consumer_tag",
    "pod": "pod",
    "node": "node",
    "event_type": "event_type",
    "stage": "stage",
}
OFFERED: Final = (*(name for name in COLUMNS if name != "vhost"), "attempt", "known")

Marks = npt.NDArray[np.bool_]


def narrowed(deliveries: pd.DataFrame, wanted: DeliveryFilter) -> pd.DataFrame:
    """Give the deliveries (DELIVERY_COLUMNS, `stage`) that are wanted, in their order, with their own index."""
    return deliveries[marks(deliveries, wanted)] if wanted.narrowed else deliveries


def marks(deliveries: pd.DataFrame, wanted: DeliveryFilter) -> Marks:
    """Mark each delivery that is wanted."""
    marked = np.ones(len(deliveries), dtype=bool)
    for name, text in wanted.narrowed.items():
        marked &= _marks_of(deliveries, name, text)
    return marked


def offered(deliveries: pd.DataFrame, wanted: DeliveryFilter) -> dict[str, "pd.Series[int]"]:
    """Give for each of OFFERED what occurs, the most frequent first, and how often.

    Counted are the deliveries that all other filters leave, so that a count is what choosing it would show.
    """
    each = {name: _marks_of(deliveries, name, text) for name, text in wanted.narrowed.items()}
    counts = {}
    for name in OFFERED:
        others = [marked for other, marked in each.items() if other != name]
        left = deliveries[np.logical_and.reduce(others)] if others else deliveries
        counts[name] = _counts(left, name)
    return counts


def _counts(deliveries: pd.DataFrame, name: str) -> "pd.Series[int]":
    if name in COLUMNS:
        found = deliveries[COLUMNS[name]].value_counts()
        return found.drop("", errors="ignore")
    values = {"attempt": (AGAIN,), "known": (LINE, INFERRED)}[name]
    return pd.Series({value: int(_marks_of(deliveries, name, value).sum()) for value in values}, dtype="int64")


def _marks_of(deliveries: pd.DataFrame, name: str, text: str) -> Marks:
    if name in COLUMNS:
        found = deliveries[COLUMNS[name]] == text
    elif name == "correlation":
        found = deliveries["correlation_id"].str.contains(text, case=False, regex=False)
    elif name == "attempt":
        found = deliveries["attempt"] > 1
        # Where no line counts attempts, the broker's flag says that there was one before.
        found = found.fillna(value=False) | deliveries["redelivered"].fillna(value=False)
        found = found if text == AGAIN else ~found
    else:
        by_line = deliveries["inferred"].fillna("") == ""
        found = by_line if text == LINE else ~by_line
    return found.fillna(value=False).to_numpy(dtype=bool)


def without(wanted: DeliveryFilter, *names: str) -> DeliveryFilter:
    """Give the filter without these parts."""
    return replace(wanted, **dict.fromkeys(names, ""))
