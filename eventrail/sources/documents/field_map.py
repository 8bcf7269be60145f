"""Which fields may hold what: the vocabularies joined into one map, the preferred field first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from eventrail.errors import ConfigurationError
from eventrail.model.events import EVENT_COLUMNS
from queries.vocabularies import SIGNALS, Field, Vocabulary, VocabularyError, load_vocabulary, shipped

# Columns that are decided from several fields: the signals, and other columns, that each needs.
_DECIDED_FROM: Final[Mapping[str, tuple[str, ...]]] = {
    "operation": ("action", "operation_type", "operation_name", "span_kind"),
    "outcome": (
        "action",
        "operation_type",
        "operation_name",
        "span_kind",
        "outcome",
        "requeue",
        "status_code",
        "error_type",
    ),
    "call_method": ("call_service", "call_name", "action", "operation_type", "operation_name", "span_kind"),
}


@dataclass(frozen=True, slots=True, eq=False)
class FieldMap:
    """Canonical column or signal → the fields that may hold it, the preferred first.

    vocabularies: the maps joined, in order of preference.
    """

    vocabularies: tuple[Vocabulary, ...]
    candidates: Mapping[str, tuple[Field, ...]]

    def of(self, target: str) -> tuple[Field, ...]:
        """Give the candidates of a column or signal; none when no vocabulary has a word for it."""
        return self.candidates.get(target, ())

    def needed_for(self, columns: Collection[str]) -> tuple[str, ...]:
        """Give the columns and signals to read so that `columns` can be told; all for none."""
        if not columns:
            return tuple(self.candidates)
        wanted = {*columns, *(each for column in columns for each in _DECIDED_FROM.get(column, ()))}
        return tuple(target for target in self.candidates if target in wanted)

    def paths(self, targets: Collection[str]) -> frozenset[str]:
        """Give the dotted paths that may hold any of the columns and signals."""
        return _paths(self, tuple(targets))


@cache
def _paths(field_map: FieldMap, targets: tuple[str, ...]) -> frozenset[str]:
    return frozenset(each.field for target in targets for each in field_map.of(target))


@cache
def field_map(house: Path | None = None) -> FieldMap:
    """Give the map to use: a house's own before the shipped ones. Raises ConfigurationError, naming what is wrong."""
    try:
        vocabularies = (*((load_vocabulary(house),) if house else ()), *shipped())
    except VocabularyError as error:
        raise ConfigurationError(f"vocabulary map {error}") from error
    joined: dict[str, dict[str, Field]] = {}
    for vocabulary in vocabularies:
        if unknown := set(vocabulary.columns) - set(EVENT_COLUMNS):
            raise ConfigurationError(
                f"vocabulary map {vocabulary.name}: no such column: {sorted(unknown)}; "
                f"columns are {sorted(EVENT_COLUMNS)}, signals {sorted(SIGNALS)}"
            )
        for target, fields in (*vocabulary.columns.items(), *vocabulary.signals.items()):
            for each in fields:
                joined.setdefault(target, {}).setdefault(each.field, each)
    return FieldMap(vocabularies, {target: tuple(fields.values()) for target, fields in joined.items()})
