"""Prometheus' JSON results as tables with the catalogue's columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eventrail.model.table import TIME_TYPE

Series = Mapping[str, Any]


def to_frame(result: Sequence[Series], columns: Sequence[str], labels: Mapping[str, str]) -> pd.DataFrame:
    """Give time (UTC), value and the columns, ordered by columns, then time.

    result: a vector or a matrix. labels: canonical column → the label that holds it, where they differ. A point that
    is not a number says nothing and is left out.
    """
    held = pd.DataFrame(
        {column: [series["metric"].get(labels.get(column, column)) for series in result] for column in columns},
        dtype="str",
    ).sort_values(list(columns), kind="stable")
    points = [result[number].get("values") or [result[number]["value"]] for number in held.index]
    flat = [point for each in points for point in each]
    seconds = np.array([point[0] for point in flat], dtype=np.float64)
    # Prometheus keeps milliseconds; as a float of seconds they are off by less than one.
    times = pd.to_datetime(np.round(seconds * 1000).astype(np.int64), unit="ms", utc=True)
    frame = pd.DataFrame({"time": times}).astype({"time": TIME_TYPE})
    frame["value"] = np.array([float(point[1]) for point in flat], dtype=np.float64)
    of_series = np.repeat(np.arange(len(held)), [len(each) for each in points])
    for column in columns:
        frame[column] = held[column].array.take(of_series)
    known = frame[frame["value"].notna()]
    if not held.duplicated().any():
        # The points of a series come by time.
        return known.reset_index(drop=True)
    return known.sort_values([*columns, "time"], kind="stable", ignore_index=True)


def empty_frame(columns: Sequence[str]) -> pd.DataFrame:
    """Give the table without rows."""
    return to_frame([], columns, {})
