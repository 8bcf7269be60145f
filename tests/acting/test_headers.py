"""Headers are whatever a publisher wrote: they are passed on as they are and never an error to read."""

import struct

from hypothesis import example, given
from hypothesis import strategies as st

from eventrail.acting.deaths import read_deaths
from eventrail.acting.exact_properties import ExactProperties
from eventrail.acting.header_table import join, raw, readable, split

KINDS = {b"t": 1, b"b": 1, b"B": 1, b"U": 2, b"u": 2, b"s": 2, b"I": 4, b"i": 4, b"f": 4}
KINDS |= {b"L": 8, b"l": 8, b"d": 8, b"T": 8, b"D": 5, b"V": 0}
FIXED = st.sampled_from(sorted(KINDS)).flatmap(
    lambda kind: st.binary(min_size=KINDS[kind], max_size=KINDS[kind]).map(lambda value: kind + value)
)
LONG = st.tuples(st.sampled_from([b"S", b"x", b"A", b"F"]), st.binary(max_size=40)).map(
    lambda given: given[0] + struct.pack(">I", len(given[1])) + given[1]
)
ENTRIES = st.lists(st.tuples(st.binary(max_size=20), FIXED | LONG), max_size=8).map(tuple)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["queue", "count", "routing-keys"]), inner),
    max_leaves=12,
)


@given(ENTRIES)
@example(((b"when", b"T" + b"\xff" * 8),))
def test_entries_are_split_and_joined_without_a_change(entries: tuple[tuple[bytes, bytes], ...]) -> None:
    assert split(join(entries)) == entries
    assert isinstance(readable(entries), dict)


@given(ENTRIES, st.none() | st.text(max_size=20), st.none() | st.text(max_size=20))
def test_properties_are_read_and_written_without_a_change(
    entries: tuple[tuple[bytes, bytes], ...], content_type: str | None, message_id: str | None
) -> None:
    properties = ExactProperties(content_type=content_type, message_id=message_id, delivery_mode=2)
    properties.raw_headers = entries
    written = b"".join(properties.encode())
    again = ExactProperties()
    again.decode(written)

    assert again.raw_headers == entries
    assert (again.content_type, again.message_id, again.delivery_mode) == (content_type, message_id, 2)
    assert b"".join(again.encode()) == written


@given(st.dictionaries(st.sampled_from(["x-death", "x-first-death-queue"]), ANYTHING))
@example({"x-death": [{"queue": "q", "count": -1, "time": "yesterday", "routing-keys": [None, 3]}]})
def test_deaths_are_read_from_anything(headers: dict[str, object]) -> None:
    deaths = read_deaths(headers)

    assert all(isinstance(entry.queue, str) and entry.count >= 1 for entry in deaths.entries)


def test_values_are_written_as_they_are_read() -> None:
    values = {"text": "ä", "number": -5, "yes": True, "bytes": b"\x00"}

    assert readable(tuple((name.encode(), raw(value)) for name, value in values.items())) == values
