"""Makes a RabbitMQ service's log a complete trace: stamps IDs, logs publish, receive, process and settle,
exports metrics.

See docs/instrumentation.md for the page a service owner reads.
"""

from eventrail_instrumentation.calls import Call, client_call
from eventrail_instrumentation.context import Cause, current_cause, new_event, on_behalf_of
from eventrail_instrumentation.errors import Discard, InstrumentationError, LinkError, PublishError, Requeue
from eventrail_instrumentation.formatter import JsonLineFormatter, configure_logging
from eventrail_instrumentation.identity import Identity
from eventrail_instrumentation.ids import new_id
from eventrail_instrumentation.message import Message
from eventrail_instrumentation.service import Service

__all__ = [
    "Call",
    "Cause",
    "Discard",
    "Identity",
    "InstrumentationError",
    "JsonLineFormatter",
    "LinkError",
    "Message",
    "PublishError",
    "Requeue",
    "Service",
    "client_call",
    "configure_logging",
    "current_cause",
    "new_event",
    "new_id",
    "on_behalf_of",
]
