"""What was sent from one clock to another: the only thing that tells how far two clocks are apart.

Publish before delivery, giving back before the next delivery, call before the called side, its answer before the
call's end. What happens on one clock tells nothing of others, only how exactly lines are logged.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions
from eventrail.analysis.forest import Forest
from eventrail.analysis.instants import MISSING, Nanoseconds, nanoseconds
from eventrail.model.trace import StepKind, StepState

# Bounds are made for so many clocks, those with most steps; combining them takes the cube of their number.
CLOCKS_AT_MOST: Final = 500
ENDED_BY_CONSUMER: Final = (StepState.REQUEUED, StepState.FAILED)


@dataclass(frozen=True, slots=True)
class StepClocks:
    """By which clock each step's times are. names: the clocks; own, start, end: places in it, NOWHERE if unknown.

    A wait begins by the clock of who published or gave back, and ends by the consumer's. The end of a delivery that
    only the next one proves is by the next one's clock.
    """

    names: tuple[str, ...]
    own: Codes
    start: Codes
    end: Codes


@dataclass(frozen=True, slots=True)
class Sent:
    """Causes and effects as columns: by which clocks, and how long from the one to the other as logged."""

    cause: Codes
    effect: Codes
    elapsed: Nanoseconds


def clock_names(table: pd.DataFrame) -> pd.Series:
    """Give the clock that a row of steps or lines is told by: its node's, else its pod's, else missing."""
    return table["node"].fillna(table["pod"])


def step_clocks(steps: pd.DataFrame, forest: Forest) -> StepClocks:
    """Say by which clock the steps' times are."""
    names = clock_names(steps)
    counted = names.value_counts().head(CLOCKS_AT_MOST)
    # The same event gives the same order, also where two clocks have as many steps.
    known = sorted(counted.index, key=lambda clock: (-int(counted[clock]), str(clock)))
    own: Codes = pd.Index(known, dtype="str").get_indexer(pd.Index(names)).astype(np.int64)
    kinds, parent = steps["kind"].to_numpy(dtype=object), forest.parent
    is_wait: Mask = kinds == StepKind.WAIT
    led_to = _delivered_by(kinds, parent)
    start, end = own.copy(), own.copy()
    proved_by = _proved_by_next(steps, led_to, parent)
    end[proved_by != NOWHERE] = own[proved_by[proved_by != NOWHERE]]
    caused = np.flatnonzero(is_wait & (parent != NOWHERE))
    start[caused] = end[parent[caused]]
    delivered = np.flatnonzero(is_wait & (led_to != NOWHERE))
    end[delivered] = own[led_to[delivered]]
    return StepClocks(tuple(map(str, known)), own, start, end)


def sent_between(steps: pd.DataFrame, forest: Forest, clocks: StepClocks) -> Sent:
    """Give every cause and effect whose clocks are known, those on one clock included."""
    kinds, parent = steps["kind"].to_numpy(dtype=object), forest.parent
    start, end = nanoseconds(steps["start"]), nanoseconds(steps["end"])
    deliveries = _deliveries(steps, kinds, parent, clocks, start, end)
    calls = _calls(steps, kinds, parent, clocks, start, end)
    columns = [np.concatenate(parts) for parts in zip(deliveries, *calls, strict=True)]
    cause, effect, caused, happened = columns
    usable = (cause != NOWHERE) & (effect != NOWHERE) & (caused != MISSING) & (happened != MISSING)
    return Sent(cause[usable], effect[usable], (happened - caused)[usable])


Columns = tuple[Codes, Codes, Nanoseconds, Nanoseconds]


def _deliveries(
    steps: pd.DataFrame, kinds: Codes, parent: Positions, clocks: StepClocks, start: Nanoseconds, end: Nanoseconds
) -> Columns:
    """Give publish → delivery and giving back → next delivery; a message taken back was at least received before."""
    handle = np.flatnonzero((kinds == StepKind.HANDLE) & (parent != NOWHERE))
    handle = handle[(kinds[parent[handle]] == StepKind.WAIT) & (parent[parent[handle]] != NOWHERE)]
    cause = parent[parent[handle]]
    state = steps["state"].to_numpy(dtype=object)[cause]
    published = kinds[cause] == StepKind.PUBLISH
    given_back = np.isin(state, ENDED_BY_CONSUMER) & ~published
    tells = published | given_back | (state == StepState.RETURNED)
    caused = np.where(given_back, end[cause], start[cause])
    return clocks.own[cause][tells], clocks.own[handle][tells], caused[tells], start[handle][tells]


def _calls(
    steps: pd.DataFrame, kinds: Codes, parent: Positions, clocks: StepClocks, start: Nanoseconds, end: Nanoseconds
) -> tuple[Columns, Columns]:
    """Give call → called side and its answer → the call's end; a begin that no line states tells nothing."""
    called = np.flatnonzero((kinds == StepKind.CALL) & (parent != NOWHERE))
    called = called[kinds[parent[called]] == StepKind.CALL]
    caller = parent[called]
    own = clocks.own
    stated = ~steps["inferred"].str.contains(r"\bstart\b").to_numpy(dtype=bool)
    begun = stated[called] & stated[caller]
    began = (own[caller][begun], own[called][begun], start[caller][begun], start[called][begun])
    return began, (own[called], own[caller], end[called], end[caller])


def _delivered_by(kinds: Codes, parent: Positions) -> Positions:
    """Give for each step the delivery that it led to, as waits do; the first if several; NOWHERE for none."""
    handles = np.flatnonzero((kinds == StepKind.HANDLE) & (parent != NOWHERE))[::-1]
    led_to: Positions = np.full(len(parent), NOWHERE, dtype=np.int64)
    led_to[parent[handles]] = handles
    return led_to


def _proved_by_next(steps: pd.DataFrame, led_to: Positions, parent: Positions) -> Positions:
    """Give for each delivery taken back at the instant of the next one that next one, else NOWHERE."""
    found: Positions = np.full(len(parent), NOWHERE, dtype=np.int64)
    waits = np.flatnonzero((led_to != NOWHERE) & (parent != NOWHERE))
    before, after = parent[waits], led_to[waits]
    start, end = nanoseconds(steps["start"]), nanoseconds(steps["end"])
    returned = (steps["state"] == StepState.RETURNED).to_numpy()
    proved = returned[before] & (end[before] == start[after]) & (end[before] != start[before])
    found[before[proved]] = after[proved]
    return found
