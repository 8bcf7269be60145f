"""The section Waiting of the page Unacknowledged: what has no delivery, why, and what left its queue unhandled."""

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import loading, tables, texts
from dashboard.components.frame import PAGES
from dashboard.components.link import parameters
from dashboard.components.place import TIME_PARAMETERS, Asked
from dashboard.shaping import waiting as shaping
from dashboard.shaping.words import count_text, duration_text
from eventrail.words import count

ROWS_SHOWN: Final = 500


def draw(asked: Asked, queue: str = "", vhost: str = "") -> None:
    """Lay the section out, for all queues or one of them."""
    answer = shaping.of_queue(loading.waiting_messages(asked), queue, vhost)
    texts.heading("Waiting", shaping.remark(answer))
    if answer.queues:
        texts.verdict(answer.sentence)
        _queues(shaping.queue_table(answer))
        if len(answer.queues) == 1:
            for reason in shaping.reasons(answer.queues[0]):
                texts.note(reason)
            texts.note(f"How far back the logs were read: {answer.queues[0].searched}.")
        _messages(shaping.message_table(answer.queues), several=len(answer.queues) > 1)
    else:
        texts.note("No message is waiting." if answer.sentence.level != "unknown" else answer.sentence.headline)
    if len(answer.gone_sums):
        _gone(shaping.gone_table(answer), f"since {answer.window.start:%H:%M:%S} UTC")
        _gone_messages(shaping.gone_messages_table(answer))


def _queues(rows: pd.DataFrame) -> None:
    tables.table(
        rows,
        "waiting.queues",
        "Queues in which messages wait, and why",
        columns={
            "queue": tables.words("queue", width=230),
            "waiting": tables.figures("waiting", "What Prometheus counted as ready", 80),
            "oldest": tables.figures("oldest", "How long the oldest listed message has been waiting", 110),
            "why": tables.words("why", width=520),
            "listed": tables.words("listed", "How many of those counted the logs name", 100),
        },
        formats={"waiting": count_text, "oldest": duration_text},
        tones={"why": rows["tone"]},
        most_rows=8,
    )


def _messages(rows: pd.DataFrame, *, several: bool) -> None:
    if rows.empty:
        return
    more = f", the oldest {count_text(ROWS_SHOWN)}" if len(rows) > ROWS_SHOWN else ""
    texts.note(f"{count(len(rows), 'message')} listed{more}, oldest first · click a row to follow its event")
    _follow(
        rows.head(ROWS_SHOWN),
        tables.table(
            rows.head(ROWS_SHOWN),
            "waiting.messages",
            "Waiting messages, oldest first, with their history",
            columns={
                "age": tables.figures("waiting for", "Since it was published, given back or dead-lettered", 110),
                "event": tables.words("event", width=150),
                "history": tables.words("history", "All that lines tell of the message, on one line", 700),
                "message": tables.words("message ID", width=160),
                "publisher": tables.words("published by", width=120),
                **({"queue": tables.words("queue", width=200)} if several else {}),
            },
            formats={"age": duration_text},
            most_rows=10,
            clickable=True,
        ),
    )


def _gone(rows: pd.DataFrame, since: str) -> None:
    texts.heading("Left without being handled", since)
    tables.table(
        rows,
        "waiting.gone",
        "What left each queue unhandled, why, and where it went",
        columns={
            "messages": tables.figures("messages", "", 90),
            "queue": tables.words("from", "The queue that they left", 260),
            "why": tables.words("why", width=200),
            "to": tables.words("to", "Where they went", 240),
            "known": tables.words("how we know", "What tells where they went", 280),
            "oldest": tables.figures("first one", "How long ago", 100),
        },
        formats={"messages": count_text, "oldest": duration_text},
        most_rows=8,
    )


def _gone_messages(rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    with st.expander(f"{count(len(rows), 'message')} one by one", icon=":material/list:", key="waiting.gone.each"):
        _follow(
            rows.head(ROWS_SHOWN),
            tables.table(
                rows.head(ROWS_SHOWN),
                "waiting.gone.messages",
                "Messages that left a queue unhandled, newest first, with their history",
                columns={
                    "age": tables.figures("ago", "", 100),
                    "event": tables.words("event", width=150),
                    "why": tables.words("why", width=170),
                    "history": tables.words("history", "All that lines tell of the message, on one line", 700),
                    "message": tables.words("message ID", width=160),
                },
                formats={"age": duration_text},
                most_rows=10,
                clickable=True,
            ),
        )


def _follow(rows: pd.DataFrame, clicked: int | None) -> None:
    """Go on to the event of the row that was clicked."""
    if clicked is not None and rows["correlation_id"].iloc[clicked]:
        chosen = {"trace_id": str(rows["correlation_id"].iloc[clicked]), "trace_step": "", "trace_find": ""}
        st.switch_page(PAGES["trace"], query_params=parameters(TIME_PARAMETERS, **chosen))
