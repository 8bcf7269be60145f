"""The tables that a log source's summaries come in; see eventrail.sources.ports.LogSource."""

from typing import Final

from eventrail.model.table import TIME_TYPE, Schema

FRESHNESS_COLUMNS: Final[Schema] = {
    "service": ("str", "service"),
    "pod": ("str", "pod"),
    "node": ("str", "node of the newest line"),
    "newest": (TIME_TYPE, "time of the newest line"),
    "documents": ("int64", "lines"),
    "heartbeats": ("int64", "lines that are Operation.HEARTBEAT"),
}
ACTIVITY_COLUMNS: Final[Schema] = {
    "service": ("str", "service"),
    "level": ("str", "log level"),
    "documents": ("int64", "lines"),
}
ROUTE_KEYS: Final = ("vhost", "exchange", "routing_key", "queue", "service")
ROUTES_COLUMNS: Final[Schema] = {
    **{name: ("str", name) for name in ROUTE_KEYS},
    "deliveries": ("int64", "deliveries; one that is received, handled and settled counts once"),
}
# In order of precedence: an event found in several ways is said to be found by the first of them.
MATCHED: Final = ("correlation ID", "message ID", "event type", "service", "text")
FOUND_COLUMNS: Final[Schema] = {
    "correlation_id": ("str", "event"),
    "newest": (TIME_TYPE, "time of the newest line that matches"),
    "lines": ("int64", "lines that match"),
    "matched": ("str", "one of MATCHED"),
}
