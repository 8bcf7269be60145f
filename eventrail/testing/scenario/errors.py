"""What can be wrong with a scenario."""

from dataclasses import dataclass

from eventrail.errors import UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file's name and the number of the line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        """Say it as editors and terminals link it."""
        return f"{self.file}:{self.line}"


class ScenarioError(UsageError):
    """A scenario says something that is no part of the language; names the place, what is wrong and the remedy."""

    def __init__(self, place: Place, what: str, remedy: str) -> None:
        """Make the one line of text."""
        super().__init__(f"{place}: {what}; {remedy}")
        self.place = place


class ExpectationError(AssertionError):
    """What was expected is not what is; the text shows the whole section both ways."""
