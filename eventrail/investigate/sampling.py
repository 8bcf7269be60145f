"""Lines of events of one type, of a bounded number of them, spread over a window."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import LogAnswer, LogQuery
from eventrail.model.events import MESSAGING_OPERATIONS, Operation, concat_events
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource

# The window is asked in parts, so that what a limit leaves is spread over it.
SLICES: Final = 8
BEGINNINGS_PER_SLICE: Final = 1_000
# One question for so many events: short enough for every index, and several are asked side by side.
EVENTS_PER_QUESTION: Final = 250
# So many of the events that are read are those nearest in time to the one that is asked about.
NEAREST: Final = 100
NEAR_SECONDS: Final = 30.0
OPERATIONS: Final = (*MESSAGING_OPERATIONS, Operation.CALL)
# What assembling needs; the texts of lines, most of a document, are not read.
COLUMNS: Final = (
    *("time", "sequence", "document_id", "operation", "outcome", "service", "service_version"),
    *("pod", "node", "instance_id"),
    *("correlation_id", "message_id", "causation_id", "event_type", "vhost", "exchange", "routing_key", "queue"),
    *("channel_id", "consumer_tag", "delivery_tag", "redelivered", "attempt", "duration_seconds", "error_type"),
    *("span_kind", "span_id", "parent_span_id", "peer_service", "call_method"),
)


@dataclass(frozen=True, slots=True)
class EventSample:
    """lines: the canonical event table, of messages and calls only. found: events of the type, at least so many where
    found_more; read: those of them whose lines are there.
    """

    lines: pd.DataFrame
    found: int
    found_more: bool
    read: int
    problems: tuple[Problem, ...]


def sample_events(
    logs: LogSource, event_type: str, window: Window, *, around: pd.Timestamp, until: pd.Timestamp, events_max: int
) -> EventSample:
    """Read the lines, up to `until`, of at most `events_max` events that begin with the type in the window.

    Where there are more, those nearest to `around` are read, and of the others some spread evenly over the window.
    """
    asked = [*_parts(window), _near(window, around)]
    parts = side_by_side([partial(logs.read, _beginnings(event_type, part)) for part in asked])
    problems = [problem for part in parts for problem in part.problems]
    begun = _begun(parts)
    chosen = _chosen(begun, around, events_max)
    end = max(window.end, until.ceil("us").to_pydatetime(warn=False))
    batches = [chosen[at : at + EVENTS_PER_QUESTION] for at in range(0, len(chosen), EVENTS_PER_QUESTION)]
    questions = [
        LogQuery(Window(window.start, end), correlation_ids=batch, operations=OPERATIONS, columns=COLUMNS)
        for batch in batches
    ]
    answers = side_by_side([partial(logs.read, question) for question in questions])
    problems += [problem for answer in answers for problem in answer.problems]
    return EventSample(
        lines=concat_events(answer.events for answer in answers),
        found=len(begun),
        found_more=any(part.truncated for part in parts[:SLICES]),
        read=len(chosen),
        problems=tuple(dict.fromkeys(problems)),
    )


def _parts(window: Window) -> list[Window]:
    """Cut the window in equal parts."""
    bounds = [window.start + (window.end - window.start) * part / SLICES for part in range(SLICES + 1)]
    return [Window(begin, end) for begin, end in pairwise(bounds)]


def _near(window: Window, around: pd.Timestamp) -> Window:
    """Give the part of the window near an instant: there a limit on the slices must not leave events out."""
    at = min(max(around.to_pydatetime(warn=False), window.start), window.end)
    near = Window.before(at, NEAR_SECONDS).widened(after_seconds=NEAR_SECONDS)
    return Window(max(near.start, window.start), min(near.end, window.end))


def _beginnings(event_type: str, window: Window) -> LogQuery:
    """Ask which messages of the type were published."""
    return LogQuery(
        window,
        event_types=(event_type,),
        operations=(Operation.SEND,),
        columns=("time", "correlation_id", "causation_id"),
        newest_first=True,
        limit=BEGINNINGS_PER_SLICE,
    )


def _begun(parts: list[LogAnswer]) -> pd.DataFrame:
    """Give correlation_id and time of the events that begin so: with a publish that nothing caused."""
    publishes = concat_events(part.events for part in parts)
    first = publishes[publishes["causation_id"].isna() & publishes["correlation_id"].notna()]
    by_time = first[["correlation_id", "time"]].sort_values("time", kind="stable")
    return by_time.drop_duplicates("correlation_id", ignore_index=True)


def _chosen(begun: pd.DataFrame, around: pd.Timestamp, events_max: int) -> tuple[str, ...]:
    """Give the events to read, in the order of time."""
    if len(begun) <= events_max:
        return tuple(begun["correlation_id"])
    nearest = (begun["time"] - around).abs().sort_values(kind="stable").index[: min(NEAREST, events_max)]
    others = begun.index.difference(nearest)
    spread = np.linspace(0, len(others) - 1, events_max - len(nearest)).round().astype(int)
    return tuple(begun["correlation_id"].loc[sorted({*nearest, *others[spread]})])
