"""Log documents in, the canonical event table out; what could not be used is counted and said."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from eventrail.model.events import EVENT_COLUMNS, as_events
from eventrail.model.problem import Problem
from eventrail.sources.documents import columns as typed
from eventrail.sources.documents import meaning
from eventrail.sources.documents.columns import Typed, Values
from eventrail.sources.documents.field_map import FieldMap
from eventrail.sources.documents.gather import coalesce, gather
from queries.vocabularies import SIGNALS

_SPAN_KINDS: Final = frozenset({"client", "server", "producer", "consumer", "internal"})
_LEVELS: Final = {
    "warn": "warning",
    "err": "error",
    "severe": "error",
    "crit": "critical",
    "fatal": "critical",
    "emerg": "critical",
    "alert": "critical",
}
# Names that may rightly be empty: the default exchange, a fan-out's routing key, a line that says nothing.
_MAY_BE_EMPTY: Final = frozenset({"exchange", "routing_key", "message"})
_WORDS: Final = {"Int64": "whole number", "Float64": "number", "boolean": "true or false", "str": "text"}


@dataclass(frozen=True, slots=True)
class Converted:
    """The documents as events, in their own order; documents without a usable time are counted in `set_aside`.

    problems: what did not fit, with counts. fields: canonical column → the fields that these documents gave it from.
    positions: for each event, the position of its document.
    """

    events: pd.DataFrame
    set_aside: int
    problems: tuple[Problem, ...]
    fields: Mapping[str, tuple[str, ...]]
    positions: np.ndarray[Any, np.dtype[np.int64]]


def convert(
    documents: Sequence[Mapping[str, Any]],
    field_map: FieldMap,
    *,
    source: str,
    document_ids: Sequence[str | None] | None = None,
    columns: Collection[str] = (),
) -> Converted:
    """Convert documents with flat dotted keys, nested objects or both.

    source: in the reader's words, for problems. columns: canonical columns wanted; none: all. Never raises for what a
    document holds: a value of the wrong type becomes missing, a document without a time is set aside.
    """
    targets = field_map.needed_for({*columns, "time"} if columns else ())
    found = gather(documents, field_map.paths(targets))
    present = {
        target: [each for each in field_map.of(target) if each.field in found]
        for target in targets
        if any(each.field in found for each in field_map.of(target))
    }
    table: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in EVENT_COLUMNS:
        if column in present and column not in SIGNALS:
            parts = [_typed(column, found[each.field], each.unit) for each in present[column]]
            joined = typed.first_of(parts)
            table[column] = joined.values
            if joined.bad and column != "time":
                problems.append(_misfits(source, column, [each.field for each in present[column]], joined))
    signals = {
        signal: _raw([found[each.field] for each in fields]) for signal, fields in present.items() if signal in SIGNALS
    }
    _decide(table, signals, _raw([found[each.field] for each in present.get("span_kind", [])]), len(documents))
    if document_ids is not None:
        table["document_id"] = typed.as_series(pa.array(document_ids, pa.large_string()))
    fields = {target: tuple(each.field for each in fields) for target, fields in present.items()}
    return _with_times(table, len(documents), source, tuple(problems), fields)


def _typed(column: str, values: Values, unit: str | None) -> Typed:
    kind = EVENT_COLUMNS[column][0]
    makers: dict[str, Callable[[Values], Typed]] = {"Int64": typed.integers, "boolean": typed.booleans}
    if column == "time":
        return typed.times(values, unit)
    if kind == "Float64":
        return typed.durations_seconds(values, unit)
    if kind == "str":
        return typed.text(values) if column in _MAY_BE_EMPTY else typed.identifiers(values)
    return makers[kind](values)


def _raw(fields: Sequence[Values]) -> Values:
    joined = fields[0] if fields else []
    for other in fields[1:]:
        joined = coalesce(joined, other)
    return joined


def _decide(table: dict[str, Any], signals: Mapping[str, Values], span_kinds: Values, rows: int) -> None:
    """Fill the columns that are decided from several fields, and bring words to one spelling."""
    operation = meaning.operations(signals, span_kinds or None, rows)
    failed = table["error_type"].notna().to_numpy() if "error_type" in table else np.zeros(rows, dtype=bool)
    table["operation"] = pd.Series(operation).astype("str")
    table["outcome"] = pd.Series(meaning.outcomes(operation, signals, failed)).astype("str")
    if (methods := meaning.call_methods(signals)) is not None:
        stated = [Typed(table["call_method"])] if "call_method" in table else []
        table["call_method"] = typed.first_of([*stated, typed.text(methods)]).values
    if "level" in table:
        levels = table["level"].str.lower()
        table["level"] = levels.where(~levels.isin(list(_LEVELS)), levels.map(_LEVELS))
    if "span_kind" in table:
        kinds = table["span_kind"].str.lower()
        table["span_kind"] = kinds.where(kinds.isin(list(_SPAN_KINDS)))


def _with_times(
    table: dict[str, Any],
    rows: int,
    source: str,
    problems: tuple[Problem, ...],
    fields: Mapping[str, tuple[str, ...]],
) -> Converted:
    positions = np.arange(rows, dtype=np.int64)
    if "time" not in table:
        events = as_events({})
        positions = positions[:0]
    else:
        events = as_events(pd.DataFrame(table, copy=False))
        timed = events["time"].notna().to_numpy()
        if not timed.all():
            events, positions = events[timed].reset_index(drop=True), positions[timed]
    set_aside = rows - len(events)
    if set_aside:
        problems = (
            Problem(
                source,
                f"{set_aside} of {rows} documents have no usable time and are left out",
                "log `@timestamp` as ISO 8601 with a zone, or name the time's field in a vocabulary map",
            ),
            *problems,
        )
    return Converted(events, set_aside, problems, fields, positions)


def _misfits(source: str, column: str, fields: Sequence[str], joined: Typed) -> Problem:
    wanted = _WORDS[EVENT_COLUMNS[column][0]]
    return Problem(
        source,
        f"{joined.bad} documents have a {' or '.join(fields)} that is no {wanted}, e.g. {joined.example}; "
        f"{column} is missing there",
        "correct the field where it is logged, or name another for it in a vocabulary map",
    )
