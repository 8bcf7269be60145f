"""Log documents in, the canonical event table out; what could not be used is counted and said."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from eventrail.model.events import EVENT_COLUMNS, as_events, concat_events
from eventrail.model.problem import Problem
from eventrail.sources.documents import columns as typed
from eventrail.sources.documents import meaning
from eventrail.sources.documents.columns import Typed, Values
from eventrail.sources.documents.field_map import FieldMap
from eventrail.sources.documents.gather import coalesce, gather
from eventrail.sources.documents.misfits import Misfit, without_time
from eventrail.sources.documents.misfits import joined as joined_misfits
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


@dataclass(frozen=True, slots=True)
class Converted:
    """The documents as events, in their own order; documents without a usable time are counted in `set_aside`.

    misfits: what their columns could not take. fields: canonical column or signal → the fields that gave it.
    """

    events: pd.DataFrame
    set_aside: int = 0
    misfits: tuple[Misfit, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def documents(self) -> int:
        """How many there were."""
        return len(self.events) + self.set_aside

    def problems(self, source: str) -> tuple[Problem, ...]:
        """Say what could not be used. source: in the reader's words."""
        told = (misfit.problem(source) for misfit in self.misfits)
        return (*without_time(source, self.set_aside, self.documents), *told)


def convert(
    documents: Sequence[Any],
    field_map: FieldMap,
    *,
    document_ids: Sequence[str | None] | None = None,
    columns: Collection[str] = (),
) -> Converted:
    """Convert documents with flat dotted keys, nested objects or both.

    columns: canonical columns wanted; none: all. Never raises for what a document holds: a value of the wrong type
    becomes missing, a document without a time is set aside.
    """
    targets = field_map.needed_for({*columns, "time"} if columns else ())
    found = gather(documents, field_map.paths(targets))
    present = {
        target: fields
        for target in targets
        if (fields := [each for each in field_map.of(target) if each.field in found])
    }
    signals = {
        signal: _raw([found[each.field] for each in fields]) for signal, fields in present.items() if signal in SIGNALS
    }
    table: dict[str, Any] = {}
    misfits: list[Misfit] = []
    for column in EVENT_COLUMNS:
        if column in present and column not in SIGNALS:
            joined = typed.first_of([_typed(column, found[each.field], each.unit) for each in present[column]])
            table[column] = joined.values
            if joined.bad and column != "time":
                named = tuple(each.field for each in present[column])
                misfits.append(Misfit(column, named, joined.bad, joined.example))
    _decide(table, signals, _raw([found[each.field] for each in present.get("span_kind", [])]), len(documents))
    if document_ids is not None:
        table["document_id"] = typed.as_series(pa.array(document_ids, pa.large_string()))
    events = _timed(table)
    fields_used = {target: tuple(each.field for each in fields) for target, fields in present.items()}
    return Converted(events, len(documents) - len(events), tuple(misfits), fields_used)


def join_converted(parts: Sequence[Converted]) -> Converted:
    """Put conversions of the parts of one source together."""
    fields: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for target, names in part.fields.items():
            fields[target] = tuple(dict.fromkeys((*fields.get(target, ()), *names)))
    return Converted(
        concat_events(part.events for part in parts),
        sum(part.set_aside for part in parts),
        joined_misfits(misfit for part in parts for misfit in part.misfits),
        fields,
    )


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


def _timed(table: dict[str, Any]) -> pd.DataFrame:
    """Give the canonical table without the rows that have no time."""
    if "time" not in table:
        return as_events({})
    events = as_events(pd.DataFrame(table, copy=False))
    timed = events["time"].notna()
    return events if timed.all() else events[timed].reset_index(drop=True)
