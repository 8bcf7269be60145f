"""The body of the page Trace: find an event, and follow it."""

from collections.abc import Callable
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import loading, tables, texts, trace_loading
from dashboard.components.frame import Frame
from dashboard.components.link import recall, remember
from dashboard.components.place import go_to
from dashboard.components.search_box import search_box
from dashboard.components.trace_clocks import CLOCKS, CORRECTED
from dashboard.components.trace_drawing import DRAWING, FILTER
from dashboard.components.trace_lines import LINE, LINES
from dashboard.components.trace_progress import board, told_while
from dashboard.components.trace_view import trace_view
from dashboard.shaping.overview import held_events
from dashboard.shaping.tones import tone_of_age
from dashboard.shaping.words import count_text, duration_text, moment_text, visible_text
from eventrail.investigate.answers import FoundEvents
from eventrail.model.window import Window

ID: Final = "trace_id"
FIND: Final = "trace_find"
STEP: Final = "trace_step"
HOURS: Final = "trace_hours"
PARAMETERS: Final = (ID, FIND, STEP, HOURS, DRAWING, FILTER, LINES, LINE, CLOCKS)
LONGEST_ID: Final = 2000
WIDER_HOURS: Final = {24.0: "24 hours", 72.0: "3 days", 168.0: "week", 744.0: "month"}


def draw(frame: Frame) -> None:
    """Lay out the search, and what it found or the event that was chosen."""
    _search_box()
    correlation_id, wanted = recall(ID)[:LONGEST_ID], recall(FIND)[:LONGEST_ID]
    if correlation_id:
        _event(frame, correlation_id)
    elif wanted:
        _found(frame, wanted)
    else:
        _suggestions(frame)


def hours() -> float | None:
    """Give how far back the reader wants lines looked for; None: as far as is usual."""
    try:
        value = float(recall(HOURS) or "nan")
    except ValueError:
        return None
    return value if 0 < value <= loading.WIDEST_HOURS else None


def _search_box() -> None:
    search_box(
        "Find an event",
        "trace.typed",
        recall(ID) or recall(FIND),
        lambda typed: remember(**{FIND: typed, ID: "", STEP: "", LINE: "", HOURS: ""}),
        placeholder="correlation ID or its beginning, message ID, event type, service, or words of a log line",
        icon=":material/search:",
        longest=LONGEST_ID,
    )


def _event(frame: Frame, correlation_id: str) -> None:
    with loading.waiting(frame.body, f"trace {correlation_id}", height=420):
        corrected = recall(CLOCKS) == CORRECTED
        shapes = told_while(
            partial(trace_loading.trace, frame.asked, correlation_id, hours(), correct_clocks=corrected),
            partial(board().told, correlation_id),
            frame.body.empty(),
        )
    answer = shapes.answer
    frame.line(answer.moment)
    if recall(FIND) and recall(FIND) != correlation_id:
        st.button(
            "Back to what was found",
            key="trace.back",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=lambda: remember(**{ID: "", STEP: "", LINE: ""}),
        )
    texts.verdict(answer.sentence)
    if answer.trace is None:
        texts.problems(answer.problems)
        _offer_wider(answer.searched)
        return
    trace_view(
        shapes,
        recall(STEP),
        on_step=lambda step: remember(**{STEP: step}),
        usual=lambda: trace_loading.usual(frame.asked, correlation_id, hours()),
    )


def _found(frame: Frame, wanted: str) -> None:
    with loading.waiting(frame.body, f"find {wanted}"):
        found = loading.found(frame.asked, wanted, hours())
    exact = found.frame[found.frame["correlation_id"] == wanted]
    if len(exact):
        _event(frame, wanted)
        return
    texts.problems(found.problems)
    if found.frame.empty:
        texts.nothing(f"Nothing found for “{visible_text(wanted)}”.", f"Searched {_in_words(found.searched)}.")
        _offer_wider(found.searched)
        return
    _list(found)
    _offer_wider(found.searched)


def _list(found: FoundEvents) -> None:
    rows = found.frame.reset_index(drop=True)
    most = f"the newest {len(rows)}" if len(rows) >= loading.MOST_FOUND else str(len(rows))
    texts.heading("Events found", f"{most}, {_in_words(found.searched)} · click one to follow it")
    clicked = tables.table(
        pd.DataFrame(
            {
                "event": rows["correlation_id"].astype("str").map(visible_text),
                "newest": rows["newest"].map(moment_text),
                "lines": rows["lines"],
                "matched": rows["matched"].astype("str"),
            }
        ),
        "trace.found",
        "Events found, newest first",
        columns={
            "event": tables.words("correlation ID"),
            "newest": tables.words("newest line", width=200),
            "lines": tables.figures("lines", "How many lines matched", 90),
            "matched": tables.words("found by", width=150),
        },
        formats={"lines": count_text},
        most_rows=20,
        clickable=True,
    )
    _follow(clicked, lambda row: str(rows["correlation_id"].iloc[row]))


def _suggestions(frame: Frame) -> None:
    """Offer the events that are held up longest, where nothing is searched for yet."""
    with loading.waiting(frame.body, "trace"):
        answer = loading.overview(frame.asked)
    frame.line(answer.moment, answer.checks)
    texts.problems(answer.problems)
    rows = held_events(answer)
    if rows.empty:
        texts.note("Search above. No event is held up at this instant.")
        return
    texts.heading("Held up longest", "events with a delivery that is not settled · click one to follow it")
    clicked = tables.table(
        rows,
        "trace.held",
        "Events held up longest",
        columns={
            "age": tables.figures("held for", "Since it was delivered", 120),
            "event": tables.words("correlation ID"),
            "event_type": tables.words("event"),
            "queue": tables.words("queue"),
            "holder": tables.words("holder"),
        },
        formats={"age": duration_text},
        tones={"age": rows["age"].map(tone_of_age)},
        clickable=True,
    )
    _follow(clicked, lambda row: str(rows["correlation_id"].iloc[row]))


def _follow(clicked: int | None, name: Callable[[int], str]) -> None:
    if clicked is not None:
        remember(**{ID: name(clicked), STEP: "", LINE: ""})
        st.rerun(scope="fragment")


def _offer_wider(searched: Window) -> None:
    """Offer to look further back; in a recording, to look at all of it."""
    extent = loading.opened_sources().extent
    if extent is not None:
        if searched.end < extent.end:
            label = "Look through the whole recording"
            st.button(label, key="trace.wider", icon=":material/history:", on_click=go_to, args=(extent.end,))
        else:
            texts.note("That is all the recording holds.")
        return
    wider = next((step for step in WIDER_HOURS if step * 3600 > searched.seconds * 1.01), None)
    if wider is None:
        return
    label = f"Look through the last {WIDER_HOURS[wider]}"
    st.button(label, key="trace.wider", icon=":material/history:", on_click=lambda: remember(**{HOURS: f"{wider:g}"}))


def _in_words(window: Window) -> str:
    return f"{window.start:%Y-%m-%d %H:%M:%S} to {moment_text(window.end, day=window.start)}"
