"""The metric queries of the catalogue, loaded from `metrics/*.toml` and checked; which generation of one applies.

A query has a name, the question it answers, a kind, a unit and documented columns, and for each generation of metric
names one expression. The order of generations is the order of preference.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

METRICS_FOLDER: Final = Path(__file__).parent / "metrics"
PARAMETERS_FILE: Final = "parameters.toml"

# samples: raw samples with their own times, by a range selector in an instant query
# range: a series computed at equal steps
# instant: one value a series at the end of the window
Kind = Literal["samples", "range", "instant"]

_STRICT: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Generation:
    """One expression, for installations that have the metric names `needs` (and, on each, the labels `needs_labels`).

    labels: canonical column → this generation's label, where they differ.
    """

    name: str
    needs: tuple[str, ...]
    expression: str
    labels: dict[str, str] = field(default_factory=dict)
    needs_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, config=_STRICT)
class Query:
    """One question. columns: canonical label column → meaning; the answer also has `time` (UTC) and `value` (`unit`).

    step_seconds: distance of points of kind range, unless the caller wants another. absent_is_nothing: the metric
    exists only while there is something to tell, so its absence is an answer. of_broker: its series are the broker's
    own, so that the labels which choose one of several brokers apply.
    """

    name: str
    question: str
    kind: Kind
    unit: str
    parameters: tuple[str, ...]
    columns: dict[str, str]
    generations: tuple[Generation, ...]
    step_seconds: float | None = None
    of_broker: bool = False
    absent_is_nothing: bool = False

    def generation(self, name: str) -> Generation:
        """Give the generation of that name; KeyError names those there are."""
        for generation in self.generations:
            if generation.name == name:
                return generation
        raise KeyError(f"{self.name} has no generation {name!r}; it has {[each.name for each in self.generations]}")

    def applicable(self, metric_names: frozenset[str], labels_of: Callable[[str], frozenset[str]]) -> Generation | None:
        """Give the first generation whose metrics exist; None when none does.

        labels_of: asked for the label names of one existing metric, only where generations differ by labels.
        """
        for generation in self.generations:
            if metric_names.issuperset(generation.needs) and all(
                labels_of(metric).issuperset(generation.needs_labels)
                for metric in generation.needs
                if generation.needs_labels
            ):
                return generation
        return None


class CatalogueError(Exception):
    """A file of the catalogue is wrong; the text names the file and the query."""


@cache
def catalogue() -> Mapping[str, Query]:
    """Give the shipped queries by name, in the order of the files."""
    return load(METRICS_FOLDER)


@cache
def parameters() -> Mapping[str, str]:
    """Give the meaning of each parameter that an expression may use."""
    return MappingProxyType(tomllib.loads((METRICS_FOLDER / PARAMETERS_FILE).read_text(encoding="utf-8")))


def load(folder: Path) -> Mapping[str, Query]:
    """Load all queries below a folder. Raises CatalogueError."""
    queries: dict[str, Query] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name == PARAMETERS_FILE:
            continue
        for name, entry in _tables(path).items():
            if name in queries:
                raise CatalogueError(f"{path.name}: {name} is also in another file")
            queries[name] = _query(path, name, entry)
    return MappingProxyType(queries)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path.name}: not TOML in UTF-8: {error}") from error


def _query(path: Path, name: str, entry: Any) -> Query:
    try:
        return TypeAdapter(Query).validate_python({**entry, "name": name})
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise CatalogueError(f"{path.name}: {name}: {told}") from None
    except TypeError:
        raise CatalogueError(f"{path.name}: {name}: not a table") from None
