"""A queue's delivery lines as far as its ledger needs them: counted first, and read where the counts do not agree."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import pandas as pd

from eventrail.analysis.tag_books import blocks_of, of_vhost, spans_of_blocks, spans_of_lines
from eventrail.investigate.carried import with_older
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import LogAnswer, LogQuery, TableAnswer, TagSpan
from eventrail.model.event_order import in_order, repeated_rows
from eventrail.model.events import Operation, concat_events, empty_events
from eventrail.model.problem import Problem
from eventrail.model.tallies import TagTally
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource

# Conditions that one question may have: far below what Elasticsearch allows.
_SPANS_AT_ONCE: Final = 500
_VALUES_AT_ONCE: Final = 10_000
# Where more than this part of the lines would be read in pieces, reading them all at once is quicker.
_WORTH: Final = 0.5
_DELIVERY: Final = ("channel_id", "delivery_tag")
_MILLISECOND: Final = timedelta(milliseconds=1)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class QueueLines:
    """Delivery lines of a queue, and the problems met.

    narrowed: lines were left out; they concern deliveries that were settled before the ledger counts, and the queue's
    consumers log receive lines. why_all: why all were read although counting was tried.
    """

    events: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    narrowed: bool = False
    why_all: str = ""


def read_narrowed(
    logs: LogSource,
    query: LogQuery,
    vhost: str,
    counted_since: pd.Timestamp,
    as_of: pd.Timestamp,
    older: pd.DataFrame | None = None,
) -> QueueLines:
    """Read what a ledger needs of the lines of `query`, which asks for one queue's delivery lines.

    counted_since: the ledger counts what was outstanding at some instant from then to `as_of`, which is in the last
    millisecond of the window. From the lines given it concludes what it would from all. older: lines of deliveries
    that may have begun before the window; the counts do not tell that they were settled in it.
    """
    begin = max(query.window.start, counted_since.floor("ms").to_pydatetime() - _MILLISECOND)
    recent_lines = replace(query, window=Window(begin, query.window.end))
    known = empty_events() if older is None else older
    tally, recent, spoken = _first_asked(logs, query, recent_lines)
    blocks = blocks_of(tally, vhost)
    if why := _why_all(tally, blocks, vhost) or "; ".join(problem.what for problem in spoken.problems):
        answer = logs.read(query)
        return QueueLines(with_older(answer.events, known), answer.problems, why_all=why)
    read = _Read(logs, query)
    read.take(recent, LogAnswer(known))
    read.spans(spans_of_blocks(blocks[blocks["is_open"]], tally.tag_width))
    read.spans(spans_of_lines(concat_events([_not_whole(recent.events), known])))
    read.copies(as_of)
    read.restarts(spoken.frame)
    read.channels(blocks, tally.tag_width)
    return QueueLines(read.events, tuple(read.problems), narrowed=True)


def _first_asked(logs: LogSource, query: LogQuery, recent: LogQuery) -> tuple[TagTally, LogAnswer, TableAnswer]:
    """Count, ask for the processes, and read the newest lines, side by side."""
    with ThreadPoolExecutor(2) as pool:
        tally, spoken = pool.submit(logs.tally, query), pool.submit(logs.processes, query)
        read = logs.read(recent)
        return tally.result(), read, spoken.result()


def _why_all(tally: TagTally, blocks: pd.DataFrame, vhost: str) -> str:
    """Say why counts cannot tell which lines are needed; empty when they can."""
    if tally.unusable:
        return tally.unusable
    frame = tally.frame[of_vhost(tally.frame, vhost)]
    untold = int(frame["lines"][frame["channel_id"].isna() | frame["block"].isna()].sum())
    if untold:
        return f"{untold:,} lines state no channel or no delivery tag"
    if not blocks["receives"].any():
        return "no receive line is among them"
    lines = int(blocks["lines"].sum())
    opened = int(blocks["lines"][blocks["is_open"]].sum())
    if opened > _WORTH * lines:
        return f"{opened:,} of {lines:,} lines are about deliveries that may be outstanding"
    return ""


def _not_whole(recent: pd.DataFrame) -> pd.DataFrame:
    """Give the lines of deliveries that may have older ones too: they were not both received and settled in these."""
    both = pd.Series(data=True, index=recent.index)
    for operation in (Operation.RECEIVE, Operation.SETTLE):
        tells = recent["operation"] == operation
        both &= tells.groupby([recent[key] for key in _DELIVERY]).transform("any").astype("bool")
    return recent[~both]


class _Read:
    """Reads lines of a queue in pieces; a line that several pieces give is there once."""

    def __init__(self, logs: LogSource, query: LogQuery) -> None:
        self._logs = logs
        self._query = query
        self.events = concat_events([])
        self.problems: dict[Problem, None] = {}

    def take(self, *answers: LogAnswer) -> None:
        """Add what was read."""
        self.problems.update(dict.fromkeys(problem for answer in answers for problem in answer.problems))
        events = in_order(concat_events([self.events, *(answer.events for answer in answers)]))
        self.events = events[~repeated_rows(events)].reset_index(drop=True)

    def spans(self, spans: Sequence[TagSpan]) -> None:
        """Read deliveries whole."""
        self._ask([replace(self._query, deliveries=part) for part in _parts(spans, _SPANS_AT_ONCE)])

    def copies(self, as_of: pd.Timestamp) -> None:
        """Read the other deliveries of the messages that no settle line ended: one may be the redelivery of another."""
        told = self.events
        keys = [told[key] for key in _DELIVERY]
        ending = (told["operation"] == Operation.SETTLE) & (told["time"] <= as_of)
        settled = ending.groupby(keys).transform("any").astype("bool")
        unsettled = told[~settled]
        named = unsettled["message_id"].notna().groupby([unsettled[key] for key in _DELIVERY]).transform("any")
        nameless = unsettled[~named.astype("bool")]
        messages = sorted(unsettled["message_id"].dropna().unique())
        events = sorted(nameless["correlation_id"].dropna().unique())
        before = spans_of_lines(told)
        ask = partial(replace, self._query)
        self._ask([ask(message_ids=part) for part in _parts(messages, _VALUES_AT_ONCE)])
        self._ask([ask(correlation_ids=part) for part in _parts(events, _VALUES_AT_ONCE)])
        # A line may leave out the message that another line about the same delivery states.
        self._whole(before)

    def restarts(self, spoken: pd.DataFrame) -> None:
        """Read the first line of each process of a pod that had several: the next one ends what the one before held.

        spoken: PROCESS_COLUMNS.
        """
        own = spoken[spoken["pod"].isin(self.events["pod"].dropna())]
        several = own.groupby("pod")["instance_id"].transform("nunique") > 1
        first = own[several].drop_duplicates(["pod", "first"])
        window = self._query.window
        before = spans_of_lines(self.events)
        begins = [max(window.start, at) for at in first["first"].dt.to_pydatetime()]
        self._ask(
            [
                replace(self._query, pods=(pod,), window=Window(begin, min(window.end, begin + _MILLISECOND)))
                for pod, begin in zip(first["pod"], begins, strict=True)
            ]
        )
        self._whole(before)

    def channels(self, blocks: pd.DataFrame, width: int) -> None:
        """Read a delivery, at least, of each channel: the ledger names all who take from the queue.

        blocks: as `blocks_of` gives them.
        """
        silent = blocks[~blocks["channel_id"].isin(self.events["channel_id"].dropna())]
        newest = spans_of_blocks(silent.drop_duplicates("channel_id", keep="last"), width)
        before = spans_of_lines(self.events)
        self._ask([replace(self._query, deliveries=(span,), newest_first=True, limit=1) for span in newest])
        self._whole(before)

    def _whole(self, before: Sequence[TagSpan]) -> None:
        """Read the other lines of deliveries that one line was read of since."""
        self.spans(sorted(set(spans_of_lines(self.events)) - set(before), key=astuple))

    def _ask(self, questions: Sequence[LogQuery]) -> None:
        if questions:
            self.take(*side_by_side([partial(self._logs.read, question) for question in questions]))


def _parts(values: Sequence[_Value], size: int) -> list[tuple[_Value, ...]]:
    """Cut into parts of at most `size`."""
    return [tuple(values[begin : begin + size]) for begin in range(0, len(values), size)]
