"""What a span's tags say of a step, under OpenTelemetry's names where it has one; docs/exports.md lists them."""

from typing import Any, Final

import pandas as pd

from eventrail.model.trace import StepKind, StepState

BROKER: Final = "rabbitmq"

# tag → column of the step; a column without a value makes no tag.
# Pod, node and version have no names of OpenTelemetry's here: Jaeger and OpenTelemetry's collector take those as said
# of a whole service, and tell every span of it the pod of one.
_ON_ALL: Final = {
    "eventrail.pod": "pod",
    "eventrail.node": "node",
    "eventrail.service.version": "service_version",
    "eventrail.state": "state",
    "eventrail.step.id": "id",
    "eventrail.inferred": "inferred",
}
_ON_MESSAGES: Final = {
    "messaging.message.id": "message_id",
    "messaging.message.type": "event_type",
    "messaging.message.attempt": "attempt",
    "messaging.rabbitmq.vhost": "vhost",
    "messaging.rabbitmq.destination.routing_key": "routing_key",
    "messaging.destination.subscription.name": "queue",
    "messaging.rabbitmq.message.delivery_tag": "delivery_tag",
    "messaging.rabbitmq.consumer.tag": "consumer_tag",
    "messaging.operation.outcome": "outcome",
}
_ON_CALLS: Final = {"rpc.method": "call_method", "peer.service": "peer_service"}
_OPERATIONS: Final = {StepKind.PUBLISH: ("send", "publish"), StepKind.HANDLE: ("process", "process")}
# The exchange without a name.
_DEFAULT_EXCHANGE: Final = "amq.default"


def tags_of(step: dict[Any, Any], correlation_id: str, *, is_open: bool) -> dict[str, str]:
    """Give the tags of a row of the steps table; texts all of them, as Zipkin wants."""
    is_call = step["kind"] == StepKind.CALL
    tags = {"messaging.message.conversation_id": correlation_id}
    if not is_call:
        tags |= {"messaging.system": BROKER, "messaging.destination.name": _destination(step)}
    if step["kind"] in _OPERATIONS:
        kind, name = _OPERATIONS[StepKind(step["kind"])]
        tags |= {"messaging.operation.type": kind, "messaging.operation.name": name}
    columns = _ON_ALL | (_ON_CALLS if is_call else _ON_MESSAGES)
    tags |= {tag: str(step[column]) for tag, column in columns.items() if _is_told(step[column])}
    if is_open:
        tags["eventrail.open"] = "true"
    if _is_told(step["error_type"]):
        tags["error.type"] = str(step["error_type"])
    if step["state"] == StepState.FAILED:
        # Zipkin and Jaeger paint a span with this tag as failed.
        tags["error"] = tags.get("error.type") or (str(step["outcome"]) if _is_told(step["outcome"]) else "failed")
    return tags


def _destination(step: dict[Any, Any]) -> str:
    """Name the destination as OpenTelemetry does for RabbitMQ: exchange, routing key and queue, those that are known;
    a queue that is called as its routing key once.
    """
    parts = [str(step[name]) for name in ("exchange", "routing_key", "queue") if _is_told(step[name])]
    return ":".join(dict.fromkeys(parts)) or _DEFAULT_EXCHANGE


def _is_told(value: Any) -> bool:
    return value is not None and not pd.isna(value) and value != ""
