"""Log questions answered from an event table in memory: what recordings and plain log files share.

The Elasticsearch adapter uses the same conditions to verify what an index gave (`matches`), so that all sources mean
the same by a question.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.answers import LogAnswer, LogQuery, TableAnswer, TagSpan
from eventrail.model.event_order import in_order, repeated_rows
from eventrail.model.events import DELIVERY_OPERATIONS
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources import table_summaries

Mask = npt.NDArray[np.bool_]

# field of LogQuery → column that must hold one of its values
CONDITIONS: Final = {
    "correlation_ids": "correlation_id",
    "message_ids": "message_id",
    "queues": "queue",
    "routing_keys": "routing_key",
    "event_types": "event_type",
    "services": "service",
    "pods": "pod",
    "operations": "operation",
    "outcomes": "outcome",
    "death_reasons": "death_reason",
}

# A word as Elasticsearch's standard analyser sees it (Unicode text segmentation): letters, digits and underscores;
# a dot, colon or apostrophe stays inside a word between letters, a dot, comma or semicolon between digits; each Chinese
# character and Hiragana sign is a word.
_SIGN: Final = "\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PART: Final = rf"[^\W{_SIGN}]+"
_WORD: Final = re.compile(rf"[{_SIGN}]|{_PART}(?:(?<=[^\W\d])[.:·'’](?=[^\W\d]){_PART}|(?<=\d)[.,;'’](?=\d){_PART})*")


def words(text: str) -> frozenset[str]:
    """Give the words of a text, lower case."""
    return frozenset(_WORD.findall(text.lower()))


def holds_words(messages: pd.Series, text: str) -> Mask:
    """Mark the messages that hold every word of `text`, in any order and case; a text without words marks none."""
    wanted = words(text)
    marked = np.full(len(messages), bool(wanted))
    for word in wanted:
        marked &= messages.str.contains(word, case=False, regex=False).fillna(value=False).to_numpy(dtype=bool)
    # What is left holds the letters; only whole words count.
    for position in np.flatnonzero(marked):
        marked[position] = wanted <= words(messages.iloc[position])
    return marked


def matches(events: pd.DataFrame, query: LogQuery) -> Mask:
    """Mark the rows that meet all conditions of the query but its text."""
    times = events["time"].to_numpy(dtype="datetime64[ns]")
    start, end = (np.datetime64(at.replace(tzinfo=None), "ns") for at in (query.window.start, query.window.end))
    marked: Mask = (times >= start) & (times <= end)
    for attribute, column in CONDITIONS.items():
        if wanted := getattr(query, attribute):
            marked &= events[column].isin([str(value) for value in wanted]).to_numpy()
    if query.deliveries:
        marked &= _in_spans(events, query.deliveries)
    return marked


def _in_spans(events: pd.DataFrame, spans: Sequence[TagSpan]) -> Mask:
    """Mark the rows whose channel and delivery tag lie in one of the spans."""
    of_channel: dict[str, list[TagSpan]] = {}
    for span in sorted(spans, key=lambda each: each.first):
        of_channel.setdefault(span.channel_id, []).append(span)
    marked = np.zeros(len(events), dtype=np.bool_)
    tags = events["delivery_tag"].to_numpy(dtype="int64", na_value=-1)
    for channel_id, rows in events.groupby("channel_id").indices.items():
        own = of_channel.get(str(channel_id), [])
        firsts, lasts = ([getattr(span, end) for span in own] for end in ("first", "last"))
        place = np.searchsorted(np.array(firsts, dtype=np.int64), tags[rows], side="right") - 1
        ends = np.array([*lasts, -2], dtype=np.int64)  # at -1: before the first span, which no tag lies in
        marked[rows] = tags[rows] <= ends[place]
    return marked


def answer(
    events: pd.DataFrame, query: LogQuery, repeated: Mask, *, set_aside: int, problems: tuple[Problem, ...]
) -> LogAnswer:
    """Make the answer from the rows that match, in order; `repeated` marks those said before, `set_aside` counts
    rows of the source that could not be placed at all.
    """
    kept = events[~repeated].reset_index(drop=True) if repeated.any() else events
    truncated = query.limit is not None and len(kept) > query.limit
    cut_off = 0
    if query.limit is not None and truncated:
        cut_off = len(kept) - query.limit
        kept = kept.iloc[cut_off:] if query.newest_first else kept.iloc[: query.limit]
    if query.newest_first:
        kept = kept.iloc[::-1]
    if truncated or query.newest_first:
        kept = kept.reset_index(drop=True)
    return LogAnswer(
        events=kept,
        problems=problems,
        documents_read=len(events) - cut_off + set_aside,
        duplicates=int(repeated.sum()),
        set_aside=set_aside,
        truncated=truncated,
    )


@dataclass(frozen=True, slots=True)
class LogTable:
    """A source's whole event table, ready to be asked; it answers as LogSource does (eventrail.sources.ports).

    events: ordered. repeated: marks rows said before. set_aside: rows of the source without a usable time, which
    may belong to any window, so every answer counts them. problems: travel with every answer.
    """

    events: pd.DataFrame
    repeated: Mask
    set_aside: int = 0
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, events: pd.DataFrame, *, set_aside: int = 0, problems: tuple[Problem, ...] = ()) -> "LogTable":
        """Make it from events in any order, repeated ones among them; every row must have a time."""
        ordered = in_order(events)
        return cls(ordered, repeated_rows(ordered), set_aside, problems)

    def read(self, query: LogQuery) -> LogAnswer:
        """Answer as LogSource.read."""
        rows = self._positions(query.window)
        events = self.events.iloc[rows]
        marked = matches(events, query)
        if query.text:
            positions = np.flatnonzero(marked)
            marked[positions] = holds_words(events["message"].iloc[positions], query.text)
        return answer(
            events[marked].reset_index(drop=True),
            query,
            self.repeated[rows][marked],
            set_aside=self.set_aside,
            problems=self.problems,
        )

    def freshness(self, window: Window) -> TableAnswer:
        """Answer as LogSource.freshness."""
        return TableAnswer(
            table_summaries.freshness(self._within(window, table_summaries.FRESHNESS_NEEDS)), self.problems
        )

    def activity(self, window: Window) -> TableAnswer:
        """Answer as LogSource.activity."""
        return TableAnswer(
            table_summaries.activity(self._within(window, table_summaries.ACTIVITY_NEEDS)), self.problems
        )

    def routes(self, window: Window) -> TableAnswer:
        """Answer as LogSource.routes."""
        events = self._within(window, table_summaries.ROUTES_NEED)
        deliveries = events[events["operation"].isin([str(operation) for operation in DELIVERY_OPERATIONS])]
        return TableAnswer(table_summaries.routes(deliveries), self.problems)

    def find(self, text: str, window: Window, limit: int) -> TableAnswer:
        """Answer as LogSource.find."""
        events = self._within(window, table_summaries.FIND_NEEDS)
        asked = text.strip()
        found = table_summaries.find(events, asked, holds_words(events["message"], asked), limit)
        return TableAnswer(found, self.problems)

    def columns_of(self, document_id: str) -> str | None:
        """Give what the table holds of a document as JSON, what is missing left out; None when it is not there."""
        rows = np.flatnonzero((self.events["document_id"] == document_id).to_numpy())
        if not len(rows):
            return None
        row = self.events.iloc[rows[:1]]
        told: str = (
            row.dropna(axis="columns")
            .drop(columns="document_id")
            .to_json(orient="records", lines=True, date_format="iso", date_unit="ns", force_ascii=False)
        )
        return told.strip()

    def _within(self, window: Window, columns: tuple[str, ...]) -> pd.DataFrame:
        rows = self._positions(window)
        return self.events[list(columns)].iloc[rows][~self.repeated[rows]]

    def _positions(self, window: Window) -> slice:
        times = self.events["time"]
        first = times.searchsorted(pd.Timestamp(window.start), side="left")
        after_last = times.searchsorted(pd.Timestamp(window.end), side="right")
        return slice(int(first), int(after_last))
