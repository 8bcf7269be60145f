"""A scenario file as blocks: a heading at the margin, and what is indented below it."""

from collections.abc import Iterator
from dataclasses import dataclass

from eventrail.testing.scenario.errors import Place, ScenarioError


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something; `text` is without the spaces around it, `indent` counts those before it."""

    place: Place
    text: str
    indent: int


@dataclass(frozen=True, slots=True)
class Block:
    """A heading and its indented lines.

    `first` and `last` are the numbers of its first and last line in the file, counted from 1, comments and empty lines
    after it left out.
    """

    heading: Line
    body: tuple[Line, ...]

    @property
    def place(self) -> Place:
        """Where the heading stands."""
        return self.heading.place

    @property
    def first(self) -> int:
        """The heading's line."""
        return self.heading.place.line

    @property
    def last(self) -> int:
        """The last line that belongs to the block."""
        return self.body[-1].place.line if self.body else self.first


def read_blocks(text: str, file: str) -> tuple[Block, ...]:
    """Give the blocks of a scenario in their order.

    Lines that begin with # are comments, wherever they are indented. Raises ScenarioError for an indented line that
    no heading stands above.
    """
    blocks: list[Block] = []
    heading: Line | None = None
    body: list[Line] = []
    for line in _lines(text, file):
        if line.indent == 0:
            if heading is not None:
                blocks.append(Block(heading, tuple(body)))
            heading, body = line, []
        elif heading is None:
            remedy = "begin it at the margin, or put a heading such as load above it"
            raise ScenarioError(line.place, "an indented line without a heading", remedy)
        else:
            body.append(line)
    if heading is not None:
        blocks.append(Block(heading, tuple(body)))
    return tuple(blocks)


def _lines(text: str, file: str) -> Iterator[Line]:
    """Give the lines that are neither empty nor comments."""
    for number, raw in enumerate(text.split("\n"), start=1):
        said = raw.strip()
        if not said or said.startswith("#"):
            continue
        indentation = raw[: len(raw) - len(raw.lstrip())]
        if "\t" in indentation:
            raise ScenarioError(Place(file, number), "a line indented by tabs", "indent by spaces")
        yield Line(Place(file, number), said, len(indentation))
