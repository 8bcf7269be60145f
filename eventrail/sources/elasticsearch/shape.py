"""Which fields the documents of an index have, in which form and of which JSON type, as far as has been seen.

From a shape Arrow can take a page's documents apart by itself: faster than the objects of a decoder are made and
looked through, and other threads go on meanwhile.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa

from eventrail.sources.documents import objects

# A field's names from the document inwards: ("kubernetes", "pod_name"), ("service.name",).
Keys = tuple[str, ...]

TEXT: Final = pa.large_string()
_TYPES: Final[Mapping[type, pa.DataType]] = {str: TEXT, int: pa.int64(), bool: pa.bool_()}
_NUMBERS: Final = frozenset({int, float})


@dataclass(frozen=True, slots=True)
class Shape:
    """The forms of the wanted fields seen so far. fits: each has one type, so that Arrow can read it."""

    types: Mapping[Keys, pa.DataType] = field(default_factory=dict)
    fits: bool = True

    def with_documents(self, documents: Sequence[Any], wanted: Collection[str], fractional: Collection[str]) -> "Shape":
        """Give the shape that has also these documents' fields.

        wanted: dotted paths. fractional: those of them that are read as numbers with a fraction.
        """
        types = dict(self.types)
        fits = self.fits
        wanted = frozenset(wanted)
        for keys, kinds in _leaves([each for each in documents if type(each) is dict], (), wanted, objects(wanted)):
            found = _type_of(kinds, ".".join(keys) in fractional)
            fits = fits and found is not None and types.get(keys, found) == found
            if found is not None:
                types[keys] = found
        # What is a value here and an object there, no column can hold.
        holders = {keys[:end] for keys in types for end in range(1, len(keys))}
        return Shape(types, fits and not holders & types.keys())

    def struct(self) -> pa.StructType:
        """Give the documents' type."""
        return _struct(self.types, ())


def _type_of(kinds: frozenset[type], fractional: bool) -> pa.DataType | None:
    """Give the type of values of these kinds; None where they have none in common that keeps them as they are."""
    if fractional and kinds <= _NUMBERS:
        return pa.float64()
    return _TYPES.get(next(iter(kinds))) if len(kinds) == 1 else None


def _leaves(
    documents: Sequence[dict[Any, Any]], before: Keys, wanted: frozenset[str], inner: frozenset[str]
) -> Iterator[tuple[Keys, frozenset[type]]]:
    """Give the wanted fields with the kinds of their values; objects are gone into."""
    for key in set().union(*documents):
        keys = (*before, key)
        path = ".".join(keys)
        if path not in inner and path not in wanted:
            continue
        try:
            values = list(map(itemgetter(key), documents))
        except KeyError:
            values = [document.get(key) for document in documents]
        kinds = frozenset(map(type, values)) - {type(None)}
        if dict in kinds and path in inner:
            yield from _leaves([value for value in values if type(value) is dict], keys, wanted, inner)
            kinds -= {dict}
        if path in wanted and kinds:
            yield keys, kinds


def _struct(types: Mapping[Keys, pa.DataType], before: Keys) -> pa.StructType:
    names = dict.fromkeys(keys[len(before)] for keys in types if keys[: len(before)] == before)
    return pa.struct([(name, types.get((*before, name)) or _struct(types, (*before, name))) for name in names])
