"""Events as the instrumentation logs them, and what is concluded from lines."""

from typing import Any, Final

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import outstanding_at
from tests.contract.documents import PATHS

_FIELDS: Final = {
    "operation": "messaging.operation.type",
    "outcome": "messaging.operation.outcome",
    "message_id": "messaging.message.id",
    "correlation_id": "messaging.message.conversation_id",
    "vhost": "messaging.rabbitmq.vhost",
    "queue": "messaging.destination.subscription.name",
    "channel_id": "messaging.rabbitmq.channel.id",
    "delivery_tag": "messaging.rabbitmq.message.delivery_tag",
    "redelivered": "messaging.rabbitmq.message.redelivered",
    "consumer_tag": "messaging.rabbitmq.consumer.tag",
    "attempt": "messaging.message.attempt",
    "instance_id": PATHS["instance"],
    "sequence": PATHS["sequence"],
}


def document_of(row: dict[str, Any]) -> dict[str, Any]:
    """Give the log document of an event."""
    time = pd.Timestamp(row["time"])
    told = {path: row[name] for name, path in _FIELDS.items() if not pd.isna(row[name])}
    if row["operation"] in ("channel-opened", "channel-closed"):
        del told["messaging.operation.type"]
        told["event.action"] = row["operation"]
    document = {"@timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "message": "a line", **told}
    if not pd.isna(row["pod"]):
        document["kubernetes"] = {"pod_name": row["pod"]}
    return document


def outstanding(events: pd.DataFrame, at: pd.Timestamp) -> list[tuple[Any, ...]]:
    """Give the deliveries that lines up to an instant leave outstanding, comparable."""
    lines, _ = clean(events[events["time"] <= at])
    listed = outstanding_at(match_deliveries(lines)[0], at)
    rows = listed.itertuples(index=False, name=None)
    return sorted(tuple("" if pd.isna(value) else str(value) for value in row) for row in rows)
