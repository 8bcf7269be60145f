"""How the delivery index is laid out: what its documents are, and which of their fields can be asked for."""

from typing import Any, Final

# Raised when documents of an older version cannot be merged with those of this one.
FORMAT: Final = 1
PROGRESS: Final = "progress"  # the kind of the documents that say how far the workers are; others: FactKind

# Lucene takes no longer term, whatever the letters; AMQP's own names and IDs have at most 255 bytes.
_KEYWORD: Final = {"type": "keyword", "ignore_above": 8191}
_INSTANT: Final = {"type": "date"}

MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": False,
    "properties": {
        **dict.fromkeys(
            (
                *("kind", "vhost", "queue", "message_id", "correlation_id", "event_type"),
                *("service", "pod", "node", "channel_id", "outcome"),
            ),
            _KEYWORD,
        ),
        **dict.fromkeys(("first_at", "received_at", "handling_at", "settled_at", "last_at"), _INSTANT),
        "lines": {"type": "object", "enabled": False},
        "progress": {"type": "object", "enabled": False},
    },
}
SETTINGS: Final[dict[str, Any]] = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    # Workers refresh when they say how far they are; more often nobody looks.
    "refresh_interval": "30s",
}
