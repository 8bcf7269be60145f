"""The twin in sentences: which event it is, and where the trace first differs from it."""

from typing import Any, Final

import pandas as pd

from eventrail.model.usual import PlaceKind, PlaceState, Twin
from eventrail.words import age, count, listed

# column → what another value of it is called; what says most first
OTHERS: Final = {"service_version": "another version", "node": "another node", "pod": "another pod"}


def twin_sentences(twin: Twin) -> tuple[str, ...]:
    """Say which event the twin is and why, then the first difference, and where steps ran elsewhere that too."""
    took = age((twin.ended - twin.started).total_seconds())
    said = f"twin {twin.correlation_id}: completed in {took}; {twin.chosen}"
    return tuple(filter(None, (said, _first_difference(twin), _elsewhere(twin.difference))))


def _elsewhere(rows: pd.DataFrame) -> str:
    """Name the services that another version, node or pod of worked, each once; empty where none did.

    That is no difference by itself, and often its reason. A new version or another node says more than another pod.
    """
    told: dict[str, list[str]] = {}
    named: set[str] = set()
    rows = rows.assign(service=rows["service"].fillna("?"))
    for column, other in OTHERS.items():
        for row in rows[rows[f"other_{column}"] & ~rows["service"].isin(named)].to_dict("records"):
            side, twin_side = row[f"trace_{column}"], row[f"twin_{column}"]
            told.setdefault(other, []).append(f"{row['service']} {side} (in the twin {twin_side})")
            named.add(row["service"])
    return "; ".join(f"{other}: {listed([*dict.fromkeys(names)])}" for other, names in told.items())


def _first_difference(twin: Twin) -> str:
    if twin.first_difference is None:
        return "no step differs"
    rows = twin.difference
    row = rows.iloc[twin.first_difference].to_dict()
    more = int(rows["differs"].sum()) - 1
    return f"first difference: {_told(row)}" + (f"; {count(more, 'more difference')}" if more else "")


def _told(row: dict[Any, Any]) -> str:
    what = _named(row)
    if row["found_in"] != "both":
        return f"{what} is only in the {row['found_in']}"
    trace, twin = _side(row, "trace"), _side(row, "twin")
    if row["other_state"]:
        return f"{what}: {trace}, in the twin {twin}"
    if row["extra_attempts"] > 0:
        return f"{what}: {row['trace_attempts']} attempts, in the twin {row['twin_attempts']}"
    part = "waited" if _at_least_as_much(row["waited_more_seconds"], row["took_more_seconds"]) else "took"
    seconds = {side: age(row[f"{side}_{part}_seconds"]) for side in ("trace", "twin")}
    ratio, usual = row[f"{part}_ratio"], row[f"usual_{part}_p99_seconds"]
    basis = "" if pd.isna(usual) else f", usually up to {age(usual)} (p99)"
    return f"{what}: {part} {seconds['trace']}, in the twin {seconds['twin']} ({ratio:.1f} times as long{basis})"


def _named(row: dict[Any, Any]) -> str:
    if row["kind"] == PlaceKind.CALL:
        return str(row["path"]).rsplit(" → ", 1)[-1]
    name = row["queue"] if row["kind"] == PlaceKind.HANDLE else row["event_type"]
    return name if isinstance(name, str) else str(row["service"])


def _side(row: dict[Any, Any], side: str) -> str:
    """Say how a place stands in one of the two."""
    state = PlaceState(row[f"{side}_state"])
    seconds = row[f"{side}_waited_seconds"] if state is PlaceState.WAITING else row[f"{side}_took_seconds"]
    told = state.value if pd.isna(seconds) else f"{state.value} after {age(seconds)}"
    if state in (PlaceState.WAITING, PlaceState.RECEIVED, PlaceState.HANDLING) and not pd.isna(seconds):
        told = f"{state.value} for {age(seconds)}"
    pod = row[f"{side}_pod"]
    return f"{told} on {pod}" if isinstance(pod, str) else told


def _at_least_as_much(one: Any, other: Any) -> bool:
    """Compare two lengths of which either may be missing."""
    return bool(pd.notna(one) and (pd.isna(other) or one >= other))
