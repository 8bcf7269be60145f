"""The usual route of an event type: what completed events of it passed, how often and how fast."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.places import places_of
from eventrail.model.table import conform
from eventrail.model.trace import TraceState
from eventrail.model.usual import (
    MEASURES,
    QUANTILES,
    ROUTE_COLUMNS,
    VARIANT_COLUMNS,
    ManyEvents,
    PlaceKind,
    UsualRoute,
)

# `came` is a signed whole number of 64 bits; the rarest of more steps are not expected.
BITS: Final = 62


def completed(many: ManyEvents, event_type: str) -> pd.DataFrame:
    """Give the events (MANY_EVENT_COLUMNS) of a type with nothing open and nothing given up.

    An event counts although no line says what became of a message of it, as long as nobody was ever seen consuming
    such messages.
    """
    events = many.events
    ended = events["ended"].notna() & (events["state"] != TraceState.FAILED)
    return events[ended & (events["event_type"] == event_type)]


def learn_usual(event_type: str, many: ManyEvents, places: pd.DataFrame | None = None) -> UsualRoute:
    """Learn the usual route of a type from those of the events that are of it and completed.

    places: the events' places (PLACE_COLUMNS), where they are known already. Nothing to learn from gives an empty
    route with `events` 0.
    """
    learned = completed(many, event_type)
    passed = places_of(many.steps) if places is None else places
    passed = passed[passed["correlation_id"].isin(learned["correlation_id"])].reset_index()
    steps = _with_bits(_steps(passed, len(learned)))
    took = (learned["ended"] - learned["started"]).dt.total_seconds()
    quantiles = [float(took.quantile(level)) if len(took) else None for level in QUANTILES.values()]
    return UsualRoute(
        event_type,
        len(learned),
        len(many.events),
        steps,
        _variants(passed, steps, learned["correlation_id"]),
        *quantiles,
    )


def _steps(passed: pd.DataFrame, events: int) -> pd.DataFrame:
    """Give ROUTE_COLUMNS but the bits."""
    paths = passed.groupby("path", sort=False)
    same = ["parent_path", "kind", "event_type", "queue"]
    table = paths[same].first().assign(times=paths.size(), events=paths["correlation_id"].nunique())
    table["service"] = _most_frequent(passed, "service")
    table["share"] = table["events"] / max(events, 1)
    measured = passed[[f"{name}_seconds" for name in MEASURES]].astype("float64").groupby(passed["path"], sort=False)
    for quantile, level in QUANTILES.items():
        values = measured.quantile(level)
        table[[f"{name}_{quantile}_seconds" for name in MEASURES]] = values.astype("Float64")
    table = table.reset_index()
    table["depth"] = _depths(table)
    return conform(
        table.sort_values(["since_start_p50_seconds", "depth", "path"], kind="stable", ignore_index=True),
        ROUTE_COLUMNS,
    )


def _most_frequent(passed: pd.DataFrame, column: str) -> "pd.Series[Any]":
    """Give the value that each path has most often, by path."""
    counts = passed.groupby(["path", column]).size().sort_values(ascending=False, kind="stable").reset_index()
    return counts.drop_duplicates("path").set_index("path")[column]


def _depths(table: pd.DataFrame) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Count the steps before each."""
    depth = np.zeros(len(table), dtype=np.int64)
    above = table.set_index("path")["parent_path"]
    at = above.reset_index(drop=True)
    while (further := at.ne("") & at.notna()).any():
        depth[further] += 1
        at = at.map(above)
    return depth


def _with_bits(steps: pd.DataFrame) -> pd.DataFrame:
    """Number the steps after each step, the most frequent first. Calls are not expected: none waits for one alone."""
    expected = steps[steps["kind"] != PlaceKind.CALL].sort_values("events", ascending=False, kind="stable")
    nth = expected.groupby("parent_path").cumcount().astype("Int64")
    return steps.assign(bit=nth.mask(nth >= BITS).reindex(steps.index))


def _variants(passed: pd.DataFrame, steps: pd.DataFrame, events: "pd.Series[Any]") -> pd.DataFrame:
    """Count which steps came after each place, and after the start of each event (VARIANT_COLUMNS)."""
    bits = steps.set_index("path")["bit"]
    came = passed[["index", "correlation_id", "parent"]].assign(bit=passed["path"].map(bits))
    came = came[came["bit"].notna()]
    branches = passed[passed["kind"] != PlaceKind.CALL].set_index("index")["path"]
    after_places = came_after(came["parent"], came["bit"]).reindex(branches.index, fill_value=0)
    roots = came[came["parent"].isna()]
    after_start = came_after(roots["correlation_id"], roots["bit"]).reindex(events, fill_value=0)
    told = pd.DataFrame(
        {
            "parent_path": [*branches.array, *([""] * len(after_start))],
            "came": [*after_places.array, *after_start.array],
        }
    )
    counted = told.groupby(["parent_path", "came"]).size().rename("times").reset_index()
    return conform(counted, VARIANT_COLUMNS)


def came_after(parent: "pd.Series[Any]", bit: "pd.Series[Any]") -> "pd.Series[Any]":
    """Give which steps came after each parent: the sum of 2 ** bit of the different bits, by parent."""
    each = pd.DataFrame({"parent": parent, "bit": bit}).dropna().drop_duplicates()
    powers = np.left_shift(np.int64(1), each["bit"].to_numpy(dtype=np.int64))
    return pd.Series(powers, index=each["parent"].array, dtype="int64").groupby(level=0).sum()
