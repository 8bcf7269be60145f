"""The figures and tables of the page Unacknowledged."""

from typing import Final

import pandas as pd

from dashboard.shaping.overview import LOGS_SILENT, METRICS_SILENT, Answering, Card, holder_text
from dashboard.shaping.words import MISSING, count_text, duration_text, visible_text
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import QueueLedger, Stage
from eventrail.words import count

SIDES: Final = {"unexplained": "counted by the broker, not listed", "surplus": "listed, not counted by the broker"}
_AGREES: Final = {True: "✔ yes", False: "✖ no", None: "no gauge"}
NO_DELIVERIES: Final = (
    *("age", "stage", "event", "correlation", "attempt", "vhost", "queue", "pod", "holder", "how", "last_line"),
    "correlation_id",
)


def chosen_ledger(answer: UnackedAnswer, queue: str, vhost: str) -> QueueLedger | None:
    """Give the ledger of the queue chosen, or of the only queue there is."""
    if not queue and len(answer.ledger.queues) == 1:
        return answer.ledger.queues[0]
    named = (ledger for ledger in answer.ledger.queues if ledger.queue == queue and vhost in ("", ledger.vhost))
    return next(named, None)


def queue_cards(ledger: QueueLedger, channels: pd.DataFrame, answering: Answering) -> tuple[Card, ...]:
    """Give one queue's reckoning: the gauge, the broker's channels, the list, and what differs."""
    if not answering.logs:
        silent = Card("listed from the logs", MISSING, LOGS_SILENT, "unknown")
        return (_gauge_card(ledger), *_channel_card(channels), silent)
    handling = int((ledger.deliveries["stage"] == Stage.HANDLING).sum()) if len(ledger.deliveries) else 0
    received = len(ledger.deliveries) - handling
    inferred = int((ledger.deliveries["inferred"].fillna("") != "").sum()) if len(ledger.deliveries) else 0
    split = f"{handling} handling · {received} received · {inferred} inferred"
    listed = Card("listed from the logs", count_text(len(ledger.deliveries)), split)
    return (_gauge_card(ledger), *_channel_card(channels), listed, _difference(ledger))


def _gauge_card(ledger: QueueLedger) -> Card:
    if ledger.gauge_time is None:
        return Card("Prometheus’ gauge", MISSING, "no sample of this queue", "unknown")
    at = f"counted at {ledger.gauge_time.tz_convert('UTC'):%H:%M:%S} UTC"
    return Card("Prometheus’ gauge", count_text(ledger.gauge), at)


def _channel_card(channels: pd.DataFrame) -> tuple[Card, ...]:
    if channels.empty:
        return ()
    counted = channels.drop_duplicates("channel")["messages_unacknowledged"].sum()
    pods = channels["pod"].nunique()
    return (
        Card("broker’s channels", count_text(counted), f"{count(len(channels), 'consumer')} in {count(pods, 'pod')}"),
    )


def _difference(ledger: QueueLedger) -> Card:
    off = ledger.unexplained + ledger.surplus
    if ledger.gauge is None:
        return Card("difference", MISSING, "without a gauge nothing can be compared", "unknown")
    if not off:
        return Card("difference", "0", "every message is explained", "ok")
    words = f"{ledger.unexplained} unexplained · {ledger.surplus} surplus"
    if ledger.agrees:
        return Card("difference", count_text(off), f"{words}, within the gauge’s uncertainty", "plain")
    return Card("difference", count_text(off), words, "warn")


def total_cards(answer: UnackedAnswer, answering: Answering) -> tuple[Card, ...]:
    """Give the reckoning over all queues; what a silent source would tell is said to be unknown."""
    gauges, *of_logs = _totals(answer)
    if not answering.metrics:
        gauges = Card(gauges.label, MISSING, METRICS_SILENT, "unknown")
    if not answering.logs:
        of_logs = [Card(card.label, MISSING, LOGS_SILENT, "unknown") for card in of_logs]
    return (gauges, *of_logs)


def _totals(answer: UnackedAnswer) -> tuple[Card, ...]:
    queues = answer.ledger.queues
    gauges = [queue.gauge for queue in queues if queue.gauge is not None]
    listed = sum(len(queue.deliveries) for queue in queues)
    disagreeing = sum(queue.agrees is False for queue in queues)
    ages = [queue.oldest_age_seconds or 0.0 for queue in queues]
    return (
        Card("Prometheus’ gauges", count_text(sum(gauges)) if gauges else MISSING, f"of {count(len(queues), 'queue')}"),
        Card("listed from the logs", count_text(listed), "deliveries that no line settles"),
        Card("oldest", duration_text(max(ages, default=None)), "held without being settled"),
        Card(
            "queues that disagree",
            count_text(disagreeing),
            "gauge and list differ beyond the gauge’s uncertainty",
            "warn" if disagreeing else "ok",
        ),
    )


def ledger_table(answer: UnackedAnswer) -> pd.DataFrame:
    """Give a row a queue, in the ledger's order: queue, gauge, explained, unexplained, surplus, oldest, agrees."""
    queues = answer.ledger.queues
    return pd.DataFrame(
        {
            "queue": [visible_text(queue.queue) for queue in queues],
            "gauge": pd.array([queue.gauge for queue in queues], dtype="Int64"),
            "explained": [queue.explained for queue in queues],
            "unexplained": [queue.unexplained for queue in queues],
            "surplus": [queue.surplus for queue in queues],
            "oldest": pd.array([queue.oldest_age_seconds for queue in queues], dtype="Float64").astype(float),
            "agrees": [_AGREES[queue.agrees] for queue in queues],
        }
    )


def reasons(ledger: QueueLedger) -> tuple[str, ...]:
    """Say why gauge and list differ, a sentence a reason."""
    return tuple(f"{SIDES.get(reason.side, reason.side)}: {reason.what}" for reason in ledger.reasons)


def delivery_table(answer: UnackedAnswer) -> pd.DataFrame:
    """Give all outstanding deliveries, oldest first: NO_DELIVERIES' columns; `age` in seconds, the others words."""
    held = [queue.deliveries for queue in answer.ledger.queues if len(queue.deliveries)]
    if not held:
        return pd.DataFrame(columns=list(NO_DELIVERIES))
    rows = pd.concat(held, ignore_index=True)
    rows = rows.sort_values("age_seconds", ascending=False, kind="stable", ignore_index=True)
    last = answer.last_lines[["correlation_id", "pod", "message"]].drop_duplicates(
        ["correlation_id", "pod"], keep="last"
    )
    rows = rows.merge(last, on=["correlation_id", "pod"], how="left")
    return pd.DataFrame(
        {
            "age": rows["age_seconds"].astype(float),
            "stage": rows["stage"],
            "event": _words(rows["event_type"]),
            "correlation": _words(rows["correlation_id"]),
            "attempt": rows["attempt"],
            "vhost": rows["vhost"].fillna(""),
            "queue": _words(rows["queue"]),
            "pod": rows["pod"].fillna(""),
            "holder": holder_text(rows["pod"], rows["node"]),
            "how": rows["inferred"].fillna("").map(_how),
            "last_line": _words(rows["message"]).str.slice(0, 300),
            "correlation_id": rows["correlation_id"].fillna(""),
        }
    )


def _words(column: "pd.Series[str]") -> "pd.Series[str]":
    return column.fillna(MISSING).astype("str").map(visible_text)


def _how(inferred: str) -> str:
    """Say in a word or two how a delivery is known: by its own line, or inferred, and what."""
    if not inferred:
        return "its own line"
    names = [name.strip().replace("_", " ") for name in inferred.split(",")]
    return f"inferred: {', '.join(names)}"


def filtered(rows: pd.DataFrame, *, vhost: str = "", queue: str = "", pod: str = "", stage: str = "") -> pd.DataFrame:
    """Keep the deliveries of a virtual host, a queue, a pod, a stage; an empty one keeps all."""
    kept = pd.Series(data=True, index=rows.index)
    for column, wanted in (("vhost", vhost), ("queue", visible_text(queue)), ("pod", pod), ("stage", stage)):
        if wanted:
            kept &= rows[column] == wanted
    return rows[kept].reset_index(drop=True)


def channel_table(channels: pd.DataFrame, queue: str) -> pd.DataFrame:
    """Give the broker's channels of a queue: pod, peer, consumer, prefetch, unacked; most unacked first."""
    if channels.empty:
        return pd.DataFrame(columns=["pod", "peer", "consumer", "prefetch", "unacked"])
    own = channels[channels["queue"] == queue].sort_values("messages_unacknowledged", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            "pod": _words(own["pod"]),
            "peer": _words(own["peer_address"]),
            "consumer": _words(own["consumer_tag"]),
            "prefetch": own["prefetch"],
            "unacked": own["messages_unacknowledged"],
        }
    ).reset_index(drop=True)
