"""How a holder's pod and node were when it took the oldest delivery, and how they are now."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from eventrail.model.table import TIME_TYPE, Schema, conform

STATE_COLUMNS: Final[Schema] = {
    "query": ("str", "query of the catalogue"),
    "name": ("str", "the pod, or the node"),
    "at_delivery": ("float64", "the last value at or before the oldest delivery; missing without one"),
    "latest": ("float64", "the last value at or before the instant"),
    "latest_time": (TIME_TYPE, "when that was sampled"),
}


def holder_states(metrics: Mapping[str, pd.DataFrame], holders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Give STATE_COLUMNS: a row for each query and each pod or node of the holders that it has samples of.

    metrics: query → time, value and the label "pod" or "node", which the query's name begins with. holders:
    HOLDER_COLUMNS. A restart count is summed over the pod's containers.
    """
    tables = [_states(name, frame, holders, as_of) for name, frame in metrics.items() if len(frame)]
    return conform(pd.concat(tables, ignore_index=True) if tables else {}, STATE_COLUMNS)


def _states(query: str, frame: pd.DataFrame, holders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    label = query.partition("_")[0]
    summed = frame[frame["time"] <= as_of].groupby([label, "time"])["value"].sum().reset_index().sort_values("time")
    since = holders.groupby(label)["oldest_delivered"].min()
    known = summed[summed[label].isin(since.index)]
    before = known[known["time"] <= known[label].map(since)]
    latest = known.groupby(label).last()
    return pd.DataFrame(
        {
            "query": query,
            "name": latest.index,
            "at_delivery": before.groupby(label)["value"].last().reindex(latest.index).to_numpy(),
            "latest": latest["value"].to_numpy(),
            "latest_time": latest["time"].array,
        }
    )
