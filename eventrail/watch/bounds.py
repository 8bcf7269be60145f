"""Bounds the number of series, whatever the broker holds: what lies beyond loses its name, never its figures."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.watch.queue_table import HOLDER_KEYS, NAMELESS, QUEUE_KEYS

# Nodes are few; a broken field map that gives each pod a node of its own must not make many.
NODES_MAX: Final = 100
# How the rows of several queues become one: all is counted, the oldest age stays, and the least time left.
_JOINED: Final = {"oldest_seconds": "max", "timeout_seconds": "min", "remaining_seconds": "min"}
_HELD: Final = {"unacked": "sum", "oldest_seconds": "max"}


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so many queues, and holders over all queues, have series of their own."""

    queues_max: int = 500
    holders_max: int = 200


@dataclass(frozen=True, slots=True)
class Bounded:
    """The tables of queue_table. queues_left_out, holders_left_out: how many lost their name."""

    queues: pd.DataFrame
    holders: pd.DataFrame
    reasons: pd.DataFrame
    queues_left_out: int
    holders_left_out: int


def bounded(queues: pd.DataFrame, holders: pd.DataFrame, reasons: pd.DataFrame, limits: Limits) -> Bounded:
    """Keep the names of the first rows, which are the worst, and join the others to rows without a name."""
    kept = queues.head(limits.queues_max)
    left_out = len(queues) - len(kept)
    if left_out:
        kept = pd.concat([kept, _joined(queues.iloc[limits.queues_max :])], ignore_index=True)
        holders = _grouped(_nameless(holders, kept), HOLDER_KEYS, _HELD)
        reasons = _grouped(_nameless(reasons, kept), [*QUEUE_KEYS, "side", "reason"], {"messages": "sum"})
    unnamed = max(len(holders) - limits.holders_max, 0)
    if unnamed:
        beyond = holders["oldest_seconds"].rank(method="first", ascending=False) > limits.holders_max
        labels = HOLDER_KEYS[len(QUEUE_KEYS) :]
        holders = _grouped(
            holders.assign(**{name: holders[name].mask(beyond, NAMELESS) for name in labels}), HOLDER_KEYS, _HELD
        )
    return Bounded(kept, holders, reasons, left_out, unnamed)


def _joined(rest: pd.DataFrame) -> pd.DataFrame:
    """Make one row of many queues; a figure that all of them lack is missing."""
    figures = rest.drop(columns=QUEUE_KEYS)
    row = {
        name: figures[name].agg(_JOINED[name]) if name in _JOINED else figures[name].sum(min_count=1)
        for name in figures
    }
    return pd.DataFrame([dict.fromkeys(QUEUE_KEYS, NAMELESS) | row]).astype(rest.dtypes.to_dict())


def _nameless(table: pd.DataFrame, queues: pd.DataFrame) -> pd.DataFrame:
    """Take away the names of queues that have no row in `queues`."""
    known = pd.MultiIndex.from_frame(table[QUEUE_KEYS]).isin(pd.MultiIndex.from_frame(queues[QUEUE_KEYS]))
    return table.assign(**{name: table[name].where(known, NAMELESS) for name in QUEUE_KEYS})


def _grouped(table: pd.DataFrame, keys: list[str], figures: dict[str, str]) -> pd.DataFrame:
    """Join the rows that are alike."""
    return table.groupby(keys, as_index=False, sort=False).agg(figures)
