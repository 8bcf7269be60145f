"""Log documents in, the canonical event table out; what could not be used is counted and said."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
from queries.vocabularies import SIGNALS

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
    table: dict[str, pa.Array] = {}
    misfits: list[Misfit] = []
    for column in EVENT_COLUMNS:
        if column in present and column not in SIGNALS:
            joined = typed.first_of([_typed(column, found[each.field], each.unit) for each in present[column]])
            table[column] = joined.values
            if joined.bad and column != "time":
                named = tuple(each.field for each in present[column])
                misfits.append(Misfit(column, named, joined.bad, joined.example))
    span_kinds = _raw([found[each.field] for each in present.get("span_kind", [])])
    _decide(table, signals, span_kinds, len(documents))
    if document_ids is not None:
        table["document_id"] = pa.array(document_ids, typed.TEXT)
    events = _canonical(table, len(documents))
    fields_used = {target: tuple(each.field for each in fields) for target, fields in present.items()}
    return Converted(events, len(documents) - len(events), tuple(misfits), fields_used)


def join_converted(parts: Sequence[Converted]) -> Converted:
    """Put conversions of the parts of one source together."""
    if len(parts) == 1:
        return parts[0]
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


def _decide(table: dict[str, pa.Array], signals: Mapping[str, Values], span_kinds: Values, rows: int) -> None:
    """Fill the columns that are decided from several fields, and bring words to one spelling."""
    operation = meaning.operations(signals, span_kinds, rows)
    failed = table["error_type"].is_valid().to_pylist() if "error_type" in table else [False] * rows
    table["operation"] = pa.array(operation, typed.TEXT)
    table["outcome"] = pa.array(meaning.outcomes(operation, signals, failed), typed.TEXT)
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


def _canonical(table: Mapping[str, pa.Array], rows: int) -> pd.DataFrame:
    """Give the canonical event table without the rows that have no time. Made at once: pandas takes long a column."""
    if "time" not in table:
        return empty_events()
    columns = {
        name: table[name] if name in table else pa.nulls(rows, _ARROW_TYPES[kind])
        for name, (kind, _) in EVENT_COLUMNS.items()
    }
    whole = pa.table(columns)
    ranks = pa.array(causal_ranks(columns["operation"].to_pylist()))
    keys = whole.select(["time", "sequence"]).append_column("rank", ranks)
    if columns["time"].null_count:
        timed = columns["time"].is_valid()
        whole, keys = whole.filter(timed), keys.filter(timed)
    # Here rather than in pandas, which takes a column's time for each of them. Stable; missing counters come last.
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in ("time", "rank", "sequence")])
    frame: pd.DataFrame = whole.take(order).to_pandas(types_mapper=_PANDAS_TYPES.get, use_threads=False)
    return frame
