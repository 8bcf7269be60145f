"""Which of the dead letters that were looked at are meant, and where they shall go."""

import hashlib
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import tables, texts
from dashboard.shaping.dead_letters import letter_table
from dashboard.shaping.words import count_text, visible_text
from eventrail.acting.choice import Choice, Order, Origin
from eventrail.acting.letters import DeadLetter
from eventrail.acting.queue_facts import QueueFacts

TEXT: Final = "acting.text"
TARGET: Final = "acting.target"
OTHER_QUEUE: Final = "acting.other"
FIRST: Final = "where each died first"
LAST: Final = "where each died last"
OTHER: Final = "another queue"
_ANY: Final = ""
# Column of the table → what a reader calls it.
_FILTERS: Final = {"reason": "reason", "first_queue": "queue of the first death", "event": "event"}


def chosen(facts: QueueFacts, letters: Sequence[DeadLetter], scan: int) -> Order | None:
    """Let the reader choose among letters and say where to; None while nothing is chosen, or no queue named.

    scan: how many were looked at, at most, from the head.
    """
    rows = letter_table(letters)
    shown = [letters[position] for position in rows.index[_narrowed(rows)]]
    if not shown:
        texts.note("No dead letter fits; choose less narrowly.")
        return None
    ticked = _ticked(shown)
    fingerprints = frozenset(letter.fingerprint for letter in ticked)
    if not fingerprints:
        texts.note(
            "Nothing is chosen. Tick rows, or choose all that are shown, to see what sending them back would do."
        )
        return None
    choice = Choice(fingerprints=fingerprints)
    to_queue = _to_queue()
    if to_queue == _ANY:
        texts.note("Name the queue that they shall go to.")
        return None
    origin: Origin = "last" if st.session_state[TARGET] == LAST else "first"
    # A letter and its copies cannot be told apart, so all of them are meant.
    return Order(facts.vhost, facts.queue, choice, origin, to_queue, sum(map(choice.takes, letters)), scan)


def forget() -> None:
    """Begin anew, for another look."""
    for name in (TEXT, TARGET, OTHER_QUEUE, *(f"acting.{column}" for column in _FILTERS)):
        st.session_state.pop(name, None)


def _narrowed(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Offer to narrow the list, by what differs; give which rows are left."""
    fits = rows["position"] > 0
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for column, label in _FILTERS.items():
            counts = rows[column].value_counts()
            if len(counts) > 1:
                said: dict[str, str | None] = {f"every {label}": None}
                said |= {
                    f"{value or '(not told)'} · {count_text(number)}": str(value) for value, number in counts.items()
                }
                wanted = said[st.selectbox(label, list(said), key=f"acting.{column}", width=230)]
                if wanted is not None:
                    fits &= rows[column] == wanted
        part = visible_text(st.text_input("part of a message or correlation ID", key=TEXT, width=230).strip())
    if part:
        ids = [rows[column].str.contains(part, case=False, regex=False) for column in ("message", "correlation")]
        fits &= ids[0] | ids[1]
    return fits


def _ticked(shown: Sequence[DeadLetter]) -> list[DeadLetter]:
    """Show letters and give those that are ticked; other letters have other ticks."""
    seen = hashlib.sha256("".join(letter.fingerprint for letter in shown).encode()).hexdigest()[:12]
    rows = tables.choosable_table(
        letter_table(shown),
        f"acting.letters.{seen}",
        "Dead letters, head of the queue first",
        columns={
            "position": tables.figures("#", "1 is the head of the queue", 50),
            "died": tables.words("died (UTC)", "The time of the newest kind of death", 150),
            "reason": tables.words("reason", width=90),
            "first_queue": tables.words("first died in", width=200),
            "last_queue": tables.words("last died in", width=200),
            "event": tables.words("event", width=150),
            "message": tables.words("message ID", width=170),
            "correlation": tables.words("correlation ID", width=170),
        },
        most_rows=10,
    )
    every = st.checkbox(
        f"all {len(shown):,} that are shown" if len(shown) > 1 else "the one shown", key=f"acting.all.{seen}"
    )
    return list(shown) if every else [shown[row] for row in rows]


def _to_queue() -> str | None:
    """Let the reader say where to; give the queue's name, empty where it is not typed yet, None for where each died."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        target = st.radio("send them to", [FIRST, LAST, OTHER], key=TARGET, horizontal=True)
        if target != OTHER:
            return None
        return st.text_input("queue", key=OTHER_QUEUE, width=260).strip()
