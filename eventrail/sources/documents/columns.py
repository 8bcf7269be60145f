"""Makes typed Arrow arrays from the raw values of one field. What does not fit becomes missing, and is counted.

The values are a list of whatever the documents hold, or an Arrow array where all are of one type.
Each function first tries the whole column at once; only a column that holds something odd is looked at value by value.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Values: TypeAlias = list[Any] | pa.Array
TEXT: Final = pa.large_string()
TIME: Final = pa.timestamp("ns", tz="UTC")

_NANOSECONDS: Final = {"seconds": 10**9, "milliseconds": 10**6, "microseconds": 10**3, "nanoseconds": 1}
_INTEGER_LIMIT: Final = 2**63
# A colon before a slash is that of a port; what follows an @ is the image's digest.
_IMAGE: Final = r"^(?:[^@]*/)?[^/:@]+:(?P<tag>[^/:@]+)(?:@.*)?$"
_ARROW_REFUSALS: Final = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError)


@dataclass(frozen=True, slots=True)
class Typed:
    """A column's values and how many of the field's did not fit its type; example: one of those, shortened."""

    values: pa.Array
    bad: int = 0
    example: str = ""


def as_list(values: Values) -> list[Any]:
    """Give the values as Python has them."""
    listed: list[Any] = values.to_pylist() if isinstance(values, pa.Array) else values
    return listed


def text(values: Values) -> Typed:
    """Give texts; numbers and truth values are written out, objects and lists become their JSON."""
    if (array := _all_of(values, TEXT)) is None:
        array = pa.array([_as_text(value) for value in as_list(values)], TEXT)
    return Typed(array)


def identifiers(values: Values) -> Typed:
    """Give texts as `text`, the empty one as missing; objects and lists do not fit."""
    bad, example = 0, ""
    if (array := _all_of(values, TEXT)) is None:
        values, bad, example = _each(values, _as_identifier)
        array = pa.array(values, TEXT)
    return Typed(pc.if_else(pc.equal(array, ""), None, array), bad, example)


def image_tags(values: Values) -> Typed:
    """Give the tags of container images, 2.4.1 of registry:5000/bank/payments:2.4.1@sha256:…; without one missing."""
    images = identifiers(values)
    tags = pc.struct_field(pc.extract_regex(images.values, _IMAGE), "tag")
    return Typed(tags.cast(TEXT), images.bad, images.example)


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
    if (array := _all_of(values, pa.bool_())) is not None:
        return Typed(array)
    values, bad, example = _each(values, _as_boolean)
    return Typed(pa.array(values, pa.bool_()), bad, example)


def times(values: Values, unit: str | None) -> Typed:
    """Give instants in UTC to the nanosecond: from ISO 8601, without a zone taken for UTC, or from numbers in `unit`
    since 1970; None: milliseconds, as Elasticsearch takes them.
    """
    if (instants := _iso_times(_all_of(values, TEXT))) is not None:
        return Typed(instants)
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


def _all_of(values: Values, kind: pa.DataType) -> pa.Array | None:
    """Give the values as an array of the type; None when there is anything else among them."""
    if isinstance(values, pa.Array):
        return values if values.type == kind else None
    try:
        return pa.array(values, kind)
    except _ARROW_REFUSALS:
        return None


def _iso_times(texts: pa.Array | None) -> pa.Array | None:
    """Give the instants of texts; None when one is in another form than Arrow reads."""
    try:
        return None if texts is None else texts.cast(TIME)
    except pa.ArrowInvalid:
        return None


def _numbers(values: Values) -> pa.Array | None:
    """Give numbers as Arrow sees them by themselves; None when there is anything else among them."""
    try:
        array = values if isinstance(values, pa.Array) else pa.array(values)
    except _ARROW_REFUSALS:
        return None
    return (
        array
        if pa.types.is_int64(array.type) or pa.types.is_float64(array.type) or len(array) == array.null_count
        else None
    )


def _each(values: Values, take: Callable[[Any], Any]) -> tuple[list[Any], int, str]:
    """Give each value as `take` understands it, how many it did not understand, and one of those."""
    values = as_list(values)
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
