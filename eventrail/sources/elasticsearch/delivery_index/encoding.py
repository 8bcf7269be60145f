"""Documents of the delivery index: made from facts, and their lines read back. Times of lines are whole nanoseconds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.model.delivery_index import LINE_COLUMNS, STATED_COLUMNS, Facts
from eventrail.model.events import as_events, empty_events

Source = dict[str, Any]

_INSTANTS: Final = ("first_at", "received_at", "handling_at", "settled_at", "last_at")
_OWN: Final = ("kind", *STATED_COLUMNS, "outcome")
_ALWAYS: Final = ("operation", "outcome", "error_type", "sequence", "document_id", "span_id", "message")


def encode(facts: Facts) -> dict[str, Source]:
    """Give key → document. A line holds only what differs from its document's own columns; null: it does not say."""
    documents = facts.documents
    columns = {name: _plain(documents[name]) for name in _OWN}
    columns |= {name: _instants(documents[name]) for name in _INSTANTS}
    sources = [
        {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]
    stated = list(zip(*(columns[name] for name in STATED_COLUMNS), strict=True))
    for number, line in zip(facts.line_of.tolist(), _lines(facts.lines, facts.line_of.tolist(), stated), strict=True):
        sources[number].setdefault("lines", []).append(line)
    return dict(zip(documents["key"].tolist(), sources, strict=True))


def decode(sources: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Give the lines of documents as an event table, in the order of the documents."""
    stated = [{name: source.get(name) for name in STATED_COLUMNS} for source in sources]
    rows = [own | line for own, source in zip(stated, sources, strict=True) for line in source["lines"]]
    if not rows:
        return empty_events()
    columns: dict[str, Any] = {name: [row.get(name) for row in rows] for name in LINE_COLUMNS}
    columns["time"] = pd.Series(np.array(columns["time"], dtype="datetime64[ns]")).dt.tz_localize("UTC")
    return as_events(columns)


def instant(time: pd.Timestamp | np.datetime64) -> str:
    """Give an instant as the index keeps it: whole milliseconds, rounded down."""
    return str(np.datetime_as_string(pd.Timestamp(time).to_datetime64(), unit="ms")) + "Z"


def _lines(events: pd.DataFrame, line_of: Sequence[int], stated: Sequence[tuple[Any, ...]]) -> Iterable[Source]:
    times = events["time"].to_numpy(dtype="datetime64[ns]").astype(np.int64).tolist()
    always = zip(*(_plain(events[name]) for name in _ALWAYS), strict=True)
    own = zip(*(_plain(events[name]) for name in STATED_COLUMNS), strict=True)
    for time, fixed, values, number in zip(times, always, own, line_of, strict=True):
        line: Source = {"time": time}
        line.update((name, value) for name, value in zip(_ALWAYS, fixed, strict=True) if value is not None)
        document = stated[number]
        if values != document:
            compared = zip(STATED_COLUMNS, values, document, strict=True)
            line.update((name, value) for name, value, whole in compared if value != whole)
        yield line


def _plain(column: "pd.Series[Any]") -> list[Any]:
    return list(column.array.to_numpy(dtype=object, na_value=None))


def _instants(column: "pd.Series[pd.Timestamp]") -> list[str | None]:
    times = column.to_numpy(dtype="datetime64[ns]")
    written = np.datetime_as_string(times, unit="ms")
    return [None if missing else f"{text}Z" for text, missing in zip(written.tolist(), np.isnat(times), strict=True)]
