"""What is usual of an event's type: what has not come, and the twin that the event is compared with."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from dashboard.components import tables, texts
from dashboard.components.link import remember
from dashboard.shaping.compared import difference_rows, missing_parts
from dashboard.shaping.words import visible_text
from eventrail.analysis.twin_words import twin_sentences
from eventrail.investigate.answers import UsualAnswer

Usual = Callable[[], UsualAnswer | None]
"""Gives what is usual of the event that is shown; asked for last, since much is read for it."""

_SEEN: Final = "trace.usual.seen"


class MissingLines:
    """The place of the lines about what has not come. It is kept from the beginning, so that nothing moves later."""

    def __init__(self, correlation_id: str) -> None:
        """Keep the place; says that it is being worked out where the event is shown for the first time."""
        self._event = correlation_id
        self._slot = st.empty()
        if st.session_state.get(_SEEN) != correlation_id:
            with self._slot:
                texts.note("Learning what is usual for events of this type …")

    def fill(self, answer: UsualAnswer | None) -> None:
        """Say what has not come, or that nothing is missing."""
        st.session_state[_SEEN] = self._event
        with self._slot.container(gap="small"):
            for part in missing_parts(answer) if answer is not None else ():
                texts.line([part])


def compared(answer: UsualAnswer | None, on_step: Callable[[str], None]) -> None:
    """Lay the event and its twin side by side, step by step."""
    twin = answer.twin if answer is not None else None
    if twin is None:
        texts.nothing("There is no completed event of this type to compare with.", "Choose a longer time.")
        return
    for sentence in twin_sentences(twin):
        texts.note(visible_text(sentence))
    rows = difference_rows(twin)
    clicked = tables.table(
        rows,
        "trace.compared",
        "This event beside its twin, step by step",
        columns={
            "step": tables.words("step", width=290),
            "differs": tables.words("how it differs", width=250),
            "this": tables.words("this event", width=330),
            "other": tables.words("its twin", width=330),
        },
        tones={"differs": rows["tone"]},
        most_rows=16,
        clickable=True,
    )
    st.button(
        "Show the twin",
        key="trace.twin",
        icon=":material/compare_arrows:",
        on_click=lambda: remember(trace_id=twin.correlation_id, trace_step=""),
    )
    if clicked is not None and isinstance(rows["step_id"].iloc[clicked], str):
        on_step(str(rows["step_id"].iloc[clicked]))
        st.rerun(scope="fragment")
