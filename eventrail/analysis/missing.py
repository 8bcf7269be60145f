"""What an event lacks of its usual route: the first step of each branch that was expected and has not come."""

from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import Codes
from eventrail.analysis.expectation import END, EXPECTED_SHARE, SITUATION, expected_after
from eventrail.analysis.places import trace_places
from eventrail.analysis.usual import came_after
from eventrail.model.table import conform
from eventrail.model.trace import Trace
from eventrail.model.usual import MISSING_COLUMNS, Expected, PlaceKind, PlaceState, UsualRoute

# Where a row of the places is named: the event's start, which is no place.
START: Final = -1


def find_missing(trace: Trace, usual: UsualRoute) -> pd.DataFrame:
    """Give what of the usual route has not come (MISSING_COLUMNS), the longest overdue first, those not yet due last.

    Only steps that hang on one that is there: what hangs on a missing one is counted, not listed. An open delivery from
    which nothing more is expected is listed itself, as its end. Steps that are not late yet are there too, with a
    negative age_seconds.
    """
    if not usual.events or not len(trace.steps):
        return conform({}, MISSING_COLUMNS)
    places = trace_places(trace, usual)
    route = usual.steps.assign(descendants=_descendants(usual.steps))
    implied = _implied(places, usual.steps)
    branches = _branches(places, implied, usual.steps)
    missing = branches.merge(expected_after(branches, usual.variants), on=SITUATION)
    is_end = missing["bit"] == END
    ends = missing[is_end].merge(route.drop(columns="bit"), left_on="after_path", right_on="path")
    steps = missing[~is_end].merge(route, left_on=["after_path", "bit"], right_on=["parent_path", "bit"])
    unseen = branches.drop_duplicates("after_path").merge(
        route[route["path"].isin(implied)], left_on="after_path", right_on="parent_path"
    )
    listed = pd.concat(
        [
            ends.assign(expected=Expected.END.value, expected_seconds=ends["done_p99_seconds"], descendants=0),
            steps.assign(expected=Expected.STEP.value, expected_seconds=steps["since_parent_p99_seconds"]),
            unseen.assign(
                expected=Expected.STEP.value,
                expected_seconds=unseen["since_parent_p99_seconds"],
                share_so_far=unseen["share"],
                implied=True,
            ),
        ],
        ignore_index=True,
    )
    return _told(listed, places, trace.as_of)


def _implied(places: pd.DataFrame, route: pd.DataFrame) -> list[str]:
    """Give the paths of steps that no line shows and that must have come, for something that follows is there."""
    parents = route.set_index("path")["parent_path"]
    led_to_more: set[str] = set()
    causes = places["parent_path"].drop_duplicates()
    while len(causes := causes[causes.ne("") & causes.notna()]):
        led_to_more |= set(causes)
        causes = causes.map(parents).drop_duplicates()
    return sorted(led_to_more - set(places["path"].unique()))


def _branches(places: pd.DataFrame, implied: list[str], route: pd.DataFrame) -> pd.DataFrame:
    """Give the start and each place of the route: its row, state, what came after it, and what that is counted from."""
    known = places[places["path"].isin(route["path"]) & (places["kind"] != PlaceKind.CALL)]
    after_it = known["counted_from"].where(known["kind"] == PlaceKind.HANDLE, known["start"])
    start = {"row": [START], "after_path": "", "state": PlaceState.COMPLETE.value, "since": places["start"].min()}
    there = {"row": known.index, "after_path": known["path"], "state": known["state"], "since": after_it}
    branches = pd.concat([pd.DataFrame(start), pd.DataFrame(there)], ignore_index=True)
    # A place whose parent no line shows comes after nothing that is there; but that parent came after something.
    hangs = places[places["parent"].notna() | (places["parent_path"] == "")]
    bits = route.set_index("path")["bit"]
    unseen = route[route["path"].isin(implied)].merge(
        branches.drop_duplicates("after_path"), left_on="parent_path", right_on="after_path"
    )
    came = came_after(
        pd.concat([hangs["parent"].fillna(START), unseen["row"]]), pd.concat([hangs["path"].map(bits), unseen["bit"]])
    )
    branches = branches.assign(came=came.reindex(branches["row"], fill_value=0).to_numpy())
    never_received = places["attempts"].reindex(branches["row"]).eq(0).fillna(value=False).to_numpy(dtype=bool)
    return branches.assign(implied=never_received & (branches["came"] != 0))


def _descendants(route: pd.DataFrame) -> Codes:
    """Count the steps that hang on each and that most of the events with it have."""
    above = pd.Index(route["path"]).get_indexer(pd.Index(route["parent_path"]))
    share = route["share"].to_numpy()
    counts: Codes = np.zeros(len(route), dtype=np.int64)
    rows = np.flatnonzero((route["kind"] != PlaceKind.CALL).to_numpy())
    at = above[rows]
    while (inside := at >= 0).any():
        rows, at = rows[inside], at[inside]
        np.add.at(counts, at, (share[rows] >= EXPECTED_SHARE * share[at]).astype(np.int64))
        at = above[at]
    return counts


def _told(listed: pd.DataFrame, places: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Add what was last seen on each branch and how late the step is."""
    seen = places.add_prefix("last_").reindex(listed["row"]).reset_index(drop=True)
    due = listed["since"] + pd.to_timedelta(listed["expected_seconds"].astype("float64"), unit="s")
    columns = {
        **{name: listed[name] for name in MISSING_COLUMNS if name in listed},
        **{name: seen[name] for name in MISSING_COLUMNS if name in seen},
        "queue": listed["queue"].fillna(seen["last_queue"]),
        "after_step_id": seen["last_step_id"],
        "due": due.astype(listed["since"].dtype),
        "nothing_seconds": (as_of - listed["since"]).dt.total_seconds(),
        "age_seconds": (as_of - due).dt.total_seconds(),
    }
    columns["last_state"] = columns["last_state"].mask(listed["row"] == START)
    table = conform(pd.DataFrame(columns), MISSING_COLUMNS)
    return table.sort_values(["age_seconds", "path"], ascending=[False, True], kind="stable", ignore_index=True)
