"""What caused a step, told by spans: the nearest span above its own that is another step's."""

from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, pick
from eventrail.analysis.span_tree import SpanTree
from eventrail.analysis.step_order import reordered
from eventrail.model.events import DELIVERY_OPERATIONS
from eventrail.model.trace import StepKind

_PARENT: Final = "parent_id"
# What tells which delivery a row speaks of, where spans tell of it.
_DELIVERY: Final = ["queue", "message_id", "pod"]


def under_spans(steps: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Hang publishes and calls under the step that their spans lead to, and order the steps anew.

    Also a delivery whose wait is not known. A cause that a line states stays; an inferred one gives way, and its mark
    goes. steps: STEP_COLUMNS. events: the canonical table that they were made from; work and log lines lead from their
    span to the one above it.
    """
    tree = SpanTree.of(events)
    spans, owner = _spans_of_steps(steps, events, tree)
    found = _steps_above(tree, spans, owner)
    # A delivery may have several spans, one above the other.
    own = found == np.arange(len(steps))
    found[own] = _steps_above(tree, pick(tree.nearest(owner != NOWHERE), spans, NOWHERE), owner)[own]
    moved = (found != NOWHERE) & _gives_way(steps)
    parents = steps["parent_id"].to_numpy(dtype=object, copy=True)
    parents[moved] = steps["id"].to_numpy(dtype=object)[found[moved]]
    marks = steps["inferred"].str.replace(rf"\b{_PARENT}\b,?", "", regex=True).str.rstrip(",")
    return reordered(
        steps.assign(
            parent_id=pd.Series(parents, index=steps.index, dtype="str"), inferred=steps["inferred"].mask(moved, marks)
        )
    )


def _gives_way(steps: pd.DataFrame) -> Mask:
    """Mark the steps whose cause spans may tell: calls, and what has none or an inferred one; waits have their own."""
    inferred = steps["inferred"].str.contains(rf"\b{_PARENT}\b", regex=True).fillna(value=False)
    may = inferred | steps["parent_id"].isna() | (steps["kind"] == StepKind.CALL)
    return (may & (steps["kind"] != StepKind.WAIT)).to_numpy(dtype=bool)


def _steps_above(tree: SpanTree, spans: Codes, owner: Positions) -> Positions:
    """Give the step of the nearest span above each span; NOWHERE where there is none."""
    return pick(owner, pick(tree.nearest(owner != NOWHERE), spans, NOWHERE), NOWHERE)


def _spans_of_steps(steps: pd.DataFrame, events: pd.DataFrame, tree: SpanTree) -> tuple[Codes, Positions]:
    """Give each step's span, of a delivery the last one, and for each span the step it belongs to."""
    spans: Codes = tree.names.get_indexer(pd.Index(steps["span_id"]))
    owner: Positions = np.full(len(tree.parent), NOWHERE)
    first = np.flatnonzero(spans != NOWHERE)[::-1]
    owner[spans[first]] = first
    told = events["operation"].isin([str(each) for each in DELIVERY_OPERATIONS]) & events["span_id"].notna()
    handles = steps["kind"] == StepKind.HANDLE
    if told.any() and handles.any():
        joined = _deliveries(steps[handles], events, tree, np.flatnonzero(told))
        owner[joined["span"]] = joined["step"]
        spans[joined["step"]] = joined["span"]
    return spans, owner


def _deliveries(handles: pd.DataFrame, events: pd.DataFrame, tree: SpanTree, rows: Positions) -> pd.DataFrame:
    """Give span and step of each row about a delivery: the last of the same message, queue and pod begun by then."""
    began = handles[[*_DELIVERY, "start"]].fillna(dict.fromkeys(_DELIVERY, "")).assign(step=handles.index)
    lines = events.iloc[rows][[*_DELIVERY, "time"]].fillna(dict.fromkeys(_DELIVERY, "")).assign(span=tree.own[rows])
    joined = pd.merge_asof(
        lines.sort_values("time", kind="stable"),
        began.sort_values("start", kind="stable"),
        left_on="time",
        right_on="start",
        by=_DELIVERY,
    )
    return joined[joined["step"].notna()].astype({"step": np.int64})
