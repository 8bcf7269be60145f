"""An evaluation as metrics: what `eventrail unacked` says at the same instant, by queue and by holder."""

from typing import Final

import pandas as pd
from prometheus_client.core import GaugeMetricFamily

from eventrail.investigate.watching import WatchAnswer
from eventrail.watch.bounds import NODES_MAX, Limits, bounded
from eventrail.watch.queue_table import HOLDER_KEYS, NAMELESS, QUEUE_KEYS, holder_table, queue_table, reason_table

# Metric → the column of the table it is made of, and what it says.
QUEUE_METRICS: Final = {
    "eventrail_unacked_deliveries": ("unacked", "Deliveries that are not settled, as the logs list them."),
    "eventrail_oldest_unacked_seconds": (
        "oldest_seconds",
        "Age of the oldest delivery that is not settled, at eventrail_as_of_timestamp_seconds; 0 where there is none.",
    ),
    "eventrail_broker_unacked_messages": (
        "broker_unacked",
        "Unacknowledged messages by the broker's gauge that the ledger is reconciled with.",
    ),
    "eventrail_explained_unacked": ("explained", "Messages both in the broker's gauge and in the ledger."),
    "eventrail_unexplained_unacked": ("unexplained", "Messages in the broker's gauge that no log line accounts for."),
    "eventrail_surplus_unacked": ("surplus", "Deliveries in the ledger that the broker's gauge does not count."),
    "eventrail_consumer_timeout_seconds": (
        "timeout_seconds",
        "After how long the broker takes a delivery back from its consumer; absent where it never does.",
    ),
    "eventrail_consumer_timeout_remaining_seconds": (
        "remaining_seconds",
        "Time until the broker takes the oldest delivery back, at eventrail_as_of_timestamp_seconds.",
    ),
}
HOLDER_METRICS: Final = {
    "eventrail_holder_unacked_deliveries": ("unacked", "Deliveries that are not settled, by who holds them."),
    "eventrail_holder_oldest_unacked_seconds": ("oldest_seconds", "Age of the oldest of them."),
}


def ledger_metrics(answer: WatchAnswer, limits: Limits) -> list[GaugeMetricFamily]:
    """Give all families of an evaluation; only of one that can be trusted."""
    tables = bounded(queue_table(answer), holder_table(answer), reason_table(answer), limits)
    left_out = _family(
        "eventrail_left_out", "Queues and holders beyond the limits, told together without a name.", ["what"]
    )
    left_out.add_metric(["queues"], tables.queues_left_out)
    left_out.add_metric(["holders"], tables.holders_left_out)
    counted = _family("eventrail_counted_queues", "Queues of which Prometheus has a fresh count.", [])
    if answer.gauges is not None:
        counted.add_metric([], len(answer.gauges))
    as_of = _family("eventrail_as_of_timestamp_seconds", "The instant that the ledger speaks about.", [])
    as_of.add_metric([], answer.moment.as_of.timestamp())
    difference = "Messages by which gauge and ledger differ, by side (unexplained, surplus) and reason."
    return [
        *_families(QUEUE_METRICS, tables.queues, QUEUE_KEYS),
        *_families(HOLDER_METRICS, tables.holders, HOLDER_KEYS),
        *_families(
            {"eventrail_unacked_difference": ("messages", difference)}, tables.reasons, [*QUEUE_KEYS, "side", "reason"]
        ),
        left_out,
        counted,
        as_of,
        *_lateness(answer),
    ]


def _lateness(answer: WatchAnswer) -> list[GaugeMetricFamily]:
    """Tell how late the logs are; nothing where no pod has written a line by which that can be told."""
    behind = _family("eventrail_logs_behind_seconds", "How far the logs are behind the time of the evaluation.", [])
    if answer.moment.logs_complete_to is not None:
        behind.add_metric([], answer.moment.behind_seconds)
    latest = answer.nodes.assign(log_node=answer.nodes["node"].fillna(NAMELESS)).nlargest(NODES_MAX, "behind_seconds")
    what = "The same by the node whose pods wrote the logs; no node: pods that run and wrote nothing."
    return [behind, *_families({"eventrail_node_logs_behind_seconds": ("behind_seconds", what)}, latest, ["log_node"])]


def _families(metrics: dict[str, tuple[str, str]], table: pd.DataFrame, labels: list[str]) -> list[GaugeMetricFamily]:
    """Make a family of each column; a missing figure is no sample."""
    made = []
    for name, (column, what) in metrics.items():
        family = _family(name, what, labels)
        told = table[table[column].notna()]
        for values, figure in zip(told[labels].itertuples(index=False), told[column], strict=True):
            family.add_metric([str(value) for value in values], float(figure))
        made.append(family)
    return made


def _family(name: str, what: str, labels: list[str]) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=labels)
