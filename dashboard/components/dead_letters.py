"""Acting on the page Unacknowledged, where it is allowed: look into a dead-letter queue, and send its letters back."""

from typing import Final

import streamlit as st

from dashboard.components import dead_letter_choice, dead_letter_sending, loading, texts
from dashboard.components.settings import settings
from eventrail.acting.letters import DeadLetter
from eventrail.acting.looking import peek
from eventrail.acting.permission import require_allowed
from eventrail.acting.queue_facts import QueueFacts, queue_facts, require_lookable
from eventrail.errors import EventrailError
from eventrail.model.problem import Problem
from eventrail.words import count

SCAN: Final = 1000  # letters are looked at, from the head
QUEUE: Final = "acting.queue"
VHOST: Final = "acting.vhost"
_FACTS: Final = "acting.facts"
_LETTERS: Final = "acting.letters"
_LIMITED: Final = "acting.limited"
_FAULT: Final = "acting.fault"


def draw() -> None:
    """Lay the section out; nothing where acting is off, or where a file is open."""
    if not settings().acting.allowed or loading.opened_sources().extent is not None:
        return
    texts.heading("Dead letters", "look into a queue and send its letters back · every act is written to the journal")
    rabbitmq = settings().rabbitmq
    vhosts = rabbitmq.vhosts if rabbitmq is not None else ()
    st.session_state.setdefault(VHOST, vhosts[0] if len(vhosts) == 1 else "/")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        st.text_input("dead-letter queue", key=QUEUE, width=330)
        st.text_input("virtual host", key=VHOST, width=150)
        st.button("Look", key="acting.look", icon=":material/visibility:", on_click=_look)
    if fault := st.session_state.get(_FAULT):
        texts.problems([Problem("acting", fault, severity="error")])
    if limited := st.session_state.get(_LIMITED):
        _ask_despite_limit(limited)
    if dead_letter_sending.send_what_was_confirmed():
        st.session_state.pop(_LETTERS, None)
    facts: QueueFacts | None = st.session_state.get(_FACTS)
    letters: tuple[DeadLetter, ...] | None = st.session_state.get(_LETTERS)
    if facts is not None and letters is not None:
        _looked(facts, letters)
    dead_letter_sending.tell()


def _looked(facts: QueueFacts, letters: tuple[DeadLetter, ...]) -> None:
    if not letters:
        texts.note("The queue is empty.")
        return
    head = "the first " if len(letters) == SCAN else ""
    texts.note(
        " ".join([f"{head}{count(len(letters), 'dead letter')}, still in the queue.".capitalize(), *facts.remarks])
    )
    order = dead_letter_choice.chosen(facts, letters, SCAN)
    if order is not None:
        dead_letter_sending.plan_and_confirm(facts, order, letters)


def _ask_despite_limit(facts: QueueFacts) -> None:
    """Ask whether to look although each look brings a letter nearer to being dropped."""
    what = (
        f"the quorum queue {facts.queue!r} drops or dead-letters a message that was given back more than "
        f"{facts.delivery_limit} times, and each look counts once; so does sending back, for those that stay"
    )
    texts.problems(
        [Problem("acting", what, "set its delivery-limit to -1 by a policy, or look all the same", "warning")]
    )
    st.button("Look all the same", key="acting.despite", icon=":material/visibility:", on_click=_look, args=(True,))


def _look(despite_limit: bool = False) -> None:
    """Look, and keep what was seen for the drawing that follows."""
    for name in (_FACTS, _LETTERS, _LIMITED, _FAULT):
        st.session_state.pop(name, None)
    dead_letter_choice.forget()
    dead_letter_sending.forget()
    try:
        allowed = require_allowed(settings())
        facts = queue_facts(allowed, st.session_state[VHOST], st.session_state[QUEUE])
        if facts.delivery_limit is not None and not despite_limit:
            st.session_state[_LIMITED] = facts
            return
        require_lookable(facts, despite_limit=despite_limit)
        st.session_state[_LETTERS] = peek(allowed, facts, SCAN)
        st.session_state[_FACTS] = facts
    except EventrailError as error:
        st.session_state[_FAULT] = str(error)
