"""The figures and tables of the page Unacknowledged."""

from typing import Final

import pandas as pd

from dashboard.shaping.overview import LOGS_SILENT, METRICS_SILENT, Answering, Card
from dashboard.shaping.words import MISSING, count_text, duration_text, visible_text
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import QueueLedger
from eventrail.words import count

_AGREES: Final = {True: "✔ yes", False: "✖ no", None: "no gauge"}


def chosen_ledger(answer: UnackedAnswer, queue: str, vhost: str) -> QueueLedger | None:
    """Give the ledger of the queue chosen, or of the only queue there is."""
    if not queue and len(answer.ledger.queues) == 1:
        return answer.ledger.queues[0]
    named = (ledger for ledger in answer.ledger.queues if ledger.queue == queue and vhost in ("", ledger.vhost))
    return next(named, None)


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


def _words(column: "pd.Series[str]") -> "pd.Series[str]":
    return column.fillna(MISSING).astype("str").map(visible_text)


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
