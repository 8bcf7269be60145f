"""Whoever waits for a long event at a terminal sees how far it is."""

import io

import pandas as pd
from rich.console import Console

from eventrail.cli.reading import reading_shown
from eventrail.model.progress import Outline, Progress

OUTLINE = Outline(
    lines=512_000,
    first=pd.Timestamp("2026-01-31T11:59:58Z"),
    last=pd.Timestamp("2026-01-31T12:04:10Z"),
    services=(("payments", 400_000), ("fraud", 112_000)),
    operations=(("settle", 100_000), ("[red]", 5), ("send", 99_000)),
)


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_is_told_how_much_is_read_and_what_of() -> None:
    console = terminal()

    with reading_shown(console) as show:
        assert show is not None
        show(Progress(0, 512_000))
        show(Progress(41_000, 512_000, OUTLINE))

    expected = (
        "41,000 of 512,000 lines read · 2026-01-31 11:59:58 to 12:04:10 UTC · 2 services · 99,000 × send · "
        "100,000 × settle"
    )
    assert expected in written(console)
    assert "red" not in written(console)


def test_what_is_read_in_one_go_shows_nothing() -> None:
    console = terminal()

    with reading_shown(console) as show:
        assert show is not None
        show(Progress(170, 170))

    assert written(console) == ""


def test_a_pipe_is_told_nothing() -> None:
    with reading_shown(Console(file=io.StringIO(), force_terminal=False)) as show:
        assert show is None
