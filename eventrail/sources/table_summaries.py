"""Summaries of an event table: what LogSource's freshness, activity, routes and find give. Tables in, tables out."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.events import Operation
from eventrail.model.summaries import (
    ACTIVITY_COLUMNS,
    FOUND_COLUMNS,
    FRESHNESS_COLUMNS,
    MATCHED,
    ROUTE_KEYS,
    ROUTES_COLUMNS,
)
from eventrail.model.table import conform

# The columns of the event table that each summary reads; carrying along the others costs a second for a million lines.
FRESHNESS_NEEDS: Final = ("service", "pod", "node", "time", "operation")
ACTIVITY_NEEDS: Final = ("service", "level")
ROUTES_NEED: Final = (*ROUTE_KEYS, "operation")
FIND_NEEDS: Final = ("correlation_id", "time", "message_id", "event_type", "service", "message")


def freshness(events: pd.DataFrame) -> pd.DataFrame:
    """Give the newest line of each pod (FRESHNESS_COLUMNS) from events in order; lines without a pod go by service."""
    keys = ["service", "pod"]
    newest = events.groupby(keys, dropna=False, sort=True).tail(1)[[*keys, "node", "time"]]
    is_heartbeat = (events["operation"] == str(Operation.HEARTBEAT)).fillna(value=False).astype("int64")
    counts = (
        events[keys]
        .assign(heartbeat=is_heartbeat)
        .groupby(keys, dropna=False, as_index=False)
        .agg(documents=("heartbeat", "size"), heartbeats=("heartbeat", "sum"))
    )
    fresh = newest.rename(columns={"time": "newest"}).merge(counts, on=keys).sort_values(keys)
    return conform(fresh, FRESHNESS_COLUMNS)


def activity(events: pd.DataFrame) -> pd.DataFrame:
    """Count lines by service and level (ACTIVITY_COLUMNS)."""
    counts = events.groupby(["service", "level"], dropna=False, sort=True).size().rename("documents")
    return conform(counts.reset_index(), ACTIVITY_COLUMNS)


def routes(deliveries: pd.DataFrame) -> pd.DataFrame:
    """Say where messages went (ROUTES_COLUMNS) from receive, process and settle lines."""
    keys = [*ROUTE_KEYS, "operation"]
    counts = deliveries.groupby(keys, dropna=False, sort=True).size().rename("deliveries")
    return routes_from_counts(counts.reset_index())


def routes_from_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """Make ROUTES_COLUMNS from counts by route and operation.

    Services log some of receive, process and settle; the operation logged most often is closest to the deliveries.
    """
    most = counts.groupby(list(ROUTE_KEYS), dropna=False, sort=True)["deliveries"].max()
    return conform(most.reset_index(), ROUTES_COLUMNS)


def find(events: pd.DataFrame, text: str, holds_text: npt.NDArray[np.bool_], limit: int) -> pd.DataFrame:
    """Find events by `text` (FOUND_COLUMNS, newest first); `holds_text` marks lines whose message holds its words."""
    if not text:
        return conform({}, FOUND_COLUMNS)
    ways = [
        events["correlation_id"].str.startswith(text),
        events["message_id"] == text,
        events["event_type"] == text,
        events["service"] == text,
    ]
    marks = [way.fillna(value=False).to_numpy(dtype=bool) for way in ways] + [holds_text]
    way_of_row = np.select(marks, list(range(len(marks))), default=len(marks))
    usable = (way_of_row < len(marks)) & events["correlation_id"].notna().to_numpy()
    hits = events.loc[usable, ["correlation_id", "time"]].assign(way=way_of_row[usable])
    found = hits.groupby("correlation_id", as_index=False).agg(
        newest=("time", "max"), lines=("time", "size"), way=("way", "min")
    )
    found["matched"] = np.array(MATCHED, dtype=object)[found.pop("way").to_numpy(dtype=int)]
    newest_first = found.sort_values(["newest", "correlation_id"], ascending=[False, True])
    return conform(newest_first.head(limit), FOUND_COLUMNS)
