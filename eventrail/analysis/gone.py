"""Messages that nobody will handle where they were meant to go: unroutable, refused, rejected, expired, dropped."""

import pandas as pd

from eventrail.model.events import Outcome
from eventrail.model.table import conform
from eventrail.model.waiting import GONE_COLUMNS, GONE_SUM_COLUMNS, GONE_SUM_KEYS, Gone, WayKnownBy

_FACTS = ["vhost", "message_id", "correlation_id", "event_type", "exchange", "routing_key", "service", "error_type"]


def gone_messages(ended: pd.DataFrame, deaths: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    """Give GONE_COLUMNS, oldest first.

    ended: canonical lines of publishes that found no queue or were refused, and of settlements that discarded. deaths:
    canonical lines about the receipt of letters, with why and where they died. ways: WAY_COLUMNS. A letter that was
    discarded by a line and received elsewhere is told once, by the discard; one that expired, was dropped or was
    delivered too often is told by its receipt alone.
    """
    parts = [_unsent(ended), _discarded(ended, ways), _died(deaths)]
    together = pd.concat([part for part in parts if len(part)] or [conform({}, GONE_COLUMNS)], ignore_index=True)
    return conform(together.sort_values("time", kind="stable"), GONE_COLUMNS)


def gone_sums(gone: pd.DataFrame) -> pd.DataFrame:
    """Count by queue, reason and where they went: GONE_SUM_COLUMNS, most first."""
    counts = gone.groupby(list(GONE_SUM_KEYS), dropna=False, sort=True).agg(
        messages=("time", "size"), oldest=("time", "min"), newest=("time", "max")
    )
    most_first = counts.reset_index().sort_values("messages", ascending=False, kind="stable")
    return conform(most_first, GONE_SUM_COLUMNS)


def came_back(gone: pd.DataFrame) -> "pd.Series[bool]":
    """Mark rows of messages that a delay queue brings back to where they died, as consumers that retry have it."""
    goes_back = gone["to_queue"].notna() & (gone["to_queue"] == gone["queue"])
    rows = gone[["message_id", "queue", "to_queue", "time"]].dropna(subset=["message_id"]).reset_index(names="row")
    left = rows.dropna(subset=["queue"]).drop(columns="to_queue")
    led = rows.dropna(subset=["to_queue"]).drop(columns="queue").rename(columns={"to_queue": "queue"})
    both = left.merge(led, on=["message_id", "queue"], suffixes=("_left", "_led"))
    again = both[both["time_left"] <= both["time_led"]]
    return goes_back | gone.index.isin(again["row_left"]) | gone.index.isin(again["row_led"])


def _unsent(ended: pd.DataFrame) -> pd.DataFrame:
    unsent = ended[ended["outcome"].isin([Outcome.UNROUTABLE, Outcome.REFUSED])]
    return conform(
        unsent[[*_FACTS, "time"]].assign(reason=unsent["outcome"], known_by=WayKnownBy.NOTHING), GONE_COLUMNS
    )


def _discarded(ended: pd.DataFrame, ways: pd.DataFrame) -> pd.DataFrame:
    """Give a row for each discard and place where the letter went."""
    discards = ended[ended["outcome"] == Outcome.DISCARD]
    discards = discards[[*_FACTS, "queue", "time"]].drop_duplicates(["queue", "message_id", "time"])
    rejected = ways[ways["reason"].isna() | (ways["reason"] == Gone.REJECTED)]
    led = discards.merge(
        rejected[["from_queue", "to_queue", "known_by"]].drop_duplicates(["from_queue", "to_queue"]),
        left_on="queue",
        right_on="from_queue",
        how="left",
    )
    told = led.drop(columns="from_queue").assign(
        reason=Gone.REJECTED.value, known_by=led["known_by"].fillna(WayKnownBy.NOTHING)
    )
    return conform(told, GONE_COLUMNS)


def _died(deaths: pd.DataFrame) -> pd.DataFrame:
    """Give a row for each letter that died by itself; those that a consumer rejected have lines of their own."""
    alone = deaths[deaths["death_reason"].notna() & (deaths["death_reason"] != Gone.REJECTED)]
    once = alone.drop_duplicates(["death_queue", "death_reason", "death_count", "queue", "message_id"])
    first = once["death_count"].fillna(1) == 1
    times = once["death_time"].where(first & once["death_time"].notna(), once["time"])
    told = once[_FACTS].assign(
        queue=once["death_queue"],
        to_queue=once["queue"],
        reason=once["death_reason"],
        time=times,
        known_by=WayKnownBy.DEATH,
    )
    return conform(told, GONE_COLUMNS)
