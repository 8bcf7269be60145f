"""What sending the chosen dead letters back would do, the confirmation, the sending, and what became of each."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard.components import tables, texts
from dashboard.components.facts import fact_grid
from dashboard.components.markup import show
from dashboard.components.settings import settings
from dashboard.shaping.dead_letters import outcome_table, plan_facts, sums
from eventrail.acting.choice import Order
from eventrail.acting.journal import Actor
from eventrail.acting.letters import DeadLetter
from eventrail.acting.outcomes import Redriven, State
from eventrail.acting.permission import actor, require_allowed
from eventrail.acting.planning import planned
from eventrail.acting.queue_facts import QueueFacts
from eventrail.acting.redriving import redrive
from eventrail.errors import EventrailError, UsageError
from eventrail.model.problem import Problem
from eventrail.words import count

WHO: Final = "acting.who"
CONFIRM: Final = "acting.confirm"
_PLAN: Final = "acting.plan"
_CONFIRMED: Final = "acting.confirmed"
_MADE: Final = "acting.made"
_FAULT: Final = "acting.refused"


def plan_and_confirm(facts: QueueFacts, order: Order, letters: Sequence[DeadLetter]) -> None:
    """Say what an order would do with the letters that were looked at, and ask for a confirmation."""
    try:
        outlook = _planned(order, letters)
    except EventrailError as error:
        texts.problems([Problem("acting", str(error), severity="error")])
        return
    texts.heading("What would happen", "nothing is sent before it is confirmed")
    show(fact_grid(plan_facts(outlook, len(letters))))
    if fault := st.session_state.pop(_FAULT, None):
        texts.problems([Problem("acting", fault, severity="error")])
    going = outlook.count(State.WOULD_GO)
    if not going:
        return
    with st.form("acting.form"), st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("who does it", key=WHO, width=180)
        st.text_input("repeat the dead-letter queue’s name", key=CONFIRM, width=280)
        st.form_submit_button(
            f"Send {going:,} back", icon=":material/undo:", type="primary", on_click=_confirm, args=(facts, order)
        )


def send_what_was_confirmed() -> bool:
    """Send, where it was just confirmed, and say whether anything was; the reader sees that it is under way."""
    # Taken away first: a run that ends in the middle must not begin it again.
    confirmed: tuple[QueueFacts, Order, Actor] | None = st.session_state.pop(_CONFIRMED, None)
    if confirmed is None:
        return False
    facts, order, who = confirmed
    with st.spinner(f"Sending {count(order.limit, 'dead letter')} back, one after another …"):
        try:
            # Kept before anything is drawn: a run may be given up whenever something is.
            st.session_state[_MADE] = redrive(require_allowed(settings()), facts, order, who)
        except EventrailError as error:
            st.session_state[_FAULT] = str(error)
            return False
    return True


def tell() -> None:
    """Tell what became of each letter that was sent, until the next look."""
    made: Redriven | None = st.session_state.get(_MADE)
    if made is None:
        return
    texts.heading("What was done", sums(made))
    if made.problem is not None:
        texts.problems([made.problem])
    texts.note(f"Written to {settings().acting.journal} as act {made.act}.")
    if not made.outcomes:
        return
    tables.table(
        outcome_table(made),
        "acting.outcomes",
        "What became of each dead letter",
        columns={
            "message": tables.words("message ID", width=190),
            "to": tables.words("to", width=220),
            "state": tables.words("state", width=100),
            "what": tables.words("what that means", width=420),
            "twice": tables.words("a second time", "An act that did not end had begun to send it", 120),
        },
        formats={},
        most_rows=10,
    )


def forget() -> None:
    """Begin anew, for another look."""
    for name in (_PLAN, _CONFIRMED, _MADE, _FAULT):
        st.session_state.pop(name, None)


def _planned(order: Order, letters: Sequence[DeadLetter]) -> Redriven:
    """Give the plan of an order, asked for once: the page is drawn again whenever something is typed."""
    kept: tuple[Order, Redriven] | None = st.session_state.get(_PLAN)
    if kept is None or kept[0] != order:
        kept = (order, planned(require_allowed(settings()), order, letters))
        st.session_state[_PLAN] = kept
    return kept[1]


def _confirm(facts: QueueFacts, order: Order) -> None:
    """Let it be sent, where the queue's name was repeated and somebody says that it is him."""
    try:
        if st.session_state[CONFIRM] != order.queue:
            raise UsageError("the queue's name was not repeated; nothing was sent")
        st.session_state[_CONFIRMED] = (facts, order, actor(st.session_state[WHO]))
        st.session_state[CONFIRM] = ""
    except EventrailError as error:
        st.session_state[_FAULT] = str(error)
