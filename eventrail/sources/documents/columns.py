"""Makes typed pandas arrays from the raw values of one field. What does not fit becomes missing, and is counted.

Each function first tries the whole column at once; only a column that holds something odd is looked at value by value.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Values = list[Any]
TEXT_TYPE: Final = pd.StringDtype(na_value=np.nan)

_NANOSECONDS: Final = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}
_INTEGER_LIMIT: Final = 2**63
_ARROW_REFUSALS: Final = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError)


@dataclass(frozen=True, slots=True)
class Typed:
    """A column's values and how many of the field's did not fit its type; example: one of those, shortened."""

    values: pd.Series
    bad: int = 0
    example: str = ""


def text(values: Values) -> Typed:
    """Give texts; numbers and truth values are written out, objects and lists become their JSON."""
    try:
        array = pa.array(values, pa.large_string())
    except _ARROW_REFUSALS:
        array = pa.array([_as_text(value) for value in values], pa.large_string())
    return Typed(as_series(array))


def identifiers(values: Values) -> Typed:
    """Give texts as `text`, the empty one as missing; objects and lists do not fit."""
    try:
        array, bad, example = pa.array(values, pa.large_string()), 0, ""
    except _ARROW_REFUSALS:
        values, bad, example = _each(values, _as_identifier)
        array = pa.array(values, pa.large_string())
    return Typed(as_series(pc.if_else(pc.equal(array, ""), None, array)), bad, example)


def integers(values: Values) -> Typed:
    """Give whole numbers; digits in a text are taken for the number."""
    array = _numbers(values)
    bad, example = 0, ""
    if array is None or not pa.types.is_int64(array.type):
        values, bad, example = _each(values, _as_integer)
        array = pa.array(values, pa.int64())
    filled, missing = _filled(array.cast(pa.int64()), 0)
    return Typed(pd.Series(pd.arrays.IntegerArray(filled, missing)), bad, example)


def durations_seconds(values: Values, unit: str | None) -> Typed:
    """Give durations in seconds from numbers in `unit`; None: seconds."""
    array = _numbers(values)
    bad, example = 0, ""
    if array is None:
        values, bad, example = _each(values, _as_number)
        array = pa.array(values, pa.float64())
    filled, missing = _filled(array.cast(pa.float64(), safe=False), 0.0)
    seconds = filled * (_NANOSECONDS[unit or "seconds"] / 1e9)
    return Typed(pd.Series(pd.arrays.FloatingArray(seconds, missing)), bad, example)


def booleans(values: Values) -> Typed:
    """Give truth values; "true" and "false" as texts are taken too."""
    bad, example = 0, ""
    try:
        array = pa.array(values, pa.bool_())
    except _ARROW_REFUSALS:
        values, bad, example = _each(values, _as_boolean)
        array = pa.array(values, pa.bool_())
    filled, missing = _filled(array, fill=False)
    return Typed(pd.Series(pd.arrays.BooleanArray(filled, missing)), bad, example)


def times(values: Values, unit: str | None) -> Typed:
    """Give instants in UTC to the nanosecond: from ISO 8601, without a zone taken for UTC, or from numbers in `unit`
    since 1970; None: milliseconds, as Elasticsearch takes them.
    """
    try:
        array = pa.array(values, pa.string()).cast(pa.timestamp("ns", tz="UTC"))
    except _ARROW_REFUSALS:
        return _odd_times(values, unit)
    return Typed(pd.Series(pd.DatetimeIndex(array.to_pandas()).as_unit("ns")))


def as_series(array: pa.Array) -> pd.Series:
    """Give a column of texts."""
    return pd.Series(array.to_pandas(types_mapper={pa.large_string(): TEXT_TYPE}.get))


def _odd_times(values: Values, unit: str | None) -> Typed:
    factor = _NANOSECONDS[unit or "milliseconds"]
    nanoseconds: list[int | None] = []
    bad, example = 0, ""
    for value in values:
        instant = None if value is None else _as_nanoseconds(value, factor)
        if instant is None and value is not None:
            bad, example = bad + 1, example or _shown(value)
        nanoseconds.append(instant)
    array = pa.array(nanoseconds, pa.int64()).cast(pa.timestamp("ns", tz="UTC"))
    return Typed(pd.Series(pd.DatetimeIndex(array.to_pandas()).as_unit("ns")), bad, example)


def _as_nanoseconds(value: Any, factor: int) -> int | None:
    value = _single(value)
    if isinstance(value, str) and not _is_number(value):
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


def _filled(array: pa.Array, fill: Any) -> tuple[Any, Any]:
    missing = array.is_null().to_numpy(zero_copy_only=False)
    filled = array.fill_null(fill) if array.null_count else array
    return np.array(filled.to_numpy(zero_copy_only=False)), np.array(missing)


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


def _is_number(value: str) -> bool:
    return _as_number(value) is not None


def _as_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower())


def _shown(value: Any, length_max: int = 40) -> str:
    """Give a value as it may stand in a message: in quotes, short, no control characters."""
    written = ascii(value)
    return written if len(written) <= length_max else written[:length_max] + "…"


def first_of(candidates: Sequence[Typed]) -> Typed:
    """Join the fields that hold one column: each row's first value that is not missing."""
    values = candidates[0].values
    for other in candidates[1:]:
        values = values.where(values.notna(), other.values)
    return Typed(
        values, sum(each.bad for each in candidates), next((each.example for each in candidates if each.bad), "")
    )
