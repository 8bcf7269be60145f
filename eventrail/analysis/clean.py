"""Clean before assembling: each line once, in an order that cause allows; oddities become problems with counts."""

import pandas as pd

from eventrail.analysis.columns import Positions
from eventrail.model.event_order import in_rows, order_of, repeated_among
from eventrail.model.problem import Problem


def clean(events: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Give each line once, in causal order, with the problems met; the index is counted anew.

    events: the canonical event table, in any order. Lines given back + lines dropped = lines in.
    """
    rows, problems = clean_rows(events, order_of(events))
    return in_rows(events, rows), problems


def clean_rows(events: pd.DataFrame, ordered: Positions) -> tuple[Positions, tuple[Problem, ...]]:
    """Give those of the rows whose lines no earlier one says, with the problems met, without moving the table.

    ordered: rows as `order_of` orders them.
    """
    repeated = repeated_among(events, ordered)
    doubles = int(repeated.sum())
    if not doubles:
        return ordered, ()
    lines = f"{doubles:,} line{'s were' if doubles > 1 else ' was'}"
    problem = Problem("logs", f"{lines} there more than once and counted once", severity="info")
    return ordered[~repeated], (problem,)
