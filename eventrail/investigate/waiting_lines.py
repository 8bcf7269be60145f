"""Reads the lines that tell what waits in a queue: so many at most, however many wait."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS
from eventrail.investigate.ledgers import COLUMNS
from eventrail.investigate.side_by_side import side_by_side
from eventrail.investigate.waiting_gauges import QueueSeen
from eventrail.model.answers import LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, Operation, Outcome, concat_events
from eventrail.model.problem import Problem
from eventrail.model.waiting import DEATH_REASONS
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource

# So many lines of a kind are read for a queue; of those that wait the oldest, of deliveries the newest.
LINES_MAX: Final = 20_000
# The head of a queue is found by the publishes of so many messages.
HEAD_MESSAGES: Final = 200
# So many messages are looked up by their ID, for their histories and for deaths elsewhere.
LOOKED_UP_MAX: Final = 500
GONE_LINES_MAX: Final = 20_000
WAITING_COLUMNS: Final = (
    *COLUMNS,
    *("death_queue", "death_reason", "death_count", "death_time", "prefetch"),
)


@dataclass(frozen=True, slots=True)
class QueueLines:
    """sends: publishes that led to the queue; deliveries: its delivery lines and those of channels.

    whole: every line since `begin` was read; words: what was read.
    """

    sends: pd.DataFrame
    deliveries: pd.DataFrame
    whole: bool
    words: str
    problems: tuple[Problem, ...]


def queue_lines(
    logs: LogSource,
    seen: QueueSeen | None,
    queue: str,
    keys: tuple[str, ...],
    as_of: pd.Timestamp,
    window_seconds: float,
    lines_max: int = LINES_MAX,
) -> QueueLines:
    """Read what tells which messages wait, from when the queue was last empty on.

    keys: routing keys that lead to the queue. Where there are more lines than `lines_max`, the deliveries are read from
    the newest back, and the publishes from the oldest message that was delivered then on.
    """
    begin, words = _begin(seen, as_of, window_seconds)
    window = window_of(begin, as_of)
    delivered, channels = side_by_side(
        [
            partial(
                logs.read,
                LogQuery(
                    window,
                    queues=(queue,),
                    operations=DELIVERY_OPERATIONS,
                    columns=WAITING_COLUMNS,
                    newest_first=True,
                    limit=lines_max,
                ),
            ),
            partial(
                logs.read,
                LogQuery(
                    window,
                    operations=CHANNEL_OPERATIONS,
                    columns=WAITING_COLUMNS,
                    newest_first=True,
                    limit=lines_max,
                ),
            ),
        ]
    )
    problems = [*delivered.problems, *channels.problems]
    lines, _ = clean(concat_events([delivered.events, channels.events]))
    if not keys:
        return QueueLines(lines.head(0), lines, not delivered.truncated, words, tuple(problems))
    if delivered.truncated:
        window = window_of(_head(logs, lines, begin, as_of), as_of)
        words = f"{words}, deliveries from {window.start:%H:%M:%S} UTC on"
    sent = logs.read(
        LogQuery(window, routing_keys=keys, operations=(Operation.SEND,), columns=WAITING_COLUMNS, limit=lines_max)
    )
    if sent.truncated:
        words = f"{words}; the oldest {lines_max:,} publishes"
    sends, _ = clean(sent.events)
    whole = not (delivered.truncated or sent.truncated)
    return QueueLines(sends, lines, whole, words, (*problems, *sent.problems))


@dataclass(frozen=True, slots=True)
class GoneLines:
    """ended: publishes that failed, settlements that discarded; deaths: receipts of dead letters."""

    ended: pd.DataFrame
    deaths: pd.DataFrame
    truncated: bool
    problems: tuple[Problem, ...]


def gone_lines(logs: LogSource, window: Window) -> GoneLines:
    """Read what tells of messages that left their queue unhandled, or reached none; the newest of them."""
    newest = LogQuery(window, columns=WAITING_COLUMNS, newest_first=True, limit=GONE_LINES_MAX)
    unhandled = replace(newest, outcomes=(Outcome.UNROUTABLE, Outcome.REFUSED, Outcome.DISCARD))
    received_dead = replace(newest, death_reasons=tuple(DEATH_REASONS))
    ended, deaths = side_by_side([partial(logs.read, unhandled), partial(logs.read, received_dead)])
    received = deaths.events[deaths.events["operation"].isin(DELIVERY_OPERATIONS)]
    first = received.sort_values("time", kind="stable").drop_duplicates(
        ["queue", "message_id", "death_queue", "death_reason", "death_count", "delivery_tag"]
    )
    return GoneLines(
        clean(ended.events)[0],
        first.reset_index(drop=True),
        ended.truncated or deaths.truncated,
        (*ended.problems, *deaths.problems),
    )


def lines_of_messages(
    logs: LogSource, message_ids: list[str], window: Window
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Read all that lines tell of some messages, wherever they went, and of the channels of that time."""
    if not message_ids:
        return concat_events([]), ()
    operations = (Operation.SEND, *DELIVERY_OPERATIONS)
    own = LogQuery(window, message_ids=tuple(message_ids), operations=operations, columns=WAITING_COLUMNS)
    # What ended with its channel has no line of its own.
    channels = LogQuery(
        window, operations=CHANNEL_OPERATIONS, columns=WAITING_COLUMNS, newest_first=True, limit=LINES_MAX
    )
    answers = side_by_side([partial(logs.read, query) for query in (own, channels)])
    lines, _ = clean(concat_events([answer.events for answer in answers]))
    return lines, tuple(problem for answer in answers for problem in answer.problems)


def window_of(begin: pd.Timestamp, end: pd.Timestamp) -> Window:
    """Give the window up to the microsecond that holds `end`."""
    last = end.ceil("us").to_pydatetime() + timedelta(microseconds=1)
    return Window(min(begin.floor("us").to_pydatetime(), last), last)


def _begin(seen: QueueSeen | None, as_of: pd.Timestamp, window_seconds: float) -> tuple[pd.Timestamp, str]:
    """Say from when on lines can speak of messages that wait now."""
    if seen is None:
        begin = as_of - pd.Timedelta(seconds=window_seconds)
        return begin, f"no gauge bounds the search; lines from {begin:%H:%M:%S} UTC on"
    if seen.empty_at is None:
        begin = seen.looked_back_to
        return begin, f"the queue was never empty since {begin:%Y-%m-%d %H:%M:%S} UTC; lines from then on"
    margin = pd.Timedelta(seconds=seen.ready.uncertainty_seconds + BOOKKEEPING_SECONDS)
    return seen.empty_at - margin, f"the queue was last empty at {seen.empty_at:%H:%M:%S} UTC; lines from then on"


def _head(logs: LogSource, lines: pd.DataFrame, begin: pd.Timestamp, as_of: pd.Timestamp) -> pd.Timestamp:
    """Give when the oldest messages that these lines deliver were published: none of them waits any longer."""
    first = lines[lines["operation"].isin(DELIVERY_OPERATIONS) & ~lines["redelivered"].fillna(value=False)]
    ids = first["message_id"].dropna().drop_duplicates().head(HEAD_MESSAGES)
    sent = logs.read(
        LogQuery(
            window_of(begin, as_of),
            message_ids=tuple(ids),
            operations=(Operation.SEND,),
            columns=("time", "message_id"),
        )
    )
    return pd.Timestamp(sent.events["time"].max() if len(sent.events) else lines["time"].min())
