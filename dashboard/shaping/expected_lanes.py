"""The lanes of a waterfall for what usually comes and has not, each below the step that it would follow."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.shaping.axis import Seconds
from dashboard.shaping.expected import EXPECTED
from dashboard.shaping.tree import NONE, Numbers
from dashboard.shaping.waterfall import Waterfall
from dashboard.shaping.words import visible_texts
from eventrail.model.usual import PlaceKind

LATE: Final = "late"


def with_expected(shaped: Waterfall, expected: pd.DataFrame, started: pd.Timestamp) -> Waterfall:
    """Give the waterfall with a lane for each expected step, below all that the step before it caused.

    expected: see `expected.in_rows`. started: where the time axis begins.
    """
    if expected.empty or shaped.lanes.empty:
        return shaped
    lane_of = shaped.bars.drop_duplicates("step_id").set_index("step_id")["lane"]
    above: Numbers = lane_of.reindex(expected["after_id"]).fillna(NONE).to_numpy(dtype=np.int64)
    indent = shaped.lanes["indent"].to_numpy(dtype=np.int64)
    depth = np.where(above == NONE, 0, indent[above] + 1)
    before = np.array([_end_of_branch(indent, lane) for lane in above.tolist()], dtype=np.int64)
    # Of those that stand at the same place the deepest is first, so that each is next to its own branch.
    order = np.lexsort((np.arange(len(before)), -depth, before))
    expected = expected.iloc[order].reset_index(drop=True)
    above, depth, before = above[order], depth[order], before[order]
    moved = np.arange(len(indent)) + np.searchsorted(before, np.arange(len(indent)), side="right")
    own = before + np.arange(len(before))
    lanes = pd.concat(
        [
            shaped.lanes.assign(parent=_renumbered(shaped.lanes["parent"].to_numpy(), moved), row=moved),
            _lanes(expected).assign(indent=depth, parent=_renumbered(above, moved), row=own),
        ]
    )
    bars = shaped.bars.assign(lane=_renumbered(shaped.bars["lane"].to_numpy(), moved))
    links = shaped.links.assign(
        **{name: _renumbered(shaped.links[name].to_numpy(), moved) for name in ("from_lane", "to_lane")}
    )
    return replace(
        shaped,
        lanes=lanes.sort_values("row", kind="stable", ignore_index=True).drop(columns="row"),
        bars=pd.concat([bars, _bars(shaped, expected, own, started)]).sort_values(
            ["lane", "x0"], kind="stable", ignore_index=True
        ),
        links=links,
    )


def _end_of_branch(indent: Numbers, lane: int) -> int:
    """Give the first lane below `lane` that it did not cause."""
    if lane == NONE:
        return len(indent)
    others = np.flatnonzero(indent[lane + 1 :] <= indent[lane])
    return lane + 1 + int(others[0]) if len(others) else len(indent)


def _renumbered(lanes: Numbers, moved: Numbers) -> Numbers:
    numbers = lanes.astype(np.int64)
    return np.where(numbers == NONE, NONE, moved[numbers])


def _lanes(expected: pd.DataFrame) -> pd.DataFrame:
    service = expected["service"].fillna("").pipe(visible_texts)
    event_type = expected["event_type"].fillna("").pipe(visible_texts)
    queue = expected["queue"].fillna("").pipe(visible_texts)
    publishes = expected["kind"] == PlaceKind.PUBLISH
    detail = ("not received from " + queue).mask(publishes, "not published")
    searched = service + " " + event_type + " " + queue + " expected missing"
    return pd.DataFrame(
        {
            "service": service,
            "title": event_type,
            "detail": detail,
            "words": expected["words"],
            "tone": np.where(expected["late"], "bad", ""),
            "call": False,
            "expected": True,
            "queue": queue,
            "pod": "",
            "state": EXPECTED,
            "searched": searched.str.lower(),
            "step_id": expected["id"],
        }
    )


def _bars(shaped: Waterfall, expected: pd.DataFrame, lanes: Numbers, started: pd.Timestamp) -> pd.DataFrame:
    """From what the time is counted from, to the present where it is late, else to when it is due."""
    since, due = _since(expected["since"], started), _since(expected["due"], started)
    late = expected["late"].to_numpy(dtype=bool)
    present = 1.0 if shaped.now is None else shaped.now
    return pd.DataFrame(
        {
            "lane": lanes,
            "step_id": expected["id"],
            "kind": EXPECTED,
            "state": np.where(late, LATE, ""),
            "x0": shaped.axis.place(since),
            "x1": np.where(late, present, shaped.axis.place(due)),
            "open": late,
            "critical": False,
            "many": False,
        }
    )


def _since(instants: "pd.Series[Any]", started: pd.Timestamp) -> Seconds:
    seconds: pd.Series[Any] = (instants - started).dt.total_seconds()
    return seconds.to_numpy(dtype=float)
