"""What was expected beside what is: compared by cells, shown as one difference, written anew."""

import difflib
from dataclasses import dataclass
from typing import Final

from eventrail.testing.scenario.errors import Place, ScenarioError
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.sections import SECTIONS, find_section
from eventrail.testing.scenario.tables import Table, aligned, split_cells
from eventrail.testing.scenario.text import Block

INDENT: Final = "    "
NONE: Final = "none"
# A heading says all in one line up to here; what is longer stands below it.
LINE_WIDTH: Final = 120
# difflib begins with the names of both sides and the numbers of the lines.
DIFF_HEADER_LINES: Final = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """One expect block. expected: what stands below its title; actual: what is, in the same columns."""

    block: Block
    title: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether both say the same; how cells are aligned does not matter."""
        return [*map(split_cells, self.expected)] == [*map(split_cells, self.actual)]

    def difference(self) -> str:
        """Show the whole section: lines that are only expected are marked by -, those that only are by +."""
        both = aligned([split_cells(line) for line in (*self.expected, *self.actual)])
        expected, actual = both[: len(self.expected)], both[len(self.expected) :]
        whole = len(both)
        marked = [*difflib.unified_diff(expected, actual, n=whole, lineterm="")][DIFF_HEADER_LINES:]
        heading = f"{self.block.place}: {self.title} (- expected, + actual)"
        return "\n".join([heading, *(f"{INDENT}{line[0]} {line[1:]}".rstrip() for line in marked)])

    def written(self) -> tuple[str, ...]:
        """Give the block as it would have to be."""
        inline = f"{self.title}: {self.actual[0]}"
        if len(self.actual) == 1 and len(inline) <= LINE_WIDTH:
            return (inline,)
        return (self.title, *(INDENT + line for line in self.actual))


def compare_block(evaluation: Evaluation, block: Block) -> Compared:
    """Ask for the section that an expect block names.

    "expect state: complete" says all in its heading; otherwise what is expected stands below it. A table is compared
    in the columns that the first line names. Raises ScenarioError for a section or a column that there is not.
    """
    title, colon, inline = block.heading.text.partition(":")
    found = find_section(title.removeprefix("expect").strip())
    if found is None:
        remedy = f"take one of {', '.join(SECTIONS)}"
        raise ScenarioError(block.place, f"“{title}” names no section that is known", remedy)
    if colon and inline.strip() and block.body:
        raise ScenarioError(block.place, f"“{title}” says something in its heading and below it", "say it in one place")
    name, arguments = found
    section = SECTIONS[name]
    if arguments and not section.takes:
        remedy = f"write expect {name}, or take one of {', '.join(SECTIONS)}"
        raise ScenarioError(block.place, f"“{arguments}” says nothing more of {name}", remedy)
    one = (inline.strip(),) if inline.strip() else ()
    expected = one or tuple(line.text for line in block.body)
    answer = section.tell(evaluation, arguments)
    actual = _in_columns_of(expected, answer, block.place) if isinstance(answer, Table) else answer
    return Compared(block, title, expected, actual)


def _in_columns_of(expected: tuple[str, ...], table: Table, place: Place) -> tuple[str, ...]:
    """Give the table's lines in the columns that what is expected names."""
    named = split_cells(expected[0]) if expected and expected != (NONE,) else []
    unknown = [name for name in named if name not in table.cells]
    if unknown:
        remedy = f"the first line of a table names some of: {', '.join(map(str, table.cells))}; two spaces between them"
        raise ScenarioError(place, f"“{unknown[0]}” is no column", remedy)
    return table.lines(named)
