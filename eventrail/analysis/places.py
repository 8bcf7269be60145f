"""The places that events pass, and the path to each: what steps of different events are compared by.

A place is a publish, a message in a queue (its waits and deliveries, all attempts, together), or a call. Its path is
the way to it from the event's start, in names that every event of a kind shares: event type → queue → event type …
"""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Positions
from eventrail.analysis.place_facts import IN_QUEUE, place_facts, with_times
from eventrail.analysis.route_paths import paths, taken
from eventrail.model.table import conform
from eventrail.model.trace import StepKind, Trace
from eventrail.model.usual import MANY_STEP_COLUMNS, PLACE_COLUMNS, PlaceKind, UsualRoute

UNNAMED: Final = "?"


def trace_places(trace: Trace, usual: UsualRoute) -> pd.DataFrame:
    """Give the places of one trace (PLACE_COLUMNS).

    A step whose cause no line shows stands where the usual route has a step of its name, if it has just one.
    """
    return places_of(conform(trace.steps.assign(correlation_id=trace.correlation_id), MANY_STEP_COLUMNS), usual)


def places_of(steps: pd.DataFrame, usual: UsualRoute | None = None) -> pd.DataFrame:
    """Give the places (PLACE_COLUMNS) of steps (MANY_STEP_COLUMNS, by start) of one or many events.

    usual: see `trace_places`. Left out are waits in a queue that no line names, and what lies beneath causes that run
    in a circle or deeper than `route_paths.DEPTH_MAX`.
    """
    nameless = (steps["kind"] == StepKind.WAIT) & steps["queue"].isna()
    known = steps[~nameless].reset_index(drop=True)
    place = _place_of_step(known)
    table = place_facts(known, place)
    names = _names(table)
    parents = _parents(known, place, len(table))
    given = _standing(table, names, parents, usual)
    parents = np.where(given["path"].notna(), NOWHERE, parents)
    table["path"] = paths(names, parents, table["correlation_id"], given["path"])
    parents = _adopted(table["path"], parents, given["parent_path"])
    table["parent_path"] = given["parent_path"].fillna(taken(table["path"], parents)).fillna("")
    return _placed(with_times(table, parents), parents)


def _place_of_step(steps: pd.DataFrame) -> Positions:
    """Number the places by first appearance: a message in a queue is one, a message published is one, a call is one."""
    own = steps["message_id"].isna() | (steps["kind"] == StepKind.CALL)
    message = steps["message_id"].mask(own, steps["id"])
    kind = steps["kind"].mask(steps["kind"].isin(IN_QUEUE), PlaceKind.HANDLE.value)
    number: Positions = np.zeros(len(steps), dtype=np.int64)
    for key in (steps["correlation_id"], kind, steps["queue"], message):
        codes, values = pd.factorize(key, use_na_sentinel=False)
        number = pd.factorize(number * len(values) + codes)[0]
    return number


def _names(table: pd.DataFrame) -> "pd.Series[Any]":
    """Give what a place is called on a path."""
    publish = table["event_type"].fillna(table["routing_key"])
    handle = table["queue"].fillna(table["service"])
    call = "call " + table["call_method"].fillna(UNNAMED) + " by " + table["service"].fillna(UNNAMED)
    is_call = table["kind"] == PlaceKind.CALL
    return publish.where(table["kind"] == PlaceKind.PUBLISH, handle).mask(is_call, call).fillna(UNNAMED)


def _parents(steps: pd.DataFrame, place: Positions, places: int) -> Positions:
    """Give the place of the first cause that lies outside of each place; NOWHERE for none."""
    unique = steps["id"].drop_duplicates()
    found = pd.Index(unique).get_indexer(pd.Index(steps["parent_id"]))
    cause = np.append(place[unique.index], NOWHERE)[found]
    outside = np.flatnonzero((cause != NOWHERE) & (cause != place))[::-1]
    parents: Positions = np.full(places, NOWHERE, dtype=np.int64)
    parents[place[outside]] = cause[outside]  # from last to first, so that the first stays
    return parents


def _standing(table: pd.DataFrame, names: "pd.Series[Any]", parents: Positions, usual: UsualRoute | None) -> Any:
    """Give path and parent_path of places whose cause no line shows and that have just one place on the usual route."""
    nothing = pd.DataFrame({"path": pd.NA, "parent_path": pd.NA}, index=table.index, dtype="str")
    if usual is None or not len(usual.steps):
        return nothing
    route = usual.steps.assign(name=_names(usual.steps.assign(routing_key=usual.steps["event_type"], call_method="")))
    starts = route["name"][route["parent_path"] == ""]
    keys = ["kind", "name", "event_type"]
    below = route[(route["parent_path"] != "") & route["kind"].ne(PlaceKind.CALL)].drop_duplicates(keys, keep=False)
    begins = (parents == NOWHERE) & ~names.isin(starts)
    # Of a message's deliveries the right one is not there if the nearest is another service's.
    cause = taken(table["service"], parents)
    elsewhere = (table["kind"] == PlaceKind.PUBLISH) & cause.notna() & table["service"].notna()
    lost = table[["kind", "event_type"]].assign(name=names)[begins | (elsewhere & (cause != table["service"]))]
    found = lost.reset_index(names="row").merge(below[[*keys, "path", "parent_path"]], on=keys).set_index("row")
    nothing.loc[found.index, ["path", "parent_path"]] = found[["path", "parent_path"]]
    return nothing


def _adopted(path: "pd.Series[Any]", parents: Positions, parent_path: "pd.Series[Any]") -> Positions:
    """Hang roots with a given parent's path under the first place of that path, where there is one."""
    given = np.flatnonzero(parent_path.notna())
    if not len(given):
        return parents
    first = path.drop_duplicates()
    found = pd.Index(first).get_indexer(pd.Index(parent_path.iloc[given]))
    adopted = parents.copy()
    adopted[given] = np.append(first.index.to_numpy(), NOWHERE)[found]
    return adopted


def _placed(table: pd.DataFrame, parents: Positions) -> pd.DataFrame:
    """Leave out what has no path; the rest is in order, its parents are numbered anew."""
    placed = table["path"].notna().to_numpy()
    number = np.append(np.where(placed, np.cumsum(placed) - 1, NOWHERE), NOWHERE)
    parent = pd.Series(number[parents], index=table.index).astype("Int64")
    kept = table.assign(parent=parent.mask(parent == NOWHERE))[placed]
    return conform(kept[list(PLACE_COLUMNS)], PLACE_COLUMNS)
