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
    """One field of the documents. A pattern of indices may have it in several ways at once.

    exact: the paths that hold it whole, as keywords, so that it can be compared and counted: itself, or the one
    beside it. analysed: it is cut into words. numeric: it is a number or an address.
    """

    path: str
    exact: tuple[str, ...] = ()
    analysed: bool = False
    numeric: bool = False
    time: bool = False

    @property
    def countable(self) -> bool:
        """Whether every index can aggregate it."""
        return bool(self.exact) and (not self.analysed or self.path + KEYWORD_SUFFIX in self.exact) and not self.numeric

    @property
    def alone_in_words(self) -> bool:
        """Whether some index has it cut into words only: it can be found by phrase, then compared."""
        return self.analysed and self.path + KEYWORD_SUFFIX not in self.exact


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
    """Make it from the answer to a field capabilities request for `paths_to_ask(paths)`."""
    told: Mapping[str, Mapping[str, Any]] = capabilities.get("fields") or {}
    fields = {}
    for path in paths:
        kinds = frozenset(told.get(path, ()))
        beside = _EXACT & frozenset(told.get(path + KEYWORD_SUFFIX, ()))
        has = IndexField(
            path,
            exact=((path,) if kinds & _EXACT else ()) + ((path + KEYWORD_SUFFIX,) if beside else ()),
            analysed=bool(kinds & _ANALYSED),
            numeric=bool(kinds & _VALUES),
            time=bool(kinds & _TIMES),
        )
        if has.exact or has.analysed or has.numeric or has.time:
            fields[path] = has
    return IndexFields(tuple(capabilities.get("indices") or ()), fields)
