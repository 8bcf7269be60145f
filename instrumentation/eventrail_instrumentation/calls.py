"""Synchronous calls: one line on each side when the call ends, joined by the caller's span ID."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eventrail_instrumentation import fields
from eventrail_instrumentation.context import current_cause
from eventrail_instrumentation.eventlog import EventLog


@dataclass(frozen=True, slots=True)
class Call:
    """One call as one side sees it. `span_id` on the client's side, `parent_id` on the server's."""

    kind: str
    system: str
    service: str
    method: str
    peer: str | None = None
    span_id: str | None = None
    parent_id: str | None = None


def write_call(
    log: EventLog,
    call: Call,
    duration_ns: int,
    *,
    grpc_status: int | None = None,
    error_type: str | None = None,
) -> None:
    """The line of a call that has just ended."""
    line: dict[str, object] = {
        fields.SPAN_KIND: call.kind,
        fields.RPC_SYSTEM: call.system,
        fields.RPC_SERVICE: call.service,
        fields.RPC_METHOD: call.method,
        fields.DURATION: duration_ns,
    }
    cause = current_cause()
    optional = {
        fields.CAUSATION_ID: cause.message_id if cause else None,
        fields.PEER: call.peer,
        fields.SPAN_ID: call.span_id,
        fields.PARENT_ID: call.parent_id,
        fields.GRPC_STATUS: grpc_status,
        fields.ERROR_TYPE: error_type,
    }
    line |= {key: value for key, value in optional.items() if value is not None}
    verb = "called" if call.kind == "client" else "served"
    text = f"{verb} {call.service}/{call.method}" + (f": {error_type}" if error_type else "")
    log.call(text, line, failed=error_type is not None)


@contextmanager
def client_call(log: EventLog, call: Call) -> Iterator[None]:
    """Logs a call to a partner over whatever transport; an exception in the block is named on the line and
    goes on.
    """
    started = time.perf_counter_ns()
    try:
        yield
    except Exception as error:
        write_call(log, call, time.perf_counter_ns() - started, error_type=type(error).__name__)
        raise
    write_call(log, call, time.perf_counter_ns() - started)
