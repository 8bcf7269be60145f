"""What documents held that their columns could not take, counted over any number of pages."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from eventrail.model.events import EVENT_COLUMNS
from eventrail.model.problem import Problem

_WORDS: Final = {"Int64": "whole number", "Float64": "number", "boolean": "true or false", "str": "text"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """`documents` had a value in one of `fields` that `column` cannot take, such as `example`."""

    column: str
    fields: tuple[str, ...]
    documents: int
    example: str

    def problem(self, source: str) -> Problem:
        """Say it to the reader."""
        return Problem(
            source,
            f"{self.documents} documents have a {' or '.join(self.fields)} that is no "
            f"{_WORDS[EVENT_COLUMNS[self.column][0]]}, e.g. {self.example}; {self.column} is missing there",
            "correct the field where it is logged, or name another for it in a vocabulary map",
        )


def joined(misfits: Iterable[Misfit]) -> tuple[Misfit, ...]:
    """Give one misfit a column, their counts added up."""
    by_column: dict[str, Misfit] = {}
    for each in misfits:
        known = by_column.setdefault(each.column, replace(each, documents=0))
        fields = tuple(dict.fromkeys((*known.fields, *each.fields)))
        by_column[each.column] = replace(known, fields=fields, documents=known.documents + each.documents)
    return tuple(by_column.values())


def without_time(source: str, set_aside: int, documents: int) -> tuple[Problem, ...]:
    """Say how many documents were left out for want of a time; nothing where none was."""
    if not set_aside:
        return ()
    return (
        Problem(
            source,
            f"{set_aside} of {documents} documents have no usable time and are left out",
            "log `@timestamp` as ISO 8601 with a zone, or name the time's field in a vocabulary map",
        ),
    )
