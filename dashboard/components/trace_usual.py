"""What is usual of an event's type: what has not come, and the twin that the event is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import tables, texts
from dashboard.components.link import remember
from dashboard.shaping.compared import difference_rows, missing_parts
from dashboard.shaping.expected import expected_steps, no_expected_steps
from dashboard.shaping.headline import Part
from dashboard.shaping.words import visible_text
from eventrail.analysis.twin_words import twin_sentences
from eventrail.investigate.answers import UsualAnswer

Usual = Callable[[], UsualAnswer | None]
"""Gives what is usual of the event that is shown; asked for last, since much is read for it."""

_SAID: Final = "trace.usual.said"
_LEARNING: Final = Part("Learning what is usual for events of this type …")


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said of an event last."""

    event: str
    parts: tuple[Part, ...]
    expected: pd.DataFrame


class Missing:
    """What has not come: the place of the lines that say it, and the steps that the drawings show dashed.

    Much is read for it, so the page is drawn first with what was learned of the event last, and filled in at its end.
    The place is never empty, so that nothing below it moves.
    """

    def __init__(self, correlation_id: str) -> None:
        """Say what was said of the event last; where it is shown for the first time, that it is being worked out."""
        self._event = correlation_id
        self._slot = st.empty()
        said: _Said | None = st.session_state.get(_SAID)
        self._said = said if said is not None and said.event == correlation_id else None
        self._say((_LEARNING,) if self._said is None else self._said.parts)

    @property
    def expected(self) -> pd.DataFrame | None:
        """What was learned last: EXPECTED_COLUMNS; None: nothing yet."""
        return None if self._said is None else self._said.expected

    def fill(self, answer: UsualAnswer | None) -> None:
        """Say what has not come, or that nothing is missing; draw the page anew where it shows other steps dashed."""
        parts = missing_parts(answer) if answer is not None else ()
        expected = expected_steps(answer) if answer is not None else no_expected_steps()
        st.session_state[_SAID] = _Said(self._event, parts, expected)
        self._say(parts)
        drawn = [] if self.expected is None else self.expected["id"].tolist()
        if drawn != expected["id"].tolist():
            st.rerun()

    def _say(self, parts: tuple[Part, ...]) -> None:
        with self._slot.container(gap="small"):
            for part in parts:
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
