"""Where the dead letters of each queue go: told by letters received there, by the broker, by others, or by a count."""

import re
from collections.abc import Mapping
from typing import Final

import pandas as pd

from eventrail.analysis.discarded import likely_destinations
from eventrail.model.table import conform
from eventrail.model.waiting import WAY_COLUMNS, WayKnownBy

# A count that rose with fewer discards than this may have risen by chance.
RISES_LEAST: Final = 2
# By so much later may the count rise: the broker's statistics are up to 5 s old, and a scrape comes every 15 s or less.
RISES_WITHIN_SECONDS: Final = 25.0


def ways_by_deaths(deaths: pd.DataFrame) -> pd.DataFrame:
    """Give WAY_COLUMNS from lines about letters that were received: death_queue, death_reason, queue."""
    seen = deaths[["death_queue", "death_reason", "queue"]].dropna(subset=["death_queue", "queue"]).drop_duplicates()
    named = seen.rename(columns={"death_queue": "from_queue", "death_reason": "reason", "queue": "to_queue"})
    return conform(named.assign(known_by=WayKnownBy.DEATH), WAY_COLUMNS)


def ways_by_broker(queues: pd.DataFrame, bindings: pd.DataFrame) -> pd.DataFrame:
    """Give WAY_COLUMNS from the broker's queues and bindings of one virtual host.

    queues: queue, dead_letter_exchange, dead_letter_routing_key; missing where a queue sets none. bindings: exchange,
    routing_key (or a pattern), queue. A queue without a routing key of its own passes on the one the message has.
    """
    rows = []
    known = set(queues["queue"])
    set_up = queues[queues["dead_letter_exchange"].notna() & queues["dead_letter_routing_key"].notna()]
    for row in set_up.to_dict("records"):
        exchange, key = row["dead_letter_exchange"], row["dead_letter_routing_key"]
        bound = bindings[bindings["exchange"] == exchange]
        targets = [key] if exchange == "" else _taking(bound, key)
        rows += [{"from_queue": row["queue"], "to_queue": name} for name in dict.fromkeys(targets) if name in known]
    named = pd.DataFrame(rows, columns=["from_queue", "to_queue"])
    return conform(named.assign(known_by=WayKnownBy.BROKER), WAY_COLUMNS)


def ways_by_routes(discards: pd.DataFrame, routes: pd.DataFrame) -> pd.DataFrame:
    """Give WAY_COLUMNS for discards (queue, exchange, routing_key) by ways that other messages took."""
    alike = discards[["queue", "exchange", "routing_key"]].dropna(subset=["queue"]).drop_duplicates()
    rows = [
        {"from_queue": queue, "to_queue": to_queue, "reason": "rejected"}
        for queue, exchange, key in alike.itertuples(index=False, name=None)
        for to_queue in likely_destinations(queue, exchange, key, routes)[0]
    ]
    named = pd.DataFrame(rows, columns=["from_queue", "to_queue", "reason"]).drop_duplicates()
    return conform(named.assign(known_by=WayKnownBy.ROUTES), WAY_COLUMNS)


def ways_by_counts(discards: pd.DataFrame, counts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Give WAY_COLUMNS for queues whose every discard (queue, time) was followed by a rise of one count only.

    counts: queue → samples (time, value, by time) of the messages in it. A queue with several candidates, or with
    fewer than RISES_LEAST discards while they were sampled, has no way.
    """
    rows = []
    for queue, times in discards.dropna(subset=["queue"]).groupby("queue")["time"]:
        rising = [name for name, samples in counts.items() if name != queue and _rose_each_time(times, samples)]
        if len(rising) == 1:
            rows.append({"from_queue": queue, "to_queue": rising[0], "reason": "rejected"})
    named = pd.DataFrame(rows, columns=["from_queue", "to_queue", "reason"])
    return conform(named.assign(known_by=WayKnownBy.GAUGE), WAY_COLUMNS)


def first_known(*tables: pd.DataFrame) -> pd.DataFrame:
    """Give the ways of the first table that knows any for a queue and reason; surest first."""
    kept: list[pd.DataFrame] = []
    for table in tables:
        known = pd.concat(kept) if kept else table.head(0)
        sure = known["from_queue"][known["reason"].isna() | (known["reason"] == "rejected")]
        kept.append(table[~table["from_queue"].isin(set(sure))])
    return conform(pd.concat(kept, ignore_index=True), WAY_COLUMNS)


def _rose_each_time(times: "pd.Series[pd.Timestamp]", samples: pd.DataFrame) -> bool:
    """Whether the count was higher soon after each of the times than just before it."""
    if len(samples) < 2:
        return False
    first, last = samples["time"].iloc[0], samples["time"].iloc[-1]
    within = pd.Timedelta(seconds=RISES_WITHIN_SECONDS)
    sampled = times[(times > first) & (times + within <= last)].sort_values()
    if len(sampled) < RISES_LEAST:
        return False
    at = samples["time"].searchsorted(sampled)
    after = samples["time"].searchsorted(sampled + within, side="right") - 1
    values = samples["value"].to_numpy()
    return bool((values[after] > values[at - 1]).all())


def _taking(bound: pd.DataFrame, key: str) -> list[str]:
    """Give the queues whose binding takes a routing key."""
    return [row["queue"] for row in bound.to_dict("records") if _takes(str(row["routing_key"]), key)]


def _takes(pattern: str, key: str) -> bool:
    """Whether a binding takes a routing key: equal, or a pattern of a topic exchange, * one word and # any number."""
    if pattern == key:
        return True
    words = [{"*": r"[^.]+", "#": r".*"}.get(word, re.escape(word)) for word in pattern.split(".")]
    expression = r"\.".join(words).replace(r"\..*", r"(\..*)?").replace(r".*\.", r"(.*\.)?")
    return re.fullmatch(expression, key) is not None
