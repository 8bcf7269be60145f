"""Clean before assembling: each line once, in an order that cause allows; oddities become problems with counts."""

from typing import Final

import numpy as np
import pandas as pd

from eventrail.model.events import Operation
from eventrail.model.problem import Problem

# Stored times are often whole milliseconds: lines of equal time stand in the order of cause.
CAUSAL_RANK: Final = {
    Operation.CHANNEL_OPENED: 0,
    Operation.SEND: 1,
    Operation.RECEIVE: 2,
    Operation.PROCESS: 3,
    Operation.CALL: 4,
    Operation.LOG: 4,
    Operation.SETTLE: 5,
    Operation.HEARTBEAT: 6,
    Operation.CHANNEL_CLOSED: 7,
}


def in_causal_order(events: pd.DataFrame) -> pd.DataFrame:
    """Sort by time; equal times by cause, then by the process' own line counter. The index is counted anew."""
    rank = events["operation"].map(CAUSAL_RANK).fillna(CAUSAL_RANK[Operation.LOG]).to_numpy(dtype=np.int64)
    sequence = events["sequence"].fillna(-1).to_numpy(dtype=np.int64)
    times = events["time"].to_numpy(dtype="datetime64[ns]").astype(np.int64)
    return events.iloc[np.lexsort((sequence, rank, times))].reset_index(drop=True)


def without_doubles(events: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Drop lines that are there twice: same document ID, or same process and line counter; say how many went."""
    by_document = events["document_id"].notna() & events.duplicated(["document_id"], keep="first")
    numbered = events["instance_id"].notna() & events["sequence"].notna()
    by_counter = numbered & events.duplicated(["instance_id", "sequence"], keep="first")
    double = by_document | by_counter
    return events[~double], int(double.sum())


def clean(events: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Give each line once, in causal order, with the problems met.

    events: the canonical event table, in any order. Lines given back + lines dropped = lines in.
    """
    single, doubles = without_doubles(events)
    problems: tuple[Problem, ...] = ()
    if doubles:
        lines = f"{doubles:,} line{'s were' if doubles > 1 else ' was'}"
        problems = (Problem("logs", f"{lines} there more than once and counted once", severity="info"),)
    return in_causal_order(single), problems
