"""The event's lines in order, the one that was chosen, and that one whole as its source holds it."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components import tables, texts, trace_loading
from dashboard.components.link import recall, remember
from dashboard.components.search_box import search_box
from dashboard.components.trace_links import kibana_button
from dashboard.shaping import lines
from dashboard.shaping.trace_shapes import TraceShapes
from dashboard.shaping.words import readable_json
from eventrail.words import count

LINES: Final = "trace_lines"
LINE: Final = "trace_line"
LONGEST_WORDS: Final = 200
_NOTABLE: Final = {"error": "bad", "critical": "bad", "warning": "warn"}


def line_table(shapes: TraceShapes, on_step: Callable[[str], None]) -> None:
    """List the lines; a click on one goes to its step, and to the line there. on_step: told the step."""
    written = len(shapes.trace.log_lines)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        remark = f"{count(written, 'log line')}; ◆ says what the steps did · click one to go to its step"
        texts.heading("Lines in order", remark)
        kibana_button(shapes.answer)
    search_box(
        "Search these lines",
        "trace.lines.typed",
        recall(LINES),
        lambda typed: remember(**{LINES: typed}),
        placeholder="words of a line, a pod, a level, a step",
        icon=":material/filter_alt:",
        longest=LONGEST_WORDS,
    )
    shown = _shown(shapes)
    tone = shown["level"].map(_NOTABLE).fillna("plain")
    clicked = tables.table(
        shown,
        "trace.lines",
        "The event's log lines and steps in order of time",
        columns={
            "at": tables.words("time (UTC)", width=110),
            "pod": tables.words("pod", width=150),
            "level": tables.words("level", width=70),
            "line": tables.words("line", width=500),
            "step": tables.words("belongs to", "The step that the line was written in", width=170),
        },
        tones={"level": tone, "line": tone},
        most_rows=14,
        clickable=True,
    )
    if clicked is not None:
        _go_to(shown.iloc[clicked], on_step)


def _shown(shapes: TraceShapes) -> pd.DataFrame:
    """Give the lines to list, and say how many there are where they are not all of them."""
    shown, found = shapes.first_lines, shapes.lines
    if recall(LINES):
        holding = lines.found_in(shapes.all_lines, recall(LINES)[:LONGEST_WORDS])
        shown, found = holding.head(lines.SHOWN_MOST), len(holding)
        texts.note(f"{found:,} of {shapes.lines:,} lines hold all these words.")
    if len(shown) < found:
        texts.note(f"The first {len(shown):,} of {found:,}; search to see others.")
    return shown


def _go_to(line: "pd.Series[Any]", on_step: Callable[[str], None]) -> None:
    remember(**{LINE: "" if pd.isna(line["document_id"]) else line["document_id"]})
    if not pd.isna(line["step_id"]):
        on_step(line["step_id"])
    st.rerun()


def choose_line(heard: pd.DataFrame) -> None:
    """Let the reader choose one of a step's lines. heard: see lines.line_table."""
    known = heard.dropna(subset="document_id").drop_duplicates("document_id")
    if known.empty:
        return
    words = dict(zip(known["document_id"], known["at"] + "  " + known["line"], strict=True))
    st.session_state["trace.line.chosen"] = recall(LINE) if recall(LINE) in words else None
    st.selectbox(
        "A line whole",
        list(words),
        key="trace.line.chosen",
        format_func=words.__getitem__,
        placeholder="choose a line to see it whole, and its raw document",
        label_visibility="collapsed",
        on_change=lambda: remember(**{LINE: st.session_state["trace.line.chosen"] or ""}),
    )
    if recall(LINE) in words:
        chosen_line(heard[heard["document_id"] == recall(LINE)].iloc[0])


def line_of_no_step(shapes: TraceShapes) -> None:
    """Show the chosen line where it belongs to no step, so that no panel shows it."""
    chosen = lines.line_of(shapes.trace, recall(LINE)) if recall(LINE) else None
    if chosen is not None and pd.isna(chosen["step_id"]):
        texts.heading("The chosen line", "no step of its pod was going on then")
        chosen_line(chosen)


def chosen_line(line: "pd.Series[Any]") -> None:
    """Show a line's text, and on demand its document; both as text."""
    texts.note(f"{line['at']} UTC · {line['level']} · {line['pod']}")
    st.code(line["line"], language=None, wrap_lines=True)
    opened = st.expander("Raw document", icon=":material/data_object:", key="trace.raw", on_change="rerun")
    if not opened.open:
        return
    with opened:
        raw = trace_loading.raw_document(str(line["document_id"]))
        texts.problems(raw.problems)
        if raw.text:
            st.code(readable_json(raw.text), language="json", wrap_lines=True)
