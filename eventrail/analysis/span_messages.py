"""Message IDs for messages that none is stated of: the span that published a message names it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, pick
from eventrail.analysis.span_tree import SpanTree
from eventrail.model.events import DELIVERY_OPERATIONS, Operation


@dataclass(frozen=True, slots=True)
class MadeIds:
    """Message IDs that no line states: of publishes, and of deliveries, whose publish may state it."""

    published: frozenset[str] = frozenset()
    delivered: frozenset[str] = frozenset()


def with_message_ids(events: pd.DataFrame) -> tuple[pd.DataFrame, MadeIds]:
    """Give a delivery without a message ID its publish's, and a publish without one its span's, where spans join them.

    They do where the delivery's parent span, or the one above that if it tells of a delivery too, is that of one
    publish. A span in which several messages were published joins nothing. Rows that state an ID stay as they are.
    """
    nameless = events["message_id"].isna().to_numpy()
    sends = (events["operation"] == Operation.SEND).to_numpy(dtype=bool) & events["span_id"].notna().to_numpy()
    delivers = events["operation"].isin([str(each) for each in DELIVERY_OPERATIONS]).to_numpy(dtype=bool)
    wanted = nameless & delivers & events["parent_span_id"].notna().to_numpy()
    if not sends.any() or not wanted.any():
        return events, MadeIds()
    tree = SpanTree.of(events)
    publish = _only_publishes(tree, sends)
    found = _publishes_above(tree, publish, delivers, wanted)
    delivered = np.flatnonzero(found != NOWHERE)
    rows = found[delivered]
    stated, spans = (events[name].to_numpy(dtype=object)[rows] for name in ("message_id", "span_id"))
    made = pd.isna(stated)
    names = np.where(made, spans, stated)
    ids = events["message_id"].to_numpy(dtype=object, copy=True)
    ids[delivered], ids[rows[made]] = names, names[made]
    told = events.assign(message_id=pd.Series(ids, index=events.index, dtype="str"))
    return told, MadeIds(frozenset(names[made]), frozenset(names))


def _only_publishes(tree: SpanTree, sends: Mask) -> Positions:
    """Give for each span the row of the publish that stands in it, NOWHERE where there is none or several."""
    rows = np.flatnonzero(sends)
    only = np.full(len(tree.parent), NOWHERE)
    only[tree.own[rows]] = rows
    return np.where(np.bincount(tree.own[rows], minlength=len(only)) == 1, only, NOWHERE)


def _publishes_above(tree: SpanTree, publish: Positions, delivers: Mask, wanted: Mask) -> Positions:
    """Give for each wanted row the publish in its parent's span, or in the one above another delivery's span."""
    parent: Codes = np.where(wanted, tree.above, NOWHERE)
    direct = pick(publish, parent, NOWHERE)
    by_way_of_delivery = pick(delivers, pick(tree.row, parent, NOWHERE), missing=False)
    grandparent = np.where(by_way_of_delivery, pick(tree.parent, parent, NOWHERE), NOWHERE)
    return np.where(direct == NOWHERE, pick(publish, grandparent, NOWHERE), direct)
