"""What people see: text and tables on a terminal or in a pipe."""

import os
import sys
from datetime import datetime
from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from eventrail.harmless import plain
from eventrail.model.problem import Problem, Severity
from eventrail.model.sentence import Sentence

MISSING: Final = "–"
# A pipe has no width; a table is then as wide as its contents, which are cut at CELL_CHARACTERS_MAX.
PIPE_WIDTH: Final = 4_000
CELL_CHARACTERS_MAX: Final = 120

_SENTENCE_STYLES: Final = {"bad": "bold red", "warn": "bold yellow", "ok": "bold green", "unknown": "bold"}
_PROBLEM_STYLES: Final[dict[Severity, str]] = {"error": "red", "warning": "yellow", "info": "dim"}


def shown(value: Any) -> str:
    """Give any value of a table as harmless text; a missing one as a dash."""
    return MISSING if value is None or pd.isna(value) else plain(value)


def cell(value: Any, style: str = "") -> Text:
    """Give a value for a table: harmless, never read as markup, cut when very long."""
    text = shown(value)
    if len(text) > CELL_CHARACTERS_MAX:
        text = text[: CELL_CHARACTERS_MAX - 1] + "…"
    return Text(text, style=style)


class _Screen(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the entry point: a reader that has seen enough is no error."""
        raise BrokenPipeError


def screen() -> Console:
    """Give standard output. Colour only on a terminal, and not where NO_COLOR is set."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return _Screen(width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Give an empty table with a head; the columns named in `right` hold figures."""
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for name in columns:
        figures = name in right
        made.add_column(Text(name), justify="right" if figures else "left", no_wrap=figures, overflow="fold")
    return made


def show_sentence(console: Console, sentence: Sentence) -> None:
    """Show what is wrong and why we say so."""
    console.print(Text(plain(sentence.headline), style=_SENTENCE_STYLES.get(sentence.level, "bold")))
    for line in sentence.evidence:
        console.print(Text(f"  {plain(line)}"))


def show_problems(console: Console, problems: tuple[Problem, ...]) -> None:
    """Show what the reader must know to trust the answer rightly."""
    if not problems:
        return
    console.print()
    for problem in problems:
        line = Text(f"{problem.severity}: ", style=_PROBLEM_STYLES[problem.severity])
        console.print(line.append(plain(problem), style=""))


def instant(value: Any) -> str:
    """Give a time of a table for people: date and time to the millisecond, UTC."""
    if value is None or pd.isna(value):
        return MISSING
    return pd.Timestamp(value).tz_convert("UTC").strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def seconds(time: datetime) -> str:
    """Give a time for a sentence: date and time to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S}"
