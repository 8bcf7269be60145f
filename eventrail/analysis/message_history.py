"""The history of messages through attempts and dead-letter queues, one line each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.model.events import Operation, Outcome
from eventrail.model.ledger import Settlement
from eventrail.model.waiting import Gone
from eventrail.words import age

ARROW: Final = " → "
# A message that goes round and round is told by its first and last stations.
STATIONS_MAX: Final = 9
_ENDED: Final = {
    Settlement.ACK.value: "handled in",
    Settlement.REQUEUE.value: "requeued after",
    Settlement.DISCARD.value: "discarded after",
    Settlement.RETURNED.value: "returned after",
}

_DIED: Final[Mapping[str, str]] = {
    Gone.EXPIRED: "expired in",
    Gone.MAXLEN: "dropped from full",
    Gone.DELIVERY_LIMIT: "delivered too often in",
}


@dataclass(frozen=True, slots=True)
class Station:
    """One thing that happened to a message. queue: where; missing for a publish. text: in a few words."""

    time: pd.Timestamp
    queue: str | None
    text: str


def stations_of(
    sends: pd.DataFrame, deliveries: pd.DataFrame, deaths: pd.DataFrame, as_of: pd.Timestamp
) -> dict[str, tuple[Station, ...]]:
    """Give message ID → its stations in the order of time, what lines tell of each message up to `as_of`.

    sends: publishes of the canonical event table. deliveries: DELIVERY_COLUMNS. deaths: lines with death_queue.
    """
    told: dict[str, list[Station]] = {}
    for message_id, station in (*_publishes(sends), *_deaths(deaths), *_deliveries(deliveries, as_of)):
        if station.time <= as_of:
            told.setdefault(message_id, []).append(station)
    return {name: tuple(sorted(stations, key=lambda one: one.time)) for name, stations in told.items()}


def history_text(stations: Sequence[Station], ending: str = "") -> str:
    """Give the stations on one line; those in the middle of a long way are counted. ending: what is so now."""
    told = [station.text for station in stations]
    if len(told) > STATIONS_MAX:
        left_out = len(told) - STATIONS_MAX + 1
        half = STATIONS_MAX // 2
        told = [*told[:half], f"… {left_out} more …", *told[half + left_out :]]
    return ARROW.join([*told, *([ending] if ending else [])])


def histories(
    waits: pd.DataFrame, sends: pd.DataFrame, deliveries: pd.DataFrame, deaths: pd.DataFrame, as_of: pd.Timestamp
) -> "pd.Series[str]":
    """Give a line of text for each row of `waits`: message_id, and where it waits now queue and since.

    A row whose `since` is missing does not wait; its history ends with its last station.
    """
    ids = set(waits["message_id"].dropna())
    own_sends, own, own_deaths = (table[table["message_id"].isin(ids)] for table in (sends, deliveries, deaths))
    own = own[~_elsewhere(own, own_deaths)]
    told = stations_of(own_sends, own, own_deaths, as_of)
    texts = [
        history_text(told.get(row["message_id"], ()), _waiting(row, as_of))
        for row in waits[["message_id", "queue", "since"]].to_dict("records")
    ]
    return pd.Series(texts, index=waits.index, dtype="str")


def _elsewhere(deliveries: pd.DataFrame, deaths: pd.DataFrame) -> "pd.Series[bool]":
    """Mark deliveries of copies that other queues got of the same publish, and that were handled at once."""
    keys = ["message_id", "queue"]
    done = deliveries["settlement"] == Settlement.ACK
    troubled = pd.concat([deliveries[~done][keys], deaths[keys]]).drop_duplicates()
    return done & ~pd.MultiIndex.from_frame(deliveries[keys]).isin(pd.MultiIndex.from_frame(troubled))


def _waiting(row: dict[Any, Any], as_of: pd.Timestamp) -> str:
    if pd.isna(row["since"]):
        return ""
    return f"{row['queue']} waiting {age((as_of - row['since']).total_seconds())}"


def _publishes(sends: pd.DataFrame) -> list[tuple[str, Station]]:
    published = sends[(sends["operation"] == Operation.SEND) & sends["message_id"].notna()]
    bad = (Outcome.UNROUTABLE, Outcome.REFUSED)
    return [
        (message_id, Station(time, None, f"{outcome if outcome in bad else 'published'} {time:%H:%M:%S}"))
        for message_id, time, outcome in _rows(published, "message_id", "time", "outcome")
    ]


def _deliveries(deliveries: pd.DataFrame, as_of: pd.Timestamp) -> list[tuple[str, Station]]:
    """Tell each delivery by its queue, its attempt and how it ended, or since when it is held."""
    ordered = deliveries[deliveries["message_id"].notna()].sort_values("delivered", kind="stable")
    nth = ordered.groupby(["message_id", "queue"], dropna=False).cumcount() + 1
    ended = ordered["settled"] <= as_of
    until = ordered["settled"].where(ended, as_of)
    told = pd.DataFrame(
        {
            "message_id": ordered["message_id"],
            "delivered": ordered["delivered"],
            "queue": ordered["queue"],
            "attempt": np.maximum(ordered["attempt"].fillna(1).astype("int64"), nth),
            "ended": ordered["settlement"].map(_ENDED).where(ended, "held for"),
            "seconds": (until - ordered["delivered"]).dt.total_seconds(),
        }
    )
    return [
        (message_id, Station(delivered, queue, f"{queue} #{attempt} {what} {age(seconds)}"))
        for message_id, delivered, queue, attempt, what, seconds in _rows(told, *told.columns)
    ]


def _deaths(deaths: pd.DataFrame) -> list[tuple[str, Station]]:
    """Tell deaths that no consumer caused; a rejection has a delivery that tells it."""
    named = deaths["death_reason"].notna() & deaths["message_id"].notna()
    alone = deaths[named & (deaths["death_reason"] != Gone.REJECTED)]
    once = alone.drop_duplicates(["message_id", "death_queue", "death_reason", "death_count"])
    first = (once["death_count"].fillna(1) == 1) & once["death_time"].notna()
    told = once.assign(at=once["death_time"].where(first, once["time"]))
    return [
        (message_id, Station(at, queue, f"{_DIED.get(reason, reason)} {queue}"))
        for message_id, at, queue, reason in _rows(told, "message_id", "at", "death_queue", "death_reason")
    ]


def _rows(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Give the rows of some columns."""
    return zip(*(table[name].tolist() for name in columns), strict=True)
