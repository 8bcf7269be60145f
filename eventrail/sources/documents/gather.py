"""Takes documents apart into one list a field, whether their keys are dotted, nested, or a mixture of both."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from eventrail.sources.documents.columns import Values, as_list

# So many documents fit into the processor's cache; going through all of them field by field is three times slower.
_CHUNK_DOCUMENTS: Final = 500
_NOTHING: Final[dict[Any, Any]] = {}


def gather(documents: Sequence[Any], paths: Collection[str]) -> dict[str, Values]:
    """Give, for each dotted path that any document has, its values: one a document, None where it has none.

    {"a.b": 1}, {"a": {"b": 1}} and {"a": {"b": ...}, "a.c": ...} are the same to it. Documents that are no objects
    have no fields.
    """
    wanted = frozenset(paths)
    inner = objects(wanted)
    gathered: dict[str, Values] = {}
    for start in range(0, len(documents), _CHUNK_DOCUMENTS):
        chunk = [each if type(each) is dict else _NOTHING for each in documents[start : start + _CHUNK_DOCUMENTS]]
        found = _gather(chunk, "", wanted, inner)
        for path in found.keys() - gathered.keys():
            gathered[path] = [None] * start
        for path, values in gathered.items():
            values.extend(found.get(path) or [None] * len(chunk))
    return gathered


@lru_cache(maxsize=64)
def objects(wanted: frozenset[str]) -> frozenset[str]:
    """Give the paths of the objects that may hold the wanted fields."""
    return frozenset(path[:position] for path in wanted for position, letter in enumerate(path) if letter == ".")


def _gather(
    documents: Sequence[dict[Any, Any]], prefix: str, wanted: frozenset[str], inner: frozenset[str]
) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for key in set().union(*documents):
        if not isinstance(key, str):
            continue
        path = prefix + key
        is_wanted, is_inner = path in wanted, path in inner
        if not (is_wanted or is_inner):
            continue
        values = _values(documents, key)
        if is_inner:
            objects = [value if type(value) is dict else _NOTHING for value in values]
            for deeper, its_values in _gather(objects, path + ".", wanted, inner).items():
                add_values(found, deeper, its_values)
            # The name of an object is a field's too in another vocabulary: there it is absent, not wrong.
            values = [None if type(value) is dict else value for value in values]
        if is_wanted:
            add_values(found, path, values)
    return {path: values for path, values in found.items() if any(value is not None for value in values)}


def _values(documents: Sequence[dict[Any, Any]], key: str) -> Values:
    try:
        # Most fields are in every document; this way is twice as fast.
        return list(map(itemgetter(key), documents))
    except KeyError:
        return [document.get(key) for document in documents]


def add_values(found: dict[str, Values], path: str, values: Values) -> None:
    """Add a path's values; where it has some already, these fill their gaps."""
    found[path] = coalesce(found[path], values) if path in found else values


def coalesce(first: Values, second: Values) -> Values:
    """Give the first values, their gaps filled from the second."""
    if isinstance(first, pa.Array) and isinstance(second, pa.Array) and first.type == second.type:
        return pc.coalesce(first, second)
    first, second = as_list(first), as_list(second)
    return [other if value is None else value for value, other in zip(first, second, strict=True)]
