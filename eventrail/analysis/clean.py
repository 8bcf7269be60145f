"""Clean before assembling: each line once, in an order that cause allows; oddities become problems with counts."""

import pandas as pd

from eventrail.model.event_order import in_order, repeated_rows
from eventrail.model.problem import Problem


def clean(events: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Give each line once, in causal order, with the problems met; the index is counted anew.

    events: the canonical event table, in any order. Lines given back + lines dropped = lines in.
    """
    ordered = in_order(events)
    repeated = repeated_rows(ordered)
    doubles = int(repeated.sum())
    if not doubles:
        return ordered, ()
    lines = f"{doubles:,} line{'s were' if doubles > 1 else ' was'}"
    problem = Problem("logs", f"{lines} there more than once and counted once", severity="info")
    return ordered[~repeated].reset_index(drop=True), (problem,)
