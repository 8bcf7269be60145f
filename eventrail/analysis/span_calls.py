"""Calls among spans that do not say what they are: told by where their parent ran."""

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Mask, lengths, pick
from eventrail.analysis.span_tree import SpanTree
from eventrail.model.events import Operation
from eventrail.model.trace import SERVER

CLIENT = "client"


def with_calls(events: pd.DataFrame) -> tuple[pd.DataFrame, Mask]:
    """Make calls of those rows of Operation.WORK that are one side of a call, and mark them.

    A span whose parent ran in another pod answers a call, its parent, unless that is a message's, makes one; a root,
    which nobody's span caused, answers a call from outside. The other side is told by the other span, and a call is
    told when it ends. Every other row stays as it is: work inside a step.
    """
    tree = SpanTree.of(events)
    is_work = (events["operation"] == Operation.WORK).to_numpy(dtype=bool)
    may_call = is_work | (events["operation"] == Operation.CALL).to_numpy(dtype=bool)
    caller = pick(tree.parent, tree.own, NOWHERE)
    caller_row = pick(tree.row, caller, NOWHERE)
    elsewhere = _elsewhere(events, tree, caller) & pick(may_call, caller_row, missing=False)
    answers = is_work & (elsewhere | (tree.own != NOWHERE) & (tree.above == NOWHERE))
    calls: Mask = np.zeros(len(events), dtype=bool)
    calls[caller_row[elsewhere]] = True
    calls &= is_work & ~answers
    called = _called(events, caller_row, elsewhere)
    peer = tree.of_rows(events["service"], caller).where(elsewhere, called.to_numpy())
    made = answers | calls
    took = lengths(events["duration_seconds"].to_numpy(dtype=np.float64, na_value=0.0))
    told = events.assign(
        operation=events["operation"].mask(made, str(Operation.CALL)),
        span_kind=events["span_kind"].mask(answers, SERVER).mask(calls, CLIENT),
        peer_service=events["peer_service"].mask(made, events["peer_service"].fillna(_like(peer, events))),
        time=events["time"].mask(made, events["time"] + took),
    )
    return told, made


def _elsewhere(events: pd.DataFrame, tree: SpanTree, caller: "np.typing.NDArray[np.int64]") -> Mask:
    """Mark the rows whose parent's span ran in another pod, or, where pods are not known, in another service."""
    marked: Mask = np.zeros(len(events), dtype=bool)
    for column in ("service", "pod"):
        own, other = events[column].array, tree.of_rows(events[column], caller).array
        known = np.asarray(~pd.isna(own) & ~pd.isna(other))
        marked[known] = np.asarray(own[known] != other[known], dtype=bool)
    return marked


def _called(events: pd.DataFrame, caller_row: "np.typing.NDArray[np.int64]", elsewhere: Mask) -> "pd.Series[str]":
    """Give for each row the service of the first span elsewhere that it caused."""
    rows = np.flatnonzero(elsewhere)[::-1]
    child = np.full(len(events), NOWHERE)
    child[caller_row[rows]] = rows
    return pd.Series(pd.api.extensions.take(events["service"].array, child, allow_fill=True))


def _like(values: "pd.Series[str]", events: pd.DataFrame) -> "pd.Series[str]":
    return pd.Series(values.array, index=events.index)
