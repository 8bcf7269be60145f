"""Makes typed Arrow arrays from the raw values of one field. What does not fit becomes missing, and is counted.

Each function first tries the whole column at once; only a column that holds something odd is looked at value by value.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Values = list[Any]
TEXT: Final = pa.large_string()
TIME: Final = pa.timestamp("ns", tz="UTC")

_NANOSECONDS: Final = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}
_INTEGER_LIMIT: Final = 2**63
_ARROW_REFUSALS: Final = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError)


@dataclass(frozen=True, slots=True)
class Typed:
    """A column's values and how many of the field's did not fit its type; example: one of those, shortened."""

    values: pa.Array
    bad: int = 0
    example: str = ""


def text(values: Values) -> Typed:
    """Give texts; numbers and truth values are written out, objects and lists become their JSON."""
    try:
        array = pa.array(values, TEXT)
    except _ARROW_REFUSALS:
        array = pa.array([_as_text(value) for value in values], TEXT)
    return Typed(array)


def identifiers(values: Values) -> Typed:
    """Give texts as `text`, the empty one as missing; objects and lists do not fit."""
    try:
        array, bad, example = pa.array(values, TEXT), 0, ""
    except _ARROW_REFUSALS:
        values, bad, example = _each(values, _as_identifier)
        array = pa.array(values, TEXT)
    return Typed(pc.if_else(pc.equal(array, ""), None, array), bad, example)


def integers(values: Values) -> Typed:
    """Give whole numbers; digits in a text are taken for the number."""
    array = _numbers(values)
    if array is not None and pa.types.is_int64(array.type):
        return Typed(array)
    values, bad, example = _each(values, _as_integer)
    return Typed(pa.array(values, pa.int64()), bad, example)


def durations_seconds(values: Values, unit: str | None) -> Typed:
    """Give durations in seconds from numbers in `unit`; None: seconds."""
    array = _numbers(values)
    bad, example = 0, ""
    if array is None:
        values, bad, example = _each(values, _as_number)
        array = pa.array(values, pa.float64())
    factor = _NANOSECONDS[unit or "seconds"] / 1e9
    return Typed(pc.multiply(array.cast(pa.float64(), safe=False), factor), bad, example)


def booleans(values: Values) -> Typed:
    """Give truth values; "true" and "false" as texts are taken too."""
    try:
        return Typed(pa.array(values, pa.bool_()))
    except _ARROW_REFUSALS:
        values, bad, example = _each(values, _as_boolean)
        return Typed(pa.array(values, pa.bool_()), bad, example)


def times(values: Values, unit: str | None) -> Typed:
    """Give instants in UTC to the nanosecond: from ISO 8601, without a zone taken for UTC, or from numbers in `unit`
    since 1970; None: milliseconds, as Elasticsearch takes them.
    """
    try:
        return Typed(pa.array(values, pa.string()).cast(TIME))
    except _ARROW_REFUSALS:
        factor = _NANOSECONDS[unit or "milliseconds"]
        values, bad, example = _each(values, lambda value: _as_nanoseconds(value, factor))
        return Typed(pa.array(values, pa.int64()).cast(TIME), bad, example)


def first_of(candidates: Sequence[Typed]) -> Typed:
    """Join the fields that hold one column: each row's first value that is not missing."""
    values = pc.coalesce(*(each.values for each in candidates)) if len(candidates) > 1 else candidates[0].values
    example = next((each.example for each in candidates if each.bad), "")
    return Typed(values, sum(each.bad for each in candidates), example)


def _as_nanoseconds(value: Any, factor: int) -> int | None:
    if isinstance(value, str) and _as_number(value) is None:
        try:
            instant = pd.Timestamp(value)
            aware = instant.tz_localize("UTC") if instant.tzinfo is None else instant.tz_convert("UTC")
            return None if pd.isna(aware) else int(aware.as_unit("ns").value)
        except (ValueError, OverflowError, TypeError, AttributeError):
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    # Decimal keeps every digit that was logged; a float has too few for nanoseconds since 1970.
    exact = Decimal(str(value)) * factor
    return round(exact) if exact.is_finite() and abs(exact) < _INTEGER_LIMIT else None


def _numbers(values: Values) -> pa.Array | None:
    """Give numbers as Arrow sees them by themselves; None when there is anything else among them."""
    try:
        array = pa.array(values)
    except _ARROW_REFUSALS:
        return None
    return (
        array
        if pa.types.is_int64(array.type) or pa.types.is_float64(array.type) or len(array) == array.null_count
        else None
    )


def _each(values: Values, take: Callable[[Any], Any]) -> tuple[Values, int, str]:
    """Give each value as `take` understands it, how many it did not understand, and one of those."""
    taken = [None if value is None else take(_single(value)) for value in values]
    odd = [value for value, got in zip(values, taken, strict=True) if value is not None and got is None]
    return taken, len(odd), _shown(odd[0]) if odd else ""


def _single(value: Any) -> Any:
    """Give the only element of a list of one: some shippers wrap every value so."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _as_text(value: Any) -> str | None:
    value = _single(value)
    if value is None:
        return None
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return written.encode("utf-8", "replace").decode("utf-8")


def _as_identifier(value: Any) -> str | None:
    return None if isinstance(value, (list, dict)) else _as_text(value)


def _as_integer(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < _INTEGER_LIMIT else None


def _as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _as_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower())


def _shown(value: Any, length_max: int = 40) -> str:
    """Give a value as it may stand in a message: in quotes, short, no control characters."""
    written = ascii(value)
    return written if len(written) <= length_max else written[:length_max] + "…"
