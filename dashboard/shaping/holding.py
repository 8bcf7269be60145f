"""Outstanding deliveries as bars over time, by holder: from when each was delivered to the instant, open at the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.shaping.overview import holder_text
from dashboard.shaping.words import MISSING, count_text, duration_text, visible_text
from eventrail.model.ledger import Stage

MOST_BARS: Final = 24
MOST_HOLDERS: Final = 6
NOBODY: Final = "a consumer that no line names"


@dataclass(frozen=True, slots=True)
class Bar:
    """One delivery, or where `deliveries` is more, all that are folded into it; begin: the first was delivered.

    words: what is said of it. handling: a handler has it; else it is in the client's buffer.
    """

    begin: pd.Timestamp
    words: str
    handling: bool
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Held:
    """All that one holder has of a queue, the oldest first. service: whose colour it has."""

    holder: str
    service: str
    begin: pd.Timestamp
    deliveries: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """holders: those with the oldest delivery first; the last may stand for all others. end: the instant.

    mark: when the holder with the oldest delivery was handed it.
    """

    holders: tuple[Held, ...]
    end: pd.Timestamp
    mark: pd.Timestamp
    sentence: str


def holding(deliveries: pd.DataFrame, as_of: pd.Timestamp) -> Holding | None:
    """Lay out one queue's outstanding deliveries (as in QueueLedger), MOST_BARS bars at most; None where none are.

    What has no bar of its own is folded by holder, and holders beyond MOST_HOLDERS into one.
    """
    if deliveries.empty:
        return None
    holder = holder_text(deliveries["pod"], deliveries["node"]).replace(MISSING, NOBODY)
    # Drawings know no shorter time than a microsecond.
    delivered, as_of = deliveries["delivered"].dt.floor("us"), as_of.floor("us")
    rows = deliveries.assign(holder=holder, delivered=delivered).sort_values(
        "delivered", kind="stable", ignore_index=True
    )
    ranks = pd.Series(pd.factorize(rows["holder"])[0], index=rows.index)
    several = ranks.max() >= MOST_HOLDERS
    ranks = ranks.clip(upper=MOST_HOLDERS - 1) if several else ranks
    groups = [group for _, group in rows.groupby(ranks)]
    each = max(1, MOST_BARS // len(groups) - 1)
    held = tuple(_held(group, each if group["holder"].nunique() == 1 else 0) for group in groups)
    return Holding(held, as_of, held[0].begin, _sentence(rows, groups[0], as_of))


def _held(rows: pd.DataFrame, bars: int) -> Held:
    """Give the bars of one holder, or one bar for several holders."""
    holders = rows["holder"].nunique()
    name = str(rows["holder"].iloc[0]) if holders == 1 else f"{holders} more holders"
    service = rows["service"].iloc[0]
    single = rows if len(rows) <= bars + 1 else rows.head(bars)
    return Held(
        name,
        "" if holders > 1 or pd.isna(service) else str(service),
        rows["delivered"].iloc[0],
        len(rows),
        (*_single(single), *_folded(rows.iloc[len(single) :])),
    )


def _single(rows: pd.DataFrame) -> Iterator[Bar]:
    for row in rows.to_dict("records"):
        known = (row["event_type"], row["correlation_id"])
        words = " ".join(visible_text(text) for text in known if isinstance(text, str)) or "a delivery"
        yield Bar(row["delivered"], f"{words}, {row['stage']}", row["stage"] == Stage.HANDLING)


def _folded(rows: pd.DataFrame) -> Iterator[Bar]:
    if len(rows):
        begin = rows["delivered"].iloc[0]
        words = f"+ {count_text(len(rows))} more since {begin:%H:%M:%S}"
        yield Bar(begin, words, bool((rows["stage"] == Stage.HANDLING).all()), len(rows))


def _sentence(rows: pd.DataFrame, oldest: pd.DataFrame, as_of: pd.Timestamp) -> str:
    """Say when the holder of the oldest delivery took it, and how much of all it holds."""
    begin = oldest["delivered"].iloc[0]
    holder = oldest["holder"].iloc[0]
    own = int((oldest["holder"] == holder).sum())
    ago = duration_text((as_of - begin).total_seconds())
    if len(rows) == 1:
        return f"{holder} holds the only one, since {begin:%H:%M:%S} UTC, {ago} before this instant."
    of = f"all {count_text(own)}" if own == len(rows) else f"{count_text(own)} of {count_text(len(rows))}"
    return f"{holder} holds {of}, and was handed the first of them at {begin:%H:%M:%S} UTC, {ago} before this instant."
