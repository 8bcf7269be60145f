"""What the delivery index keeps of log lines: the same documents in whatever order, and however often, lines come.

A document is a set of lines reduced to those that count. The reduction of a union is the reduction of the union of
reductions, so that documents can be merged at any time: taking in lines in any order, in any portions and repeatedly
gives the same documents.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.columns import (
    NEVER,
    NOWHERE,
    Codes,
    Mask,
    Positions,
    first_positions,
    groups_in,
    instants,
    nth_of,
    numbered,
    pick,
)
from eventrail.analysis.lines import Lines
from eventrail.analysis.same_delivery import delivery_codes, message_or_event
from eventrail.model.delivery_index import FACT_COLUMNS, LINE_COLUMNS, STATED_COLUMNS, FactKind, Facts
from eventrail.model.events import DELIVERY_OPERATIONS, Operation, as_events, concat_events
from eventrail.model.table import conform

# Of lines without delivery tags about the same message and process, so many are kept, the newest.
TURNED_LINES_MAX: Final = 1_000
_PROCESS_COLUMNS: Final = ("time", "pod", "instance_id")
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class _Part:
    """Documents of one way of telling. rows: positions of lines; codes: the document of each; keys: of each document.

    settled: per document, NaT where it is not settled by its lines.
    """

    kind: FactKind
    rows: Positions
    codes: Codes
    keys: list[str]
    settled: Any


def facts_of(events: pd.DataFrame) -> Facts:
    """Give the documents that lines make. events: delivery and channel lines in any order, also repeated ones; lines
    of other operations say only since when their process speaks for its pod.
    """
    ordered, _ = clean(kept_of(events).sort_values("document_id", kind="stable", ignore_index=True))
    lines = Lines(ordered)
    rows = np.arange(len(lines))
    told = lines.telling(*DELIVERY_OPERATIONS)
    tagged = told & _have(lines, "channel_id") & _have(lines, "delivery_tag")
    turned = told & ~tagged & (_have(lines, "message_id") | _have(lines, "correlation_id"))
    closing = lines.telling(Operation.CHANNEL_CLOSED) & _have(lines, "channel_id")
    speaking = _have(lines, "pod") & _have(lines, "instance_id")
    parts = (
        _tagged(lines, rows[tagged]),
        _turned(lines, rows[turned]),
        _first_of(lines, rows[closing], FactKind.CHANNEL, ("channel_id",)),
        _first_of(lines, rows[speaking], FactKind.PROCESS, ("pod", "instance_id")),
    )
    return _joined([_facts(lines, part) for part in parts if len(part.rows)])


def kept_of(events: pd.DataFrame) -> pd.DataFrame:
    """Give the event table with nothing but what the index keeps of a line.

    Span and text only tell apart lines that nothing else does; of the text a digest is enough.
    """
    kept = events[list(LINE_COLUMNS)]
    counted = kept["sequence"].notna() & kept["instance_id"].notna()
    tagged = kept["channel_id"].notna() & kept["delivery_tag"].notna()
    needed = ~(counted | tagged)
    texts = kept["message"].where(needed)
    if needed.any():
        texts = texts.map(_digest_once, na_action="ignore").astype("str")
    return as_events(kept.assign(message=texts, span_id=kept["span_id"].where(needed)))


def _digest_once(text: str) -> str:
    """Give a text's digest; one that is a digest already stays."""
    mark = "digest:"
    is_digest = text.startswith(mark) and len(text) == len(mark) + 2 * _DIGEST_BYTES
    return text if is_digest else mark + digest(text)


def digest(*values: Any) -> str:
    """Give a short text that is the same for the same values only. values: texts, numbers, None for missing."""
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _values(array: Any) -> list[Any]:
    """Give a column's values as texts and numbers, None for missing ones."""
    return list(array.to_numpy(dtype=object, na_value=None))


def _have(lines: Lines, column: str) -> Mask:
    have: Mask = lines.codes(column) != NOWHERE
    return have


def _keys(lines: Lines, rows: Positions, codes: Codes, what: str, columns: Sequence[str]) -> list[str]:
    """Give the key of each document, from the values of its first line."""
    first = rows[first_positions(codes, np.ones(len(rows), dtype=np.bool_), groups_in(codes))]
    values = [_values(lines.take(column, first)) for column in columns]
    return [digest(what, *row) for row in zip(*values, strict=True)]


def _tagged(lines: Lines, rows: Positions) -> _Part:
    """Tell deliveries by channel and tag. Of each operation the first line counts, and the first to state a column."""
    codes = delivery_codes(lines, rows, np.ones(len(rows), dtype=np.bool_))
    groups = groups_in(codes)
    counting = [lines.telling(operation)[rows] for operation in DELIVERY_OPERATIONS]
    counting += [lines.present(column)[rows] for column in STATED_COLUMNS]
    kept = np.zeros(len(rows), dtype=np.bool_)
    for mask in counting:
        first = first_positions(codes, mask, groups)
        kept[first[first != NOWHERE]] = True
    settling = first_positions(codes, lines.telling(Operation.SETTLE)[rows], groups)
    keys = _keys(lines, rows, codes, "tag", ("channel_id", "delivery_tag"))
    settled = pick(lines.times[rows], settling, NEVER)
    return _Part(FactKind.DELIVERY, rows[kept], codes[kept], keys, settled)


def _turned(lines: Lines, rows: Positions) -> _Part:
    """Tell deliveries without tags: all of one message, queue and process make one document, for which delivery a line
    speaks of depends on the lines before it.
    """
    subject = message_or_event(lines, lines.codes("message_id")[rows], lines.codes("correlation_id")[rows])
    codes = numbered(subject, *(lines.codes(name)[rows] for name in ("queue", "pod", "instance_id")))
    groups = groups_in(codes)
    from_the_last = nth_of(numbered(codes[::-1]))[::-1]
    newest = from_the_last < TURNED_LINES_MAX
    rows, codes = rows[newest], codes[newest]
    # A line that names the message tells it by that; one that does not, by the event.
    first = rows[first_positions(codes, np.ones(len(rows), dtype=np.bool_), groups)]
    told_by = ("message_id", "correlation_id", "queue", "pod", "instance_id")
    keys = [
        digest("turn", message, None if message is not None else event, *holder)
        for message, event, *holder in zip(*(_values(lines.take(name, first)) for name in told_by), strict=True)
    ]
    deliveries = delivery_codes(lines, rows, np.zeros(len(rows), dtype=np.bool_))
    settling = first_positions(deliveries, lines.telling(Operation.SETTLE)[rows], groups_in(deliveries))
    unsettled = np.bincount(codes[settling[deliveries] == NOWHERE], minlength=groups) > 0
    # Before its last line, fewer lines may be told apart otherwise: only from then on it is settled for sure.
    settled = np.where(unsettled, NEVER, lines.times[rows][_last(codes, groups)])
    return _Part(FactKind.DELIVERY, rows, codes, keys, settled)


def _first_of(lines: Lines, rows: Positions, kind: FactKind, columns: Sequence[str]) -> _Part:
    """Keep the first line of each of what the columns tell."""
    codes = numbered(*(lines.codes(column)[rows] for column in columns))
    first = first_positions(codes, np.ones(len(rows), dtype=np.bool_), groups_in(codes))
    keys = _keys(lines, rows, codes, kind.value, columns)
    return _Part(kind, rows[first], np.arange(len(first)), keys, np.full(len(first), NEVER))


def _last(codes: Codes, groups: int) -> Positions:
    """Give the position of each group's last row."""
    last: Positions = np.full(groups, NOWHERE, dtype=np.int64)
    last[codes] = np.arange(len(codes))
    return last


def _facts(lines: Lines, part: _Part) -> Facts:
    """Make the documents of a part, and bring its lines into the order of the documents."""
    rows, codes, groups = part.rows, part.codes, len(part.keys)
    every = np.ones(len(rows), dtype=np.bool_)

    def first_row(mask: Mask) -> Positions:
        return pick(rows, first_positions(codes, mask, groups), NOWHERE)

    stated = {name: lines.take(name, first_row(lines.present(name)[rows])) for name in STATED_COLUMNS}
    first_at, last_at = first_row(every), rows[_last(codes, groups)]
    settling = first_row(lines.telling(Operation.SETTLE)[rows])
    columns = {
        "key": part.keys,
        "kind": [part.kind.value] * groups,
        **stated,
        "first_at": instants(pick(lines.times, first_at, NEVER)),
        "received_at": instants(pick(lines.times, first_row(lines.telling(Operation.RECEIVE)[rows]), NEVER)),
        "handling_at": instants(pick(lines.times, first_row(lines.telling(Operation.PROCESS)[rows]), NEVER)),
        "settled_at": instants(part.settled),
        "last_at": instants(pick(lines.times, last_at, NEVER)),
        "outcome": lines.take("outcome", settling),
    }
    documents = conform(columns, FACT_COLUMNS)
    order = np.argsort(codes, kind="stable")
    kept = lines.events.take(rows[order]).reset_index(drop=True)
    if part.kind is FactKind.PROCESS:
        # It says nothing else: a delivery line among the lines of its process would make a delivery of its own.
        kept = as_events({name: kept[name] for name in _PROCESS_COLUMNS} | {"operation": Operation.CHANNEL_OPENED})
        bare = {name: documents[name] for name in ("key", "kind", "first_at", "last_at", "pod", "instance_id")}
        documents = conform(bare, FACT_COLUMNS)
    return Facts(documents, kept, codes[order])


def _joined(parts: Sequence[Facts]) -> Facts:
    if not parts:
        return Facts(conform({}, FACT_COLUMNS), as_events({}), np.array([], dtype=np.int64))
    begins = np.cumsum([0, *(len(part.documents) for part in parts)])
    documents = pd.concat([part.documents for part in parts], ignore_index=True)
    line_of = np.concatenate([part.line_of + begin for part, begin in zip(parts, begins[:-1], strict=True)])
    return Facts(documents, concat_events(part.lines for part in parts), line_of)


def only(facts: Facts, keys: frozenset[str]) -> Facts:
    """Give those of the documents that have one of the keys, with their lines."""
    kept = facts.documents["key"].isin(keys).to_numpy(dtype=bool)
    numbers = np.cumsum(kept) - 1
    lines_kept = kept[facts.line_of]
    return Facts(
        facts.documents[kept].reset_index(drop=True),
        facts.lines[lines_kept].reset_index(drop=True),
        numbers[facts.line_of[lines_kept]],
    )
