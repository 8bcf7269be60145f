"""Why one step is said to have begun before another: by cause, by one clock, or by two clocks only."""

import numpy as np
import pandas as pd

from eventrail.analysis.clock_pairs import step_clocks
from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions
from eventrail.analysis.forest import Forest, ancestor_at, forest_of, without_causes
from eventrail.analysis.instants import PER_SECOND, nanoseconds
from eventrail.model.clocks import ClockBounds, OrderProof


def order_proofs(
    steps: pd.DataFrame,
    bounds: ClockBounds,
    predecessors: Positions | None = None,
    forest: Forest | None = None,
) -> "pd.Series[str]":
    """Give for each step an OrderProof: why it, and the step drawn before it, are said to have begun in the order of
    their times.

    predecessors: for each step the position of the one drawn before it, NOWHERE for none; by default the one before
    it in the table. bounds: those of these times; for a corrected trace `remaining(bounds)`. A cause that was itself
    inferred from times proves nothing. forest: `forest_of(steps)`, if at hand.
    """
    forest = forest or forest_of(steps)
    before = np.arange(len(steps)) - 1 if predecessors is None else predecessors
    has_one = np.flatnonzero(before != NOWHERE)
    start = nanoseconds(steps["start"])
    swapped = start[before[has_one]] > start[has_one]
    earlier = np.where(swapped, has_one, before[has_one])
    later = np.where(swapped, before[has_one], has_one)
    elapsed = start[later] - start[earlier]
    clocks = step_clocks(steps, forest)
    same = (clocks.start[earlier] == clocks.start[later]) & (clocks.start[later] != NOWHERE)
    places = pd.Index(bounds.clocks["clock"]).get_indexer(pd.Index(clocks.names, dtype="str"))
    apart = _most_ahead(bounds, places, clocks.start[earlier], clocks.start[later]) <= elapsed / PER_SECOND
    stated = without_causes(forest, steps["inferred"].str.contains(r"\bparent_id\b").to_numpy(dtype=bool))
    caused = _is_cause(stated, earlier, later)
    disproved = _is_cause(stated, later, earlier)
    proofs = np.full(len(steps), OrderProof.FIRST.value, dtype=object)
    proofs[has_one] = np.select(
        [caused | (disproved & (elapsed == 0)), disproved, same, apart],
        [OrderProof.CAUSE.value, OrderProof.DISPROVED.value, OrderProof.SAME_CLOCK.value, OrderProof.APART.value],
        OrderProof.CLOCKS.value,
    )
    return pd.Series(proofs, index=steps.index, dtype="str")


def order_proof(steps: pd.DataFrame, bounds: ClockBounds, forest: Forest, position: int) -> OrderProof:
    """Give what `order_proofs` gives for one step, from the few steps that have a part in it.

    position: of the step in the table. Raises IndexError beyond it.
    """
    if not 0 <= position < len(steps):
        raise IndexError(f"there is no step {position} among {len(steps)}")
    if position == 0:
        return OrderProof.FIRST
    telling = _with_a_part(forest, np.array([position - 1, position]))
    before = np.full(len(telling), NOWHERE)
    place = int(np.searchsorted(telling, position))
    before[place] = place - 1
    proofs = order_proofs(steps.iloc[telling], bounds, before)
    return OrderProof(proofs.iloc[place])


def _with_a_part(forest: Forest, pair: Positions) -> Positions:
    """Give the positions, in order, of the two steps, of all causes above them, and of what tells by which clock they
    began: what their causes led to, and what that led to.
    """
    above = [pair]
    while len(above[-1]):
        causes = forest.parent[above[-1]]
        above.append(np.unique(causes[causes != NOWHERE]))
    has_a_part = np.zeros(len(forest.parent), dtype=bool)
    has_a_part[np.concatenate(above)] = True
    beside = np.concatenate([pair, above[1]])
    for _ in range(2):
        beside = np.flatnonzero(np.isin(forest.parent, beside))
        has_a_part[beside] = True
    return np.flatnonzero(has_a_part)


def _most_ahead(bounds: ClockBounds, places: Positions, earlier: Codes, later: Codes) -> "np.ndarray":
    """Give how far the later step's clock may at most be ahead of the earlier one's; inf where nothing tells."""
    known = (earlier != NOWHERE) & (later != NOWHERE)
    known[known] = (places[earlier[known]] != NOWHERE) & (places[later[known]] != NOWHERE)
    most = np.full(len(known), np.inf)
    most[known] = bounds.between[places[earlier[known]], places[later[known]]]
    return most


def _is_cause(forest: Forest, above: Positions, below: Positions) -> Mask:
    """Say for each pair whether the first stands above the second."""
    climbs = forest.depth[below] - forest.depth[above]
    is_cause: Mask = (climbs > 0) & (ancestor_at(forest, below, climbs) == above)
    return is_cause
