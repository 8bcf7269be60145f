"""Log documents for the contract, in the words of docs/log-fields.md."""

from datetime import UTC, datetime, timedelta
from typing import Any

from eventrail.model.window import Window

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(hours=1))

# IDs that somebody could log, and that are syntax somewhere.
HOSTILE_IDS = {
    "quotes": 'it\'s "quoted" `three` ways',
    "wildcards": "a*b?c%d_e",
    "a lone wildcard": "*",
    "braces": "{a}[b](c)<d>",
    "query syntax": "a AND b OR NOT (c:d) -e +f ~g ^2 /x/ \\",
    "spaces": "  two  spaces ",
    "non-Latin": "платёж-支払い-🏦-ä",
    "line ends": "two\nlines\tand a tab",
    "1,000 characters": "x" * 999 + "!",
    "1,000 characters with breaks": "part-" * 200,
    "1,000 non-Latin characters": "支払い€" * 250,
    "JSON": '{"query": {"match_all": {}}}',
    "HTML": "<script>alert('1')</script>",
    "a path": "../../_all/_search?q=*",
}


def at(seconds: float) -> str:
    """Give an instant after START as it is logged, to the microsecond."""
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%fZ}"


def line(seconds: float, message: str = "a line", **fields: Any) -> dict[str, Any]:
    """Give a line of the service payments; `fields` by their last words: queue=… is the subscription's name."""
    document: dict[str, Any] = {
        "@timestamp": at(seconds),
        "message": message,
        "log.level": "info",
        "service.name": "payments",
        "kubernetes": {"pod_name": "payments-1", "host": "node-a", "namespace_name": "bank"},
    }
    for name, value in fields.items():
        document[PATHS.get(name, name)] = value
    return {path: value for path, value in document.items() if value is not None}


PATHS = {
    "time": "@timestamp",
    "level": "log.level",
    "service": "service.name",
    "instance": "service.instance.id",
    "sequence": "event.sequence",
    "action": "event.action",
    "correlation": "messaging.message.conversation_id",
    "message_id": "messaging.message.id",
    "event_type": "messaging.message.type",
    "operation": "messaging.operation.type",
    "outcome": "messaging.operation.outcome",
    "vhost": "messaging.rabbitmq.vhost",
    "exchange": "messaging.destination.name",
    "routing_key": "messaging.rabbitmq.destination.routing_key",
    "queue": "messaging.destination.subscription.name",
    "death_queue": "messaging.rabbitmq.message.death.queue",
    "death_reason": "messaging.rabbitmq.message.death.reason",
    "tag": "messaging.rabbitmq.message.delivery_tag",
    "channel": "messaging.rabbitmq.channel.id",
}


def pod(name: str, node: str = "node-a") -> dict[str, str]:
    """Give the value of `kubernetes=` for another pod."""
    return {"pod_name": name, "host": node, "namespace_name": "bank"}
