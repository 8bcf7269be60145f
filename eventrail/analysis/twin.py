"""The twin of a trace: the completed event that is nearest to it, and where the two differ."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.places import places_of, trace_places
from eventrail.analysis.usual import completed
from eventrail.model.table import conform
from eventrail.model.trace import Trace, TraceState
from eventrail.model.usual import DIFFERENCE_COLUMNS, ManyEvents, PlaceKind, PlaceState, Twin, UsualRoute
from eventrail.words import age, count

# Slower is what takes at least so many times as long as in the twin, by at least so much, and longer than the p99 of
# the usual route.
SLOWER_RATIO: Final = 2.0
SLOWER_SECONDS: Final = 0.01
OPEN: Final = (PlaceState.WAITING, PlaceState.RECEIVED, PlaceState.HANDLING)
SIDES: Final = ("trace", "twin")
KEY: Final = ["path", "occurrence"]
# Another of these is told, and is no difference by itself.
WHERE: Final = ("service_version", "pod", "node")
SAME: Final = ["kind", "event_type", "queue", "service"]


def find_twin(trace: Trace, many: ManyEvents, usual: UsualRoute, places: pd.DataFrame | None = None) -> Twin | None:
    """Give the nearest completed event of the trace's type and the difference; None when there is none.

    Nearest is the event that has most of the places that the trace passed; of those, where the trace is complete too,
    the one with the fewest others; of those the one that began closest in time. places: as for `learn_usual`.
    """
    candidates = completed(many, usual.event_type)
    candidates = candidates[candidates["correlation_id"] != trace.correlation_id]
    began = trace.started
    if not len(candidates) or began is None:
        return None
    candidates = candidates.assign(apart_seconds=(candidates["started"] - began).dt.total_seconds())
    passed = places_of(many.steps) if places is None else places
    own = trace_places(trace, usual)
    ranked = _ranked(trace, own, candidates, passed[passed["correlation_id"].isin(candidates["correlation_id"])])
    nearest = ranked.iloc[0]
    difference = _difference(own, passed[passed["correlation_id"] == nearest["correlation_id"]], trace.as_of, usual)
    differs = np.flatnonzero(difference["differs"])
    return Twin(
        correlation_id=str(nearest["correlation_id"]),
        started=nearest["started"],
        ended=nearest["ended"],
        considered=len(candidates),
        chosen=_chosen(trace, ranked),
        difference=difference,
        first_difference=int(differs[0]) if len(differs) else None,
    )


def _ranked(trace: Trace, own: pd.DataFrame, candidates: pd.DataFrame, passed: pd.DataFrame) -> pd.DataFrame:
    """Order the candidates, nearest first; adds lacks and has_more, counted in paths."""
    # By calls a retry would find a retried twin, and nothing would differ.
    ways = passed[passed["kind"] != PlaceKind.CALL][["correlation_id", "path"]].drop_duplicates()
    way = own["path"][own["kind"] != PlaceKind.CALL].unique()
    shared = ways["path"].isin(way).groupby(ways["correlation_id"]).agg(["sum", "size"])
    shared = shared.reindex(candidates["correlation_id"], fill_value=0)
    ranked = candidates.assign(
        lacks=len(way) - shared["sum"].to_numpy(),
        has_more=(shared["size"] - shared["sum"]).to_numpy(),
    )
    by_extent = ranked["has_more"] if trace.state is TraceState.COMPLETE else 0
    ranked = ranked.assign(extent=by_extent, distance=ranked["apart_seconds"].abs())
    return ranked.sort_values(["lacks", "extent", "distance"], kind="stable", ignore_index=True)


def _chosen(trace: Trace, ranked: pd.DataFrame) -> str:
    """Say why the first was chosen."""
    first = ranked.iloc[0]
    like = (ranked["lacks"] == first["lacks"]) & (ranked["extent"] == first["extent"])
    same = first["lacks"] == 0 and (first["has_more"] == 0 or trace.state is not TraceState.COMPLETE)
    way = "the same way" if trace.state is TraceState.COMPLETE else "the same way so far"
    among = f"that went {way}" if same else "that went most of the way"
    when = "earlier" if first["apart_seconds"] < 0 else "later"
    events = count(int(like.sum()), "completed event")
    return f"began {age(abs(first['apart_seconds']))} {when}, the closest in time of {events} {among}"


def _difference(own: pd.DataFrame, other: pd.DataFrame, as_of: pd.Timestamp, usual: UsualRoute) -> pd.DataFrame:
    """Put the places of both side by side (DIFFERENCE_COLUMNS)."""
    left, right = _side(own, "trace", as_of), _side(other, "twin", as_of)
    both = left.merge(right, on=KEY, how="outer", suffixes=("", "_twin"), indicator="found_in")
    both["found_in"] = both["found_in"].map({"both": "both", "left_only": "trace", "right_only": "twin"}).astype("str")
    for name in SAME:
        both[name] = both[name].fillna(both[f"{name}_twin"])
    both = both.merge(_scale(usual), on="path", how="left")
    for name in ("waited", "took"):
        trace, twin = both[f"trace_{name}_seconds"], both[f"twin_{name}_seconds"]
        both[f"{name}_more_seconds"] = trace - twin
        both[f"{name}_ratio"] = (trace / twin).where(twin > 0)
    return _judged(both)


def _side(places: pd.DataFrame, side: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Give what is compared of the places of one event; what goes on counts up to `as_of`."""
    is_open = places["state"].isin(OPEN)
    waits = places["state"] == PlaceState.WAITING
    so_far = (as_of - places["start"].fillna(places["counted_from"])).dt.total_seconds().astype("Float64")
    is_handle = places["kind"] == PlaceKind.HANDLE
    waited = places["since_parent_seconds"].mask(places["start"].isna() & waits, so_far)
    told = {
        "step_id": places["step_id"],
        "since_start_seconds": places["since_start_seconds"],
        "waited_seconds": waited.where(is_handle),
        "took_seconds": places["took_seconds"].mask(is_open & ~waits, so_far),
        **{name: places[name] for name in ("attempts", *WHERE, "state")},
    }
    table = pd.DataFrame({f"{side}_{name}": column for name, column in told.items()})
    began = places["start"].fillna(places["counted_from"]) - places["start"].min()
    return table.assign(
        **{name: places[name] for name in ("path", *SAME)},
        occurrence=places.groupby("path").cumcount() + 1,
        **{f"{side}_began": began.dt.total_seconds()},
    )


def _scale(usual: UsualRoute) -> pd.DataFrame:
    """Give what is usual of each path."""
    names = {
        f"usual_{name}_{quantile}_seconds": usual.steps[f"{measure}_{quantile}_seconds"]
        for name, measure in (("waited", "since_parent"), ("took", "took"))
        for quantile in ("p50", "p99")
    }
    return pd.DataFrame({"path": usual.steps["path"], **names})


def _judged(both: pd.DataFrame) -> pd.DataFrame:
    """Say of each row whether and how the two differ, and order the rows by time."""
    shared = both["found_in"] == "both"
    slower = pd.Series(data=False, index=both.index)
    for name in ("waited", "took"):
        clearly = (both[f"{name}_ratio"] >= SLOWER_RATIO) & (both[f"{name}_more_seconds"] >= SLOWER_SECONDS)
        unusual = ~(both[f"trace_{name}_seconds"] <= both[f"usual_{name}_p99_seconds"]).fillna(value=False)
        slower |= (clearly.fillna(value=False) & unusual).astype(bool)
    extra = (both["trace_attempts"] - both["twin_attempts"]).fillna(0).astype("int64")
    other_state = shared & (both["trace_state"] != both["twin_state"])
    judged = both.assign(
        extra_attempts=extra,
        slower=slower,
        other_state=other_state,
        **{f"other_{name}": shared & _others(both, name) for name in WHERE},
        differs=~shared | other_state | (extra > 0) | slower,
        began=both["trace_began"].fillna(both["twin_began"]),
        only_there=both["found_in"] == "twin",
    )
    judged = judged.sort_values(["began", "only_there", "path", "occurrence"], kind="stable", ignore_index=True)
    return conform(judged[list(DIFFERENCE_COLUMNS)], DIFFERENCE_COLUMNS)


def _others(both: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """Mark rows where both sides name one and not the same."""
    trace, twin = both[f"trace_{name}"], both[f"twin_{name}"]
    return trace.notna() & twin.notna() & (trace != twin)
