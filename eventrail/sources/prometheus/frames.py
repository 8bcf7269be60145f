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
    points = [series.get("values") or [series["value"]] for series in result]
    counts = [len(each) for each in points]
    flat = [point for each in points for point in each]
    seconds = np.array([point[0] for point in flat], dtype=np.float64)
    # Prometheus keeps milliseconds; as a float of seconds they are off by less than one.
    times = pd.to_datetime(np.round(seconds * 1000).astype(np.int64), unit="ms", utc=True)
    frame = pd.DataFrame({"time": times}).astype({"time": TIME_TYPE})
    frame["value"] = np.array([float(point[1]) for point in flat], dtype=np.float64)
    for column in columns:
        held = [series["metric"].get(labels.get(column, column)) for series in result]
        frame[column] = pd.Series(np.repeat(np.array(held, dtype=object), counts), dtype="str")
    known = frame[frame["value"].notna()]
    return known.sort_values([*columns, "time"], kind="stable", ignore_index=True)


def empty_frame(columns: Sequence[str]) -> pd.DataFrame:
    """Give the table without rows."""
    return to_frame([], columns, {})
