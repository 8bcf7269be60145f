"""The list of the page Unacknowledged: deliveries that are not settled, all of them, to sort and to click."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components import tables, texts
from dashboard.components.delivery_filters import list_filters
from dashboard.components.frame import PAGES
from dashboard.components.link import parameters
from dashboard.components.place import TIME_PARAMETERS
from dashboard.shaping.overview import LOGS_SILENT, Answering
from dashboard.shaping.tones import tone_of_age
from dashboard.shaping.unacked_shapes import UnackedShapes
from dashboard.shaping.words import count_text, duration_text
from eventrail.analysis.narrowing import marks
from eventrail.model.delivery_filter import DeliveryFilter

MOST_ROWS: Final = 16


def delivery_list(
    shapes: UnackedShapes, wanted: DeliveryFilter, listed: int, answering: Answering, *, one_queue: bool
) -> None:
    """Show the wanted deliveries, with the filters; a click on one follows its event.

    listed: how many there are without filters. one_queue: they are all of the same.
    """
    rows = shapes.rows[marks(shapes.deliveries, wanted)].reset_index(drop=True)
    of = f" of {count_text(listed)}" if len(rows) < listed else ""
    there = f"{count_text(len(rows))}{of} not settled, oldest first"
    texts.heading("Deliveries", f"{there} · read from {shapes.answer.way.words} · click a row to follow its event")
    if listed or wanted.narrowed:
        list_filters(shapes.deliveries, wanted)
    if rows.empty:
        texts.note("None." if answering.logs or listed else f"{LOGS_SILENT.capitalize()}.")
        return
    clicked = _small(rows, one_queue) if len(rows) <= tables.STYLED_ROWS else _large(rows, one_queue)
    if clicked is not None and rows["correlation_id"].iloc[clicked]:
        chosen = {"trace_id": str(rows["correlation_id"].iloc[clicked]), "trace_step": "", "trace_find": ""}
        st.switch_page(PAGES["trace"], query_params=parameters(TIME_PARAMETERS, **chosen))


def _small(rows: pd.DataFrame, one_queue: bool) -> int | None:
    """Show ages in words, and in the colour of how alarming they are."""
    return tables.table(
        rows,
        "unacked.deliveries",
        "Outstanding deliveries, oldest first",
        columns={"age": tables.figures("held for", "Since it was delivered", 115), **_columns(one_queue)},
        formats={"age": duration_text, "attempt": count_text},
        tones={"age": rows["age"].map(tone_of_age)},
        most_rows=MOST_ROWS,
        clickable=True,
    )


def _large(rows: pd.DataFrame, one_queue: bool) -> int | None:
    """Show ages as clocks: what is said cell by cell here would take seconds."""
    columns = {
        "since": tables.instants("delivered", "UTC", 115),
        "held": tables.lengths("held for", "Since it was delivered: hours, minutes, seconds", 85),
        **_columns(one_queue),
    }
    return tables.plain_table(
        rows, "unacked.deliveries", "Outstanding deliveries, oldest first", columns=columns, most_rows=MOST_ROWS
    )


def _columns(one_queue: bool) -> dict[str, Any]:
    return {
        "stage": tables.words("stage", "received: in the client’s buffer; handling: a handler has it", 85),
        "event": tables.words("event", width=150),
        "correlation": tables.words("correlation ID", width=190),
        "attempt": tables.figures("attempt", "1 for the first delivery", 70),
        "holder": tables.words("holder", "pod · node", 240),
        "how": tables.words("how we know", "By a line of its own, or inferred by queue order", 130),
        "last_line": tables.words("last line for it", "The holder’s last log line for this event", 280),
        **({} if one_queue else {"queue": tables.words("queue", width=200)}),
        "consumer": tables.words("consumer tag", width=160),
    }
