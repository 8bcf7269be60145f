"""What the steps of a place say of it, and its times."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Mask, Positions
from eventrail.analysis.route_paths import taken
from eventrail.model.table import TIME_TYPE
from eventrail.model.trace import StepKind, StepState
from eventrail.model.usual import PlaceKind, PlaceState

IN_QUEUE: Final = (StepKind.WAIT, StepKind.HANDLE)


def place_facts(steps: pd.DataFrame, place: Positions) -> pd.DataFrame:
    """Give one row a place: PLACE_COLUMNS but the path, the parent and the times counted from it, and some more.

    steps: MANY_STEP_COLUMNS by start; place: the number of each step's place, counting up by first appearance.
    """
    count = int(place.max()) + 1 if len(place) else 0
    is_handle = (steps["kind"] == StepKind.HANDLE).to_numpy(dtype=bool)
    in_queue = steps["kind"].isin(IN_QUEUE).to_numpy(dtype=bool)
    every = np.ones(len(steps), dtype=bool)
    first, last = _first(place, every, count), _last(place, every, count)
    first_handle, last_handle = _first(place, is_handle, count), _last(place, is_handle, count)
    telling = np.where(last_handle == NOWHERE, first, last_handle)
    queued = in_queue[first]
    table = {
        name: taken(steps[name], first)
        for name in ("correlation_id", "kind", "event_type", "queue", "routing_key", "call_method")
    }
    table |= {name: taken(steps[name], telling) for name in ("service", "service_version", "pod", "node")}
    table["kind"] = table["kind"].mask(queued, PlaceKind.HANDLE.value)
    table["step_id"] = taken(steps["id"], last)
    table["attempts"] = pd.Series(np.bincount(place, is_handle, count)).astype("Int64").mask(~queued)
    table["error_type"] = taken(steps["error_type"], _last(place, steps["error_type"].notna().to_numpy(), count))
    table["state"] = _states(steps, place, last_handle, last, count)
    table["start"] = taken(steps["start"], np.where(queued, first_handle, first))
    is_open = table["state"].isin([PlaceState.WAITING, PlaceState.RECEIVED, PlaceState.HANDLING])
    ended = steps["end"].where(is_handle | ~in_queue).groupby(place).max()
    table["end"] = ended.astype(TIME_TYPE).mask(is_open)
    took = (steps["end"] - steps["start"]).dt.total_seconds().where(is_handle | (steps["kind"] == StepKind.CALL))
    table["took_seconds"] = took.groupby(place).sum(min_count=1)
    return pd.DataFrame(table)


def with_times(table: pd.DataFrame, parents: Positions) -> pd.DataFrame:
    """Add counted_from and the times since it and since the event's start.

    What follows upon a message is counted from its publish: that instant is known while the message still waits, and
    what it takes from there on is what somebody waits for.
    """
    began = table.groupby("correlation_id")["start"].transform("min")
    is_handle = table["kind"] == PlaceKind.HANDLE
    # For a handle, the publish of its message; where no line shows that, the handle itself.
    message = taken(table["start"], parents).where(is_handle).fillna(table["start"])
    caused = taken(message.where(is_handle, table["start"]), parents)
    counted_from = message.where(is_handle, caused)
    counted_from = counted_from.mask(parents == NOWHERE, began)
    seconds = {
        "since_parent_seconds": table["start"] - counted_from,
        "done_seconds": table["end"] - counted_from,
        "since_start_seconds": table["start"] - began,
    }
    return table.assign(
        counted_from=counted_from, **{name: length.dt.total_seconds() for name, length in seconds.items()}
    )


def _first(place: Positions, mask: Mask, count: int) -> Positions:
    """Give for each place the position of its first step where `mask` holds, NOWHERE where it never does."""
    found: Positions = np.full(count, NOWHERE, dtype=np.int64)
    chosen = np.flatnonzero(mask)[::-1]
    found[place[chosen]] = chosen  # from last to first, so that the first stays
    return found


def _last(place: Positions, mask: Mask, count: int) -> Positions:
    """Give for each place the position of its last step where `mask` holds, NOWHERE where it never does."""
    found: Positions = np.full(count, NOWHERE, dtype=np.int64)
    chosen = np.flatnonzero(mask)
    found[place[chosen]] = chosen
    return found


def _states(
    steps: pd.DataFrame, place: Positions, last_handle: Positions, last: Positions, count: int
) -> "pd.Series[Any]":
    """Give the state of each place: open if one of its steps is, else as its last delivery ended."""
    state = steps["state"]
    held = _last(place, (state == StepState.OUTSTANDING).to_numpy(dtype=bool), count)
    waiting = _last(place, (state == StepState.WAITING).to_numpy(dtype=bool), count)
    handling = taken(steps["handling_start"], held).notna()
    ended = taken(state, np.where(last_handle == NOWHERE, last, last_handle))
    told = np.select(
        [(held != NOWHERE) & handling, held != NOWHERE, waiting != NOWHERE, ended == StepState.FAILED],
        [PlaceState.HANDLING.value, PlaceState.RECEIVED.value, PlaceState.WAITING.value, PlaceState.FAILED.value],
        default=PlaceState.COMPLETE.value,
    )
    return pd.Series(told, dtype="str")
