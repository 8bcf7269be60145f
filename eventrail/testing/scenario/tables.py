"""Aligned tables of text: what a section of many rows is written and compared as."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

NOTHING: Final = "-"
_BETWEEN_CELLS: Final = re.compile(r"\s{2,}")


@dataclass(frozen=True, slots=True)
class Table:
    """What a section can tell: every column it has, as text, and those it tells when nobody chooses."""

    cells: pd.DataFrame
    usual: tuple[str, ...]

    def lines(self, chosen: Sequence[str] = ()) -> tuple[str, ...]:
        """Give the aligned lines, the column names first; "none" where there is no row."""
        if self.cells.empty:
            return ("none",)
        columns = [*(chosen or self.usual)]
        return aligned([columns, *self.cells[columns].to_numpy().tolist()])


def table_of(columns: Mapping[str, Any], usual: tuple[str, ...]) -> Table:
    """Give columns of values, all of one length, as a table."""
    cells = {name: pd.Series(np.asarray(column, dtype=object)).map(cell_text) for name, column in columns.items()}
    return Table(pd.DataFrame(cells), usual)


def cell_text(value: Any) -> str:
    """Give a value as one cell: "-" where it is missing; IDs are hostile, so spaces and controls are escaped."""
    if pd.isna(value):
        return NOTHING
    text = str(value)
    escaped = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
    return _BETWEEN_CELLS.sub(lambda run: r"\u0020" * len(run[0]), escaped) or '""'


def split_cells(line: str) -> list[str]:
    """Give the cells of a line: two spaces or more stand between them."""
    return _BETWEEN_CELLS.split(line.strip())


def aligned(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Give the rows with their cells below each other, two spaces between the widest and the next."""
    places = max(map(len, rows), default=0)
    widths = [max((len(row[place]) for row in rows if place < len(row)), default=0) for place in range(places)]
    return tuple(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
    )
