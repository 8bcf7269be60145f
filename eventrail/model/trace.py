"""A trace: all steps of one correlation ID, as a directed graph in time."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from eventrail.model.problem import Problem
from eventrail.model.table import TIME_TYPE, Schema


class StepKind(StrEnum):
    """What a step is."""

    PUBLISH = "publish"
    WAIT = "wait"
    HANDLE = "handle"
    CALL = "call"


class StepState(StrEnum):
    """How a step stands at the instant the trace speaks about."""

    COMPLETE = "complete"
    WAITING = "waiting"  # a wait: published, not delivered
    OUTSTANDING = "outstanding"  # a handle: delivered, not settled
    FAILED = "failed"  # discarded, unroutable, refused, or a call that ended in an error
    REQUEUED = "requeued"  # a handle: given back by the consumer
    RETURNED = "returned"  # a handle: channel or pod went away, the broker took the message back
    UNKNOWN = "unknown"


# span_kind of the side that answers a call; the other side, and one that no line states, is who calls
SERVER: Final = "server"


OPEN_STATES: Final = (StepState.OUTSTANDING, StepState.WAITING)


class TraceState(StrEnum):
    """How a whole trace stands: the worst that is true of its steps."""

    COMPLETE = "complete"
    OUTSTANDING = "outstanding"
    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"


# column → (pandas type, meaning). One row a step, ordered by start, then by cause.
STEP_COLUMNS: Final[Schema] = {
    "id": ("str", "stable for the same documents: kind and the row it stands on"),
    "parent_id": ("str", "the step that caused it; missing for a start"),
    "kind": ("str", "one of StepKind"),
    "service": ("str", "publish, handle, call: who did it; wait: the consuming service where known"),
    "service_version": ("str", "publish, handle, call: the version of the service that did it"),
    "pod": ("str", "pod name"),
    "node": ("str", "node name"),
    "vhost": ("str", "virtual host"),
    "queue": ("str", "wait, handle: the queue"),
    "exchange": ("str", "exchange"),
    "routing_key": ("str", "routing key"),
    "message_id": (
        "str",
        "the message published, waiting, handled, or during whose handling the call was made",
    ),
    "event_type": ("str", "event type"),
    "attempt": ("Int64", "wait, handle: 1 for the first delivery from this queue"),
    "start": (
        TIME_TYPE,
        "publish: the publish; wait: published or given back; handle: received; call: began",
    ),
    "handling_start": (
        TIME_TYPE,
        "handle: when the handler took it; missing while it lies in the client's buffer",
    ),
    "end": (TIME_TYPE, "missing while open"),
    "state": ("str", "one of StepState"),
    "outcome": ("str", "as logged"),
    "error_type": ("str", "as logged"),
    "span_kind": ("str", "call: client (who calls) or server (who answers)"),
    "peer_service": ("str", "call: the other side"),
    "call_method": ("str", "call: service and method"),
    "span_id": ("str", "span of the line that the step stands on, where it has one"),
    "channel_id": ("str", "handle: the channel"),
    "consumer_tag": ("str", "handle: consumer tag"),
    "delivery_tag": ("Int64", "handle: delivery tag"),
    "inferred": ("str", "names of the columns that no line states, comma between; empty when all is stated"),
}


@dataclass(frozen=True, slots=True)
class Trace:
    """One event. `steps` has STEP_COLUMNS; `log_lines` is the canonical event table of its other lines, in order."""

    correlation_id: str
    as_of: pd.Timestamp
    started: pd.Timestamp | None
    ended: pd.Timestamp | None
    state: TraceState
    steps: pd.DataFrame
    log_lines: pd.DataFrame
    warnings: tuple[Problem, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """Services that took part, in order of appearance."""
        return tuple(self.steps["service"].dropna().unique())

    @property
    def event_type(self) -> str:
        """The type of the event's first message; empty when no line says."""
        named = self.steps["event_type"].dropna()
        return str(named.iloc[0]) if len(named) else ""

    @property
    def outstanding(self) -> pd.DataFrame:
        """The steps delivered and not settled."""
        return self.steps[self.steps["state"] == StepState.OUTSTANDING]
