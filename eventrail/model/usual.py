"""The usual route of an event type, what an event lacks of it, and the event that another is compared with."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from eventrail.model.table import TIME_TYPE, Schema
from eventrail.model.trace import STEP_COLUMNS

SECONDS: Final = "Float64"


class PlaceKind(StrEnum):
    """What a place on an event's way is."""

    PUBLISH = "publish"
    HANDLE = "handle"  # a message in a queue: its waits and deliveries, all attempts together
    CALL = "call"


class PlaceState(StrEnum):
    """How a place stands: the last that is told of it."""

    WAITING = "waiting"
    RECEIVED = "received"  # in the consumer's process, no handler has taken it
    HANDLING = "handling"
    COMPLETE = "complete"
    FAILED = "failed"


# column → (pandas type, meaning). One row a step; the steps of many events.
MANY_STEP_COLUMNS: Final[Schema] = {
    "correlation_id": ("str", "the event"),
    **STEP_COLUMNS,
    "id": ("str", "unique over all events; not the ID that the step has in a trace of its event alone"),
}
MANY_EVENT_COLUMNS: Final[Schema] = {
    "correlation_id": ("str", "the event"),
    "event_type": ("str", "type of its first message that states one"),
    "started": (TIME_TYPE, "its first instant, UTC"),
    "ended": (TIME_TYPE, "its last instant, UTC; missing while a step is open"),
    "state": ("str", "one of TraceState"),
}
# One row a place that an event passed; ordered by event, then start.
PLACE_COLUMNS: Final[Schema] = {
    "correlation_id": ("str", "the event"),
    "step_id": ("str", "the place's last step"),
    "path": ("str", "the way to it from the start, and itself: event type → queue → event type …"),
    "parent": ("Int64", "row of the place that caused it; missing for a start"),
    "parent_path": ("str", "path of that place; empty for a start"),
    "kind": ("str", "one of PlaceKind"),
    "event_type": ("str", "event type of the message"),
    "queue": ("str", "handle: the queue"),
    "service": ("str", "publish, call: who did it; handle: who handles"),
    "service_version": ("str", "version of the service, its last"),
    "pod": ("str", "its last pod"),
    "node": ("str", "its last node"),
    "attempts": ("Int64", "handle: deliveries"),
    "state": ("str", "one of PlaceState"),
    "error_type": ("str", "of its last failure"),
    "counted_from": (TIME_TYPE, "the publish of the message that led here, or the event's start; UTC"),
    "start": (TIME_TYPE, "publish: published; handle: first received; call: began; missing while it waits"),
    "end": (TIME_TYPE, "missing while open"),
    "since_parent_seconds": (SECONDS, "from counted_from to start; of a handle: its first wait"),
    "done_seconds": (SECONDS, "from counted_from to end"),
    "since_start_seconds": (SECONDS, "from the event's start to start"),
    "took_seconds": (SECONDS, "handle: held, all attempts together; call: its duration; open ones not counted"),
}
# What is usual is told by these, each as p50, p95 and p99.
MEASURES: Final = ("since_parent", "done", "since_start", "took")
QUANTILES: Final = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
# One row a step of the usual route, ordered by how long after the event's start it usually comes.
ROUTE_COLUMNS: Final[Schema] = {
    "path": ("str", "as in PLACE_COLUMNS; the key"),
    "parent_path": ("str", "path of the step before it; empty for a start"),
    "kind": ("str", "one of PlaceKind"),
    "event_type": ("str", "event type of the message"),
    "queue": ("str", "handle: the queue"),
    "service": ("str", "publish, call: who does it; handle: who handles; the most frequent where there are several"),
    "depth": ("int64", "steps before it"),
    "bit": ("Int64", "its bit in `came` of its parent's variants; missing where nothing is expected by it"),
    "events": ("int64", "completed events that have it"),
    "share": ("float64", "events / events learned from"),
    "times": ("int64", "how often it was measured; in one event it may come several times"),
    **{
        f"{measure}_{quantile}_seconds": (SECONDS, f"{measure}_seconds as in PLACE_COLUMNS, {quantile}")
        for measure in MEASURES
        for quantile in QUANTILES
    },
}
# One row a set of steps that came after one step, and how often just this set did.
VARIANT_COLUMNS: Final[Schema] = {
    "parent_path": ("str", "path of the step before; empty for the start"),
    "came": ("int64", "the steps that came after it: the sum of 2 ** bit"),
    "times": ("int64", "how often"),
}


@dataclass(frozen=True, slots=True)
class ManyEvents:
    """Many events put together. steps: MANY_STEP_COLUMNS by start; events: MANY_EVENT_COLUMNS by started."""

    steps: pd.DataFrame
    events: pd.DataFrame


@dataclass(frozen=True, slots=True)
class UsualRoute:
    """The way that completed events of a type take.

    steps: ROUTE_COLUMNS. variants: VARIANT_COLUMNS. events: completed events learned from; read: events that were
    looked at for it. took_*_seconds: from an event's first to its last instant; None when nothing was learned.
    """

    event_type: str
    events: int
    read: int
    steps: pd.DataFrame
    variants: pd.DataFrame
    took_p50_seconds: float | None
    took_p95_seconds: float | None
    took_p99_seconds: float | None


class Expected(StrEnum):
    """What is missing of a step."""

    STEP = "step"  # the step itself: a publish, or the arrival in a queue
    END = "end"  # the end of one that is there and open: nothing is usually published there


# One row a step that has not come, the longest overdue first.
MISSING_COLUMNS: Final[Schema] = {
    "expected": ("str", "one of Expected"),
    "path": ("str", "the step's path on the usual route"),
    "kind": ("str", "one of PlaceKind: publish or handle"),
    "event_type": ("str", "event type of the message that is to be published, received or settled"),
    "queue": ("str", "the queue it is to come from: its own for a handle, that of the causing message for a publish"),
    "service": ("str", "who publishes or handles it"),
    "after_step_id": ("str", "the last step seen on this branch; missing before any"),
    "after_path": ("str", "path of that step"),
    "last_state": ("str", "how that step stands, one of PlaceState; missing before any"),
    "last_kind": ("str", "what that step is, one of PlaceKind"),
    "last_event_type": ("str", "its event type"),
    "last_queue": ("str", "its queue"),
    "last_pod": ("str", "its pod"),
    "last_node": ("str", "its node"),
    "last_error_type": ("str", "its error"),
    "share": ("float64", "of the completed events, how many have the step"),
    "share_so_far": (
        "float64",
        "of those that came this far by the same steps; what is expected is told by it",
    ),
    "times": ("int64", "how many measured times the expectation rests on"),
    "expected_seconds": (SECONDS, "p99 of the time from `since` to the step"),
    "since": (TIME_TYPE, "what the time is counted from: the publish before it, or the event's start; UTC"),
    "due": (TIME_TYPE, "since + expected_seconds; UTC"),
    "nothing_seconds": ("float64", "from `since` to the instant of the trace"),
    "age_seconds": ("float64", "overdue for so long; negative while it is not late"),
    "descendants": ("int64", "steps of the usual route that hang on it"),
    "implied": ("bool", "later steps show that it came: only its lines are missing"),
}

# One row a place of either event, in the order of time since the event's start.
DIFFERENCE_COLUMNS: Final[Schema] = {
    "path": ("str", "as in PLACE_COLUMNS"),
    "occurrence": ("int64", "1 for the first place of this path"),
    "kind": ("str", "one of PlaceKind"),
    "event_type": ("str", "event type"),
    "queue": ("str", "handle: the queue"),
    "service": ("str", "service"),
    "found_in": ("str", "both, trace or twin"),
    **{
        f"{side}_{name}": (kind, f"{meaning}, in the {side}")
        for side in ("trace", "twin")
        for name, (kind, meaning) in {
            "step_id": ("str", "the place's last step"),
            "since_start_seconds": (SECONDS, "when it began, from the event's start"),
            "waited_seconds": (SECONDS, "handle: its first wait; so far, while it goes on"),
            "took_seconds": (SECONDS, "handle: held; call: its duration; so far, while it goes on"),
            "attempts": ("Int64", "handle: deliveries"),
            "service_version": ("str", "version of the service"),
            "pod": ("str", "pod"),
            "node": ("str", "node"),
            "state": ("str", "one of PlaceState"),
        }.items()
    },
    "waited_more_seconds": (SECONDS, "trace - twin"),
    "waited_ratio": (SECONDS, "trace / twin"),
    "took_more_seconds": (SECONDS, "trace - twin"),
    "took_ratio": (SECONDS, "trace / twin"),
    "usual_waited_p50_seconds": (SECONDS, "what is usual"),
    "usual_waited_p99_seconds": (SECONDS, "what is usual"),
    "usual_took_p50_seconds": (SECONDS, "what is usual"),
    "usual_took_p99_seconds": (SECONDS, "what is usual"),
    "extra_attempts": ("int64", "deliveries more than in the twin"),
    "slower": ("bool", "waited or took clearly longer than in the twin, and longer than is usual"),
    "other_state": ("bool", "one is open or failed, the other is not"),
    "other_pod": ("bool", "another pod"),
    "other_node": ("bool", "another node"),
    "other_service_version": ("bool", "another version of the service"),
    "differs": ("bool", "only in one, another state, extra attempts, or slower"),
}


@dataclass(frozen=True, slots=True)
class Twin:
    """The completed event that is nearest to a trace, and how the trace differs.

    chosen: why this one, in words. considered: among how many completed events. difference: DIFFERENCE_COLUMNS.
    first_difference: row of `difference` where the two first differ; None when they do not.
    """

    correlation_id: str
    started: pd.Timestamp
    ended: pd.Timestamp
    considered: int
    chosen: str
    difference: pd.DataFrame
    first_difference: int | None
