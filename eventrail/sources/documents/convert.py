"""Log documents in, the canonical event table out; what could not be used is counted and said."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from eventrail.model.event_order import causal_ranks
from eventrail.model.events import EVENT_COLUMNS, MESSAGING_OPERATIONS, concat_events, empty_events
from eventrail.model.problem import Problem
from eventrail.model.table import TIME_TYPE
from eventrail.sources.documents import columns as typed
from eventrail.sources.documents import meaning
from eventrail.sources.documents.columns import Typed, Values
from eventrail.sources.documents.field_map import FieldMap
from eventrail.sources.documents.gather import coalesce, gather
from eventrail.sources.documents.misfits import Misfit, without_time
from eventrail.sources.documents.misfits import joined as joined_misfits
from queries.vocabularies import SIGNALS, Field

_SPAN_KINDS: Final = pa.array(["client", "server", "producer", "consumer", "internal"], typed.TEXT)
_MESSAGING: Final = pa.array([str(operation) for operation in MESSAGING_OPERATIONS], typed.TEXT)
_LEVELS_SPELT: Final = pa.array(["warn", "err", "severe", "crit", "fatal", "emerg", "alert"], typed.TEXT)
_LEVELS_MEANT: Final = pa.array(["warning", "error", "error", *["critical"] * 4], typed.TEXT)
_ARROW_TYPES: Final = {
    TIME_TYPE: typed.TIME,
    "str": typed.TEXT,
    "Int64": pa.int64(),
    "Float64": pa.float64(),
    "boolean": pa.bool_(),
}
_PANDAS_TYPES: Final = {
    typed.TEXT: pd.StringDtype(na_value=np.nan),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
# Names that may rightly be empty: the default exchange, a fan-out's routing key, a line that says nothing.
_MAY_BE_EMPTY: Final = frozenset({"exchange", "routing_key", "message"})


@dataclass(frozen=True, slots=True)
class Converted:
    """The documents as events, as event_order.in_order orders them; those without a usable time are `set_aside`.

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


@dataclass(frozen=True, slots=True)
class Part:
    """Some documents of a source as columns; see Converted. table: the canonical columns, in the documents' order."""

    table: pa.Table
    set_aside: int = 0
    misfits: tuple[Misfit, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def documents(self) -> int:
        """How many there were."""
        return len(self.table) + self.set_aside


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
    found = gather(documents, wanted_paths(field_map, columns))
    ids = None if document_ids is None else list(document_ids)
    return joined([convert_fields(found, len(documents), field_map, document_ids=ids)])


def wanted_paths(field_map: FieldMap, columns: Collection[str] = ()) -> frozenset[str]:
    """Give the dotted paths to gather so that the canonical columns can be told; none: all columns."""
    return field_map.paths(field_map.needed_for({*columns, "time"} if columns else ()))


def convert_fields(
    found: Mapping[str, Values], rows: int, field_map: FieldMap, *, document_ids: Values | None = None
) -> Part:
    """Convert documents that were taken apart.

    found: dotted path → values, one a document, as `gather` gives them. rows: how many documents.
    """
    present = {
        target: fields
        for target in field_map.candidates
        if (fields := [each for each in field_map.of(target) if each.field in found])
    }
    signals = {
        signal: _raw([found[each.field] for each in fields]) for signal, fields in present.items() if signal in SIGNALS
    }
    table: dict[str, pa.Array] = {}
    misfits: list[Misfit] = []
    for column in EVENT_COLUMNS:
        if column in present and column not in SIGNALS:
            first = typed.first_of([_typed(column, found[each.field], each) for each in present[column]])
            table[column] = first.values
            if first.bad and column != "time":
                named = tuple(each.field for each in present[column])
                misfits.append(Misfit(column, named, first.bad, first.example))
    span_kinds = _raw([found[each.field] for each in present.get("span_kind", [])])
    _decide(table, signals, span_kinds, rows)
    if document_ids is not None:
        table["document_id"] = typed.text(document_ids).values
    timed = _canonical(table, rows)
    fields_used = {target: tuple(each.field for each in fields) for target, fields in present.items()}
    return Part(timed, rows - len(timed), tuple(misfits), fields_used)


def joined(parts: Sequence[Part]) -> Converted:
    """Put parts of one source together and in order."""
    events = _in_order(parts) if any(len(part.table) for part in parts) else empty_events()
    return Converted(events, *_told(parts))


def join_converted(parts: Sequence[Converted]) -> Converted:
    """Put conversions of the parts of one source together."""
    return parts[0] if len(parts) == 1 else Converted(concat_events(part.events for part in parts), *_told(parts))


def _told(
    parts: Sequence[Part] | Sequence[Converted],
) -> tuple[int, tuple[Misfit, ...], Mapping[str, tuple[str, ...]]]:
    """Give what parts tell beside their rows, put together."""
    fields: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for target, names in part.fields.items():
            fields[target] = tuple(dict.fromkeys((*fields.get(target, ()), *names)))
    misfits = joined_misfits(misfit for part in parts for misfit in part.misfits)
    return sum(part.set_aside for part in parts), misfits, fields


def _typed(column: str, values: Values, held_by: Field) -> Typed:
    kind, unit = EVENT_COLUMNS[column][0], held_by.unit
    makers: dict[str, Callable[[Values], Typed]] = {"Int64": typed.integers, "boolean": typed.booleans}
    if kind == TIME_TYPE:
        return typed.times(values, unit)
    if kind == "Float64":
        return typed.durations_seconds(values, unit)
    if held_by.part == "image tag":
        return typed.image_tags(values)
    if kind == "str":
        return typed.text(values) if column in _MAY_BE_EMPTY else typed.identifiers(values)
    return makers[kind](values)


def _raw(fields: Sequence[Values]) -> Values:
    values = fields[0] if fields else []
    for other in fields[1:]:
        values = coalesce(values, other)
    return values


def _decide(table: dict[str, pa.Array], signals: Mapping[str, Values], span_kinds: Values, rows: int) -> None:
    """Fill the columns that are decided from several fields, and bring words to one spelling."""
    operation = meaning.operations(signals, span_kinds, rows)
    table["operation"] = operation
    table["outcome"] = meaning.outcomes(operation, signals, table.get("error_type"))
    if (methods := meaning.call_methods(signals)) is not None:
        stated = [Typed(table["call_method"])] if "call_method" in table else []
        table["call_method"] = typed.first_of([*stated, typed.text(methods)]).values
    if "call_method" in table:
        is_messaging = pc.is_in(table["operation"], _MESSAGING)
        table["call_method"] = pc.if_else(is_messaging, None, table["call_method"])
    if "level" in table:
        levels = pc.utf8_lower(table["level"])
        table["level"] = pc.coalesce(_LEVELS_MEANT.take(pc.index_in(levels, _LEVELS_SPELT)), levels)
    if "span_kind" in table:
        kinds = pc.utf8_lower(table["span_kind"])
        table["span_kind"] = pc.if_else(pc.is_in(kinds, _SPAN_KINDS), kinds, None)


def _canonical(table: Mapping[str, pa.Array], rows: int) -> pa.Table:
    """Give the canonical columns without the rows that have no time."""
    if "time" not in table:
        return _nothing()
    whole = pa.table(
        {
            name: table[name] if name in table else pa.nulls(rows, _ARROW_TYPES[kind])
            for name, (kind, _) in EVENT_COLUMNS.items()
        }
    )
    times = table["time"]
    return whole.filter(times.is_valid()) if times.null_count else whole


@cache
def _nothing() -> pa.Table:
    return pa.table({name: pa.nulls(0, _ARROW_TYPES[kind]) for name, (kind, _) in EVENT_COLUMNS.items()})


def _in_order(parts: Sequence[Part]) -> pd.DataFrame:
    """Give the event table. Ordered here and made at once, because pandas takes long a column."""
    whole = pa.concat_tables([part.table for part in parts]).combine_chunks()
    operations = whole["operation"].combine_chunks().dictionary_encode()
    ranks = pa.array(causal_ranks(operations.dictionary.to_pylist())).take(operations.indices)
    keys = whole.select(["time", "sequence"]).append_column("rank", ranks)
    # Stable; missing counters come last.
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in ("time", "rank", "sequence")])
    frame: pd.DataFrame = whole.take(order).to_pandas(types_mapper=_PANDAS_TYPES.get, use_threads=False)
    return frame
