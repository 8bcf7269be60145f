"""The figures of an evaluation as tables: one row a queue, a holder, a reason."""

from typing import Any, Final

import pandas as pd

from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.investigate.watching import WatchAnswer
from eventrail.model.ledger import QueueLedger

QUEUE_KEYS: Final = ["vhost", "queue"]
HOLDER_KEYS: Final = ["vhost", "queue", "holder_service", "holder_pod", "holder_node"]
# An empty label is none to Prometheus, and no queue or pod is called so.
NAMELESS: Final = ""
FIGURES: Final = (
    *("unacked", "oldest_seconds", "broker_unacked", "explained", "unexplained", "surplus"),
    *("timeout_seconds", "remaining_seconds"),
)


def queue_table(answer: WatchAnswer) -> pd.DataFrame:
    """Give QUEUE_KEYS and a column for each figure, worst queue first, then those that hold nothing.

    A missing broker_unacked: no count. A missing timeout_seconds: none. A missing remaining_seconds: no timeout, or
    nothing held of which a line says since when.
    """
    ledgers = {(ledger.vhost, ledger.queue): ledger for ledger in answer.queues}
    rows = [_of_ledger(ledger, answer.timeouts) for ledger in answer.queues]
    rows += [
        _of_idle(*key, gauge, answer.timeouts)
        for key, gauge in sorted((answer.gauges or {}).items())
        if key not in ledgers
    ]
    numbers = dict.fromkeys(FIGURES, "float64")
    return pd.DataFrame(rows, columns=[*QUEUE_KEYS, *FIGURES]).astype(numbers)


def holder_table(answer: WatchAnswer) -> pd.DataFrame:
    """Give HOLDER_KEYS, unacked and oldest_seconds, oldest first; an empty label: no line says who holds it."""
    tables = [ledger.deliveries for ledger in answer.queues if len(ledger.deliveries)]
    if not tables:
        return pd.DataFrame(columns=[*HOLDER_KEYS, "unacked", "oldest_seconds"])
    held = pd.concat(tables).rename(columns={name: f"holder_{name}" for name in ("service", "pod", "node")})
    named = held.assign(**{name: held[name].fillna(NAMELESS) for name in HOLDER_KEYS})
    grouped = named.groupby(HOLDER_KEYS, sort=False)["age_seconds"].agg(unacked="size", oldest_seconds="max")
    return grouped.reset_index().sort_values("oldest_seconds", ascending=False, kind="stable", ignore_index=True)


def reason_table(answer: WatchAnswer) -> pd.DataFrame:
    """Give QUEUE_KEYS, side, reason and messages: why gauge and ledger differ."""
    rows = [
        {
            "vhost": ledger.vhost,
            "queue": ledger.queue,
            "side": each.side,
            "reason": each.kind,
            "messages": each.messages,
        }
        for ledger in answer.queues
        for each in ledger.reasons
    ]
    told = pd.DataFrame(rows, columns=[*QUEUE_KEYS, "side", "reason", "messages"])
    return told.groupby([*QUEUE_KEYS, "side", "reason"], as_index=False, sort=False).agg({"messages": "sum"})


def _of_ledger(ledger: QueueLedger, timeouts: ConsumerTimeouts) -> dict[str, Any]:
    timeout_seconds = timeouts.of((ledger.vhost, ledger.queue))
    held_seconds = _longest_held_seconds(ledger)
    remaining_seconds = None if timeout_seconds is None or held_seconds is None else timeout_seconds - held_seconds
    return {
        "vhost": ledger.vhost,
        "queue": ledger.queue,
        "unacked": len(ledger.deliveries),
        "oldest_seconds": ledger.oldest_age_seconds or 0.0,
        "broker_unacked": ledger.gauge,
        "explained": ledger.explained,
        "unexplained": ledger.unexplained,
        "surplus": ledger.surplus,
        "timeout_seconds": timeout_seconds,
        "remaining_seconds": remaining_seconds,
    }


def _of_idle(vhost: str, queue: str, gauge: int, timeouts: ConsumerTimeouts) -> dict[str, Any]:
    nothing = dict.fromkeys(("unacked", "oldest_seconds", "explained", "unexplained", "surplus"), 0.0)
    told = {"broker_unacked": gauge, "timeout_seconds": timeouts.of((vhost, queue)), "remaining_seconds": None}
    return {"vhost": vhost, "queue": queue} | nothing | told


def _longest_held_seconds(ledger: QueueLedger) -> float | None:
    """Say for how long the oldest delivery has been held for certain.

    A delivery inferred by queue order is as old as its message, which may have waited; a handler that has taken it
    holds it at least since then.
    """
    held = ledger.deliveries
    since = (
        held["delivered"].where(~held["inferred"].str.contains("delivered", regex=False), held["handling_start"]).min()
    )
    return None if pd.isna(since) else float((ledger.as_of - since).total_seconds())
