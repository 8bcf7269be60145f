"""Acting on the page Unacknowledged, where it is allowed: close the connection of a holder, after a confirmation."""

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import loading, texts
from dashboard.components.facts import fact_grid
from dashboard.components.markup import show
from dashboard.components.settings import settings
from dashboard.shaping.closing import closing_facts
from dashboard.shaping.words import visible_text
from eventrail.acting.connections import ConnectionShown, close_connection, show_connection
from eventrail.acting.permission import actor, require_allowed
from eventrail.errors import EventrailError
from eventrail.model.problem import Problem
from eventrail.words import count

WHO: Final = "closing.who"
CODE: Final = "closing.code"
_SHOWN: Final = "closing.shown"
_DONE: Final = "closing.done"
_FAULT: Final = "closing.fault"


def offered() -> bool:
    """Whether connections can be closed here: acting is allowed, and the broker is no recording's."""
    return settings().acting.allowed and loading.opened_sources().extent is None


def button(connection: str) -> None:
    """Offer to close a holder's connection, by the broker's name of it; nothing is done before it is confirmed."""
    st.button(
        "Close connection…",
        key=f"closing.{connection}",
        icon=":material/link_off:",
        help="Shows what the broker would hand out again, and asks before it is done",
        on_click=_look,
        args=(connection,),
    )


def draw(holders: pd.DataFrame) -> None:
    """Show what closing the chosen connection would do and ask for a confirmation, or what was done."""
    if fault := st.session_state.get(_FAULT):
        texts.problems([Problem("acting", fault, severity="error")])
    if done := st.session_state.get(_DONE):
        texts.note(done)
    shown: ConnectionShown | None = st.session_state.get(_SHOWN)
    if shown is None:
        return
    texts.heading("Close this connection?", "it is written to the journal with who closed it")
    show(fact_grid(closing_facts(shown, holders)))
    with st.form("closing.form"), st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("who does it", key=WHO, width=180)
        st.text_input(f"type {shown.code} to confirm", key=CODE, width=200)
        st.form_submit_button("Close it", icon=":material/link_off:", type="primary", on_click=_close)
        st.form_submit_button("Keep it open", on_click=_forget)


def _look(connection: str) -> None:
    _forget()
    try:
        st.session_state[_SHOWN] = show_connection(require_allowed(settings()), connection)
    except EventrailError as error:
        st.session_state[_FAULT] = str(error)


def _close() -> None:
    """Close the very connection that was shown, where its code was repeated and somebody says that it is him."""
    shown: ConnectionShown = st.session_state[_SHOWN]
    st.session_state.pop(_FAULT, None)
    try:
        closed = close_connection(
            require_allowed(settings()), shown.name, st.session_state[CODE], actor(st.session_state[WHO])
        )
    except EventrailError as error:
        st.session_state[_FAULT] = str(error)
        return
    _forget()
    st.session_state[CODE] = ""
    name = visible_text(closed.client_id or closed.name)
    held = count(closed.unacknowledged, "message")
    st.session_state[_DONE] = f"The connection {name} is closed; by the broker’s figures it held {held}."


def _forget() -> None:
    for name in (_SHOWN, _DONE, _FAULT):
        st.session_state.pop(name, None)
