"""Deliveries that no line shows, inferred by queue order.

A queue dispatches from its head. So the messages that the broker counts as unacknowledged are the first of those
published to the queue and not settled. Those of them without a line lie in the buffer of a consumer that logs only
handling and settling.

The holder follows by elimination: a consumer's buffer is first in, first out, so a pod that has started a message
published later does not hold an earlier one that nobody has started.
"""

from dataclasses import dataclass

import pandas as pd

from eventrail.analysis.ledger import outstanding_at
from eventrail.analysis.reconcile import GaugeReading
from eventrail.model.ledger import DELIVERY_COLUMNS
from eventrail.model.table import conform

PUBLISHED = ["message_id", "correlation_id", "event_type", "exchange", "routing_key", "published"]


@dataclass(frozen=True, slots=True)
class QueueOrder:
    """deliveries: the table with the inferred ones added. doubts: what may have disturbed first-in-first-out."""

    deliveries: pd.DataFrame
    inferred: int
    doubts: tuple[str, ...]


def published_to(sends: pd.DataFrame, routes: pd.DataFrame, vhost: str, queue: str) -> pd.DataFrame:
    """Give the messages published to a queue, in order: PUBLISHED, one row a message ID.

    sends: event rows of operation send. routes: vhost, exchange, routing_key, queue.
    """
    bound = routes[(routes["queue"] == queue) & ((routes["vhost"] == vhost) | routes["vhost"].isna())]
    keys = bound[["exchange", "routing_key"]].drop_duplicates()
    here = (sends["vhost"] == vhost) | sends["vhost"].isna()
    taken = sends[here & ~sends["outcome"].isin(["unroutable", "refused"]) & sends["message_id"].notna()]
    routed = taken.merge(keys, on=["exchange", "routing_key"], how="inner").sort_values(["time"], kind="stable")
    return routed.rename(columns={"time": "published"})[PUBLISHED].drop_duplicates("message_id", ignore_index=True)


def infer_by_queue_order(
    vhost: str,
    queue: str,
    deliveries: pd.DataFrame,
    published: pd.DataFrame,
    gauge: GaugeReading,
    as_of: pd.Timestamp,
) -> QueueOrder:
    """Add the deliveries of one queue that the gauge counts and no line shows.

    deliveries: DELIVERY_COLUMNS of that queue. published: see `published_to`. Rows added have `delivered` at their
    publish time and name in `inferred` what no line states; a holder that elimination does not find stays missing.
    """
    waiting = published[published["published"] <= gauge.time]
    known = deliveries[deliveries["delivered"] <= gauge.time]
    seen = known["message_id"].dropna()
    outstanding = outstanding_at(known, gauge.time)
    unseen = waiting[~waiting["message_id"].isin(seen)]
    # A line that came between the sample and `as_of` shows the delivery itself: nothing is left to infer.
    shown_since = deliveries["message_id"][deliveries["delivered"] > gauge.time]
    chosen = unseen.head(max(gauge.value - len(outstanding), 0))
    chosen = chosen[~chosen["message_id"].isin(shown_since[shown_since.notna()])]
    doubts = _doubts(deliveries, as_of)
    if not len(chosen):
        return QueueOrder(deliveries, 0, doubts)
    inferred = _as_deliveries(chosen, deliveries, published).assign(vhost=vhost, queue=queue)
    together = pd.concat([deliveries, inferred], ignore_index=True)
    return QueueOrder(together.sort_values("delivered", kind="stable", ignore_index=True), len(chosen), doubts)


def _as_deliveries(chosen: pd.DataFrame, deliveries: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Make delivery rows of messages that lie in a buffer."""
    rows = chosen.rename(columns={"published": "delivered"}).assign(
        service=_only(deliveries["service"]),
        attempt=1,
        inferred="delivered,stage,pod,attempt",
    )
    consumers = _consumers(deliveries, published)
    # A pod may hold a message if it has started none that was published later.
    candidates = rows[["message_id", "delivered"]].merge(consumers, how="cross")
    candidates = candidates[~(candidates["last_started_published"] > candidates["delivered"])]
    sole = candidates.drop_duplicates("message_id", keep=False).drop(columns="delivered")
    holders = rows[["message_id"]].merge(sole, on="message_id", how="left")
    for name in ("pod", "node", "instance_id", "channel_id", "client_id", "consumer_tag"):
        rows[name] = holders[name].array
    return conform(rows, DELIVERY_COLUMNS)


def _consumers(deliveries: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Give each consuming pod as it last was, and when the latest message that it has started was published."""
    times = published.set_index("message_id")["published"]
    started = deliveries.assign(last_started_published=times.reindex(deliveries["message_id"]).array)
    latest = started.sort_values("delivered", kind="stable").groupby("pod")
    columns = ["node", "instance_id", "channel_id", "client_id", "consumer_tag"]
    return latest[columns].last().assign(last_started_published=latest["last_started_published"].max()).reset_index()


def _only(column: "pd.Series[str]") -> str | None:
    """Give the one value that a column holds; none when it holds several or nothing."""
    values = column.dropna().unique()
    return str(values[0]) if len(values) == 1 else None


def _doubts(deliveries: pd.DataFrame, as_of: pd.Timestamp) -> tuple[str, ...]:
    """Say what may have disturbed the order."""
    given_back = deliveries["settlement"].isin(["requeue", "returned"]) & (deliveries["settled"] <= as_of)
    if not given_back.any():
        return ()
    return (f"{int(given_back.sum()):,} messages were given back to the queue and stand at another place in it",)
