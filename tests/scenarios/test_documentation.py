"""docs/scenarios.md tells every word of the language and no other, and its example holds."""

import re
from pathlib import Path

from eventrail.testing.scenario.scenario import TELLING, Scenario
from eventrail.testing.scenario.sections import SECTIONS
from eventrail.testing.scenario.telling import MARKS
from eventrail.testing.scenario.words import RESTART, VERBS

PAGE = (Path(__file__).parents[2] / "docs/scenarios.md").read_text(encoding="utf-8")


def first_cells(header: str) -> list[str]:
    """Give the words in the first column of the table whose header begins so."""
    table = re.search(rf"^\| {header} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, flags=re.MULTILINE)
    assert table, f"docs/scenarios.md has no table headed {header}"
    return re.findall(r"^\| `(.*?)` \|", table[1], flags=re.MULTILINE)


def test_the_example_holds_as_it_stands() -> None:
    example = re.search(r"^```scenario\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)

    assert example
    assert Scenario(example[1], "docs/scenarios.md").regenerated() == example[1]


def test_every_word_is_told_and_no_other() -> None:
    assert set(first_cells("heading")) == set(TELLING)
    assert set(first_cells("verb")) == {*VERBS, RESTART}
    assert set(first_cells("mark")) == {f"({mark})" for mark in MARKS}
    assert set(first_cells("section")) == set(SECTIONS)
