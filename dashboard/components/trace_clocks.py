"""The clocks of an event: its times as logged or corrected, and what causes and effects tell of them."""

from typing import Final

import streamlit as st

from dashboard.components import tables, texts
from dashboard.components.link import recall, remember
from dashboard.shaping.clocks import clock_rows
from eventrail.investigate.answers import TraceAnswer

CLOCKS: Final = "trace_clocks"
LOGGED: Final = "logged"
CORRECTED: Final = "corrected"
_WORDS: Final = {LOGGED: "Times as logged", CORRECTED: "Times corrected"}
_CHOSEN: Final = "trace.clocks"


def choose_clocks(answer: TraceAnswer) -> None:
    """Let the reader choose the times where clocks are wrong; the link keeps it."""
    if answer.clocks is None or answer.clocks.wrong.empty:
        return
    st.session_state[_CHOSEN] = CORRECTED if recall(CLOCKS) == CORRECTED else LOGGED
    st.segmented_control(
        "Times",
        list(_WORDS),
        key=_CHOSEN,
        required=True,
        format_func=_WORDS.__getitem__,
        label_visibility="collapsed",
        on_change=lambda: remember(**{CLOCKS: str(st.session_state[_CHOSEN])}),
    )


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
