"""The clocks of an event: its times as logged or corrected, and what causes and effects tell of them."""

from typing import Final

from dashboard.components import tables, texts
from dashboard.components.choice import choice
from dashboard.shaping.clocks import clock_rows
from eventrail.investigate.answers import TraceAnswer

CLOCKS: Final = "trace_clocks"
LOGGED: Final = "logged"
CORRECTED: Final = "corrected"
_WORDS: Final = {LOGGED: "Times as logged", CORRECTED: "Times corrected"}


def choose_clocks(answer: TraceAnswer) -> None:
    """Let the reader choose the times where clocks are wrong; the link keeps it."""
    if answer.clocks is None or answer.clocks.wrong.empty:
        return
    choice("Times", CLOCKS, _WORDS, "trace.clocks.chosen")


def clock_table(answer: TraceAnswer) -> None:
    """Tell how far each clock may be from the reference's."""
    bounds = answer.clocks
    if bounds is None or len(bounds.clocks) < 2:
        return
    texts.heading("Clocks", f"against {bounds.reference}, by what was sent before it came")
    rows = clock_rows(bounds)
    tables.table(
        rows,
        "trace.clocks",
        "How far the clocks may be apart",
        columns={
            "clock": tables.words("clock"),
            "ahead": tables.words("ahead by", "What causes and effects leave possible"),
            "taken": tables.words("taken as"),
            "messages": tables.figures("causes and effects", "What the bounds come from"),
        },
        tones={"taken": rows["tone"]},
    )
