"""How the index has each field, and so how it can be asked for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# What dynamic mapping of a text puts beside it (with ignore_above 256).
KEYWORD_SUFFIX: Final = ".keyword"
_EXACT: Final = frozenset({"keyword", "constant_keyword", "wildcard"})
_ANALYSED: Final = frozenset({"text", "match_only_text"})
_TIMES: Final = frozenset({"date", "date_nanos"})
_VALUES: Final = frozenset(
    {"long", "integer", "short", "byte", "unsigned_long", "double", "float", "half_float", "scaled_float", "ip"}
)


@dataclass(frozen=True, slots=True)
class IndexField:
    """One field of the documents. The indices of a pattern may have it in several ways at once.

    exact: the paths that hold it whole, as keywords, so that it can be compared and counted: itself, or the one
    beside it. analysed: some index cuts it into words. alone_in_words: some index has nothing but the words; there it
    is found by phrase, then compared. numeric: it is a number or an address. time: it is a date.
    """

    path: str
    exact: tuple[str, ...] = ()
    analysed: bool = False
    alone_in_words: bool = False
    numeric: bool = False
    time: bool = False

    @property
    def countable(self) -> bool:
        """Whether every index can count by one path, `exact[0]`."""
        beside_only = self.exact == (self.path + KEYWORD_SUFFIX,)
        return bool(self.exact) and not self.numeric and not self.alone_in_words and (beside_only or not self.analysed)


@dataclass(frozen=True, slots=True)
class IndexFields:
    """The fields of the index that Eventrail may want; indices: their names."""

    indices: tuple[str, ...] = ()
    fields: Mapping[str, IndexField] = field(default_factory=dict)

    def among(self, paths: Iterable[str]) -> tuple[IndexField, ...]:
        """Give those of the paths that the index has, in their order."""
        return tuple(self.fields[path] for path in paths if path in self.fields)


def paths_to_ask(paths: Collection[str]) -> list[str]:
    """Give the names to ask the field capabilities for."""
    return sorted({*paths, *(path + KEYWORD_SUFFIX for path in paths)})


def index_fields(capabilities: Mapping[str, Any], paths: Collection[str]) -> IndexFields:
    """Make it from the answer to a field capabilities request for `paths_to_ask(paths)`, unmapped ones included."""
    told: Mapping[str, Mapping[str, Any]] = capabilities.get("fields") or {}
    indices = tuple(capabilities.get("indices") or ())

    def having(path: str, kinds: frozenset[str]) -> frozenset[str]:
        # A kind without a list of indices is that of them all.
        entries = [entry for kind, entry in told.get(path, {}).items() if kind in kinds]
        return frozenset(index for entry in entries for index in entry.get("indices") or indices)

    fields = {}
    for path in paths:
        itself, beside = having(path, _EXACT), having(path + KEYWORD_SUFFIX, _EXACT)
        words = having(path, _ANALYSED)
        has = IndexField(
            path,
            exact=((path,) if itself else ()) + ((path + KEYWORD_SUFFIX,) if beside else ()),
            analysed=bool(words),
            alone_in_words=bool(words - beside),
            numeric=bool(having(path, _VALUES)),
            time=bool(having(path, _TIMES)),
        )
        if has.exact or has.analysed or has.numeric or has.time:
            fields[path] = has
    return IndexFields(indices, fields)
