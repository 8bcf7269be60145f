"""Who holds what, in words: a card a channel, for the broker takes deliveries back by the channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.shaping.closing import connection_of
from dashboard.shaping.details import Fact
from dashboard.shaping.holder_states import States, node_facts, pod_facts
from dashboard.shaping.tones import WARN_AGE_SECONDS, Tone, tone_of_age
from dashboard.shaping.words import count_text, duration_text, moment_text
from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.words import count

CARDS_MOST: Final = 6
# The broker looks at its channels once a minute, so one closes up to a minute after its time.
SOON_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class HolderCard:
    """title: the pod, or what stands for it. facts: name, words and tone, in the order of their weight.

    connection: the broker's name of it; empty where the broker has none, or was not asked.
    """

    title: str
    place: str
    tone: Tone
    facts: tuple[Fact, ...]
    connection: str = ""


def worth_a_card(holders: pd.DataFrame, queue: str, vhost: str) -> pd.DataFrame:
    """Keep the channels that hold deliveries of the queue; of every queue, those whose deliveries do not merely move.

    holders: HOLDER_COLUMNS. queue empty: of every queue.
    """
    if queue:
        return holders[(holders["vhost"] == vhost) & holders["queues"].map(_names(queue)).astype(bool)]
    unlisted = holders["counted"].fillna(0) > holders["listed"]
    return holders[(holders["oldest_age_seconds"] >= WARN_AGE_SECONDS).fillna(value=False) | unlisted]


def holder_cards(kept: pd.DataFrame, states: pd.DataFrame, as_of: pd.Timestamp) -> tuple[HolderCard, ...]:
    """Give a card for each channel, CARDS_MOST at most. states: STATE_COLUMNS."""
    known = {(row["query"], row["name"]): row for row in states.to_dict("records")}
    return tuple(_card(row, known, as_of) for row in kept.head(CARDS_MOST).to_dict("records"))


def patience_text(timeouts: ConsumerTimeouts, queue: str, vhost: str) -> str:
    """Say how long the broker lets a consumer hold a delivery, and how that is known."""
    seconds = timeouts.of((vhost, queue))
    if seconds is None:
        return "The broker has no time limit for a delivery."
    how = {
        "queue": "set for this queue",
        "configuration": "as configured here",
        "version": "the default of its version; set ledger.consumer_timeout_seconds if yours differs",
    }[timeouts.known_by((vhost, queue))]
    limit = duration_text(seconds)
    return f"The broker closes a channel that holds a delivery for {limit} ({how}); it looks once a minute."


def _names(queue: str) -> Callable[[object], bool]:
    """Say of a text of queues whether it names this one."""
    return lambda queues: isinstance(queues, str) and queue in queues.split(", ")


def _card(row: Mapping[Any, Any], states: States, as_of: pd.Timestamp) -> HolderCard:
    pod, node = _text(row["pod"]), _text(row["node"])
    peer = _text(row["peer_address"])
    title = pod or (f"the client at {peer}" if peer else "a consumer that nothing names")
    place = " · ".join(part for part in (node, f"connected from {peer}" if pod and peer else "") if part)
    facts = (
        *_silent(row),
        _holds(row),
        *_differs(row),
        *_since(row, as_of),
        _closing(row, as_of),
        Fact("known by", str(row["known_by"])),
        *pod_facts(pod, states),
        *node_facts(node, states),
    )
    connection = "" if pd.isna(row["counted"]) else connection_of(_text(row["channel"]))
    return HolderCard(title, place, tone_of_age(row["oldest_age_seconds"]), facts, connection)


def _holds(row: Mapping[Any, Any]) -> Fact:
    """Say how many of which queue, and whether the broker counts as many."""
    listed, counted = int(row["listed"]), row["counted"]
    split = f"{row['handling']} being handled, {row['received']} in its buffer"
    said = f"{count_text(listed)} of {row['queues']}: {split}" if listed else f"of {row['queues']}: none is in the logs"
    if pd.isna(counted):
        return Fact("holds", said)
    if counted == listed:
        return Fact("holds", f"{said}; the broker counts as many")
    return Fact("holds", f"{said}; the broker counts {count_text(counted)} on this channel")


def _silent(row: Mapping[Any, Any]) -> list[Fact]:
    """Name the channel of which no line lists anything as the broker names it."""
    if row["listed"] or not _text(row["channel"]):
        return []
    tags = _text(row["consumer_tags"])
    limit = "" if pd.isna(row["prefetch"]) else f" · prefetch {count_text(row['prefetch'])}"
    return [Fact("channel", f"{row['channel']}{limit}{f' · consumer {tags}' if tags else ''}")]


def _differs(row: Mapping[Any, Any]) -> list[Fact]:
    """Say why the broker counts more or fewer than are listed."""
    if not _text(row["difference"]):
        return []
    side = "counted, not listed" if row["unknown"] else "listed, not counted"
    return [Fact(side, str(row["difference"]), "warn")]


def _since(row: Mapping[Any, Any], as_of: pd.Timestamp) -> list[Fact]:
    """Say since when it holds them: the oldest listed; of what no line tells, what the broker's figures leave open."""
    facts = []
    if row["listed"]:
        facts.append(Fact("oldest", duration_text(row["oldest_age_seconds"]), tone_of_age(row["oldest_age_seconds"])))
    if pd.isna(row["unknown"]) or not row["unknown"]:
        return facts
    idle, connected = row["idle_since"], row["connected"]
    bounds = []
    if not pd.isna(idle):
        seconds = max((as_of - idle).total_seconds(), 0.0)
        bounds.append(
            f"at least {duration_text(seconds)}: nothing happened on the channel since {moment_text(idle, as_of)}"
        )
    if not pd.isna(connected):
        bounds.append(f"at most since it connected, {moment_text(connected, as_of)}")
    said = "; ".join(bounds) or "unknown"
    return [*facts, Fact("unlisted ones held", said), Fact("unknown of them", "which messages, and how often tried")]


def _closing(row: Mapping[Any, Any], as_of: pd.Timestamp) -> Fact:
    """Say when the broker will close the channel, and what it then hands out again."""
    if pd.isna(row["closes"]):
        why = "the broker has no time limit" if row["listed"] else "unknown: since when it holds them is in no line"
        return Fact("channel closes", why)
    left = (row["closes"] - as_of).total_seconds()
    held = int(row["listed"] if pd.isna(row["counted"]) else max(row["counted"], row["listed"]))
    again = "1 message is" if held == 1 else f"{count(held, 'message')} are"
    tried = f", {count_text(row['attempted'])} of them not for the first time" if row["attempted"] else ""
    when = f"in {duration_text(left)} ({moment_text(row['closes'], as_of)})" if left > 0 else "any moment"
    return Fact(
        "channel closes", f"{when}; {again} then handed out again{tried}", "warn" if left < SOON_SECONDS else "plain"
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
