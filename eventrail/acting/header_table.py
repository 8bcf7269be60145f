"""A message's headers as the bytes they came in, so that what is sent on is what was taken.

The client library reads fractions as whole numbers, forgets the width of numbers and breaks the connection on a time
that Python has no name for. So the entries are split and joined here without being read; reading is only for showing
and for choosing, and what cannot be read is passed on all the same.
"""

import struct
from datetime import datetime
from typing import Any, Final

from pika import data
from pika.exceptions import AMQPError

# How many bytes follow the kind of a value; the others begin with their length in four bytes.
_FIXED_BYTES: Final = {
    **dict.fromkeys(b"tbB", 1),
    **dict.fromkeys(b"Uus", 2),
    **dict.fromkeys(b"Iif", 4),
    **dict.fromkeys(b"LldT", 8),
    ord("D"): 5,
    ord("V"): 0,
}
_LENGTH: Final = struct.Struct(">I")
# What the library raises on values that it cannot read.
_UNREADABLE: Final = (ValueError, OverflowError, OSError, struct.error, RecursionError, AMQPError)

RawHeaders = tuple[tuple[bytes, bytes], ...]


def split(table: bytes) -> RawHeaders:
    """Give the entries of a table, without its length: name → kind and value, as they stand.

    Raises ValueError for bytes that are no table.
    """
    entries = []
    at = 0
    try:
        while at < len(table):
            begin = at + 1
            at = begin + table[at]
            name = table[begin:at]
            kind = table[at]
            length = _FIXED_BYTES.get(kind)
            if length is None:
                length = _LENGTH.size + _LENGTH.unpack_from(table, at + 1)[0]
            end = at + 1 + length
            entries.append((name, table[at:end]))
            at = end
    except (IndexError, struct.error) as error:
        raise ValueError("the headers end in the middle of an entry") from error
    if at != len(table):
        raise ValueError("the headers end in the middle of an entry")
    return tuple(entries)


def join(entries: RawHeaders) -> bytes:
    """Give the table of these entries, without its length."""
    return b"".join(bytes([len(name)]) + name + value for name, value in entries)


def readable(entries: RawHeaders) -> dict[str, Any]:
    """Give the headers that can be read, by name; of two with one name the first, as brokers do."""
    found: dict[str, Any] = {}
    for name, value in entries:
        try:
            found.setdefault(name.decode("utf-8", "backslashreplace"), data.decode_value(value, 0)[0])
        except _UNREADABLE:
            continue
    return found


def raw(value: str | int | bool | bytes) -> bytes:
    """Give a value as an entry holds it. Raises OverflowError for a number beyond 64 bits."""
    if isinstance(value, bytes):
        return b"x" + _LENGTH.pack(len(value)) + value
    if isinstance(value, bool):
        return b"t" + bytes([value])
    if isinstance(value, int):
        return b"l" + value.to_bytes(8, "big", signed=True)
    text = value.encode("utf-8", "surrogateescape")
    return b"S" + _LENGTH.pack(len(text)) + text


def text_of(value: Any) -> str | None:
    """Give a text as it can be shown; None for what is no text, or an empty one."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str) and value else None


def count_of(value: Any) -> int | None:
    """Give a whole number that counts something; None for anything else."""
    return int(value) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def time_of(value: Any) -> datetime | None:
    """Give a time; None for anything else."""
    return value if isinstance(value, datetime) else None
