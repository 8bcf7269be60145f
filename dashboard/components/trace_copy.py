"""An event to take away: as text to copy, or as a file."""

from typing import Final

import streamlit as st

from dashboard.components.clipboard import copy_button
from eventrail.investigate.answers import TraceAnswer
from eventrail.model.trace import Trace
from eventrail.report.json_values import as_text
from eventrail.report.trace_json import trace_document
from eventrail.report.trace_markdown import trace_markdown
from eventrail.report.zipkin import zipkin_spans

MARKDOWN: Final = "Markdown"
# A longer text is slow in a browser: it is given as a file only.
COPIED_MOST: Final = 200_000
_FILES: Final = {MARKDOWN: "md", "JSON": "json", "Zipkin JSON": "zipkin.json"}
_OPEN: Final = "trace.copy.open"


def choose_copying() -> bool:
    """Offer to take the event away; give whether the text is to be shown."""
    is_open = bool(st.session_state.get(_OPEN, False))
    st.button(
        "Close the text" if is_open else "Copy as",
        icon=":material/close:" if is_open else ":material/content_copy:",
        type="tertiary",
        key="trace.copy",
        on_click=_turn,
    )
    return is_open


def _turn() -> None:
    st.session_state[_OPEN] = not st.session_state.get(_OPEN, False)


def copy_text(answer: TraceAnswer, trace: Trace) -> None:
    """Give the event as a Markdown summary for a chat or ticket, as JSON, and as spans for Zipkin and Jaeger.

    It is a part of the page and no menu above it, so that the Tab key goes from the button to the text.
    """
    with st.container(border=True):
        wanted = st.segmented_control("Format", list(_FILES), default=MARKDOWN, required=True, key="trace.copy.format")
        text = _text(str(wanted), answer, trace)
        if len(text) <= COPIED_MOST:
            copy_button(text, key="trace.copy.clipboard")
            st.code(text, language="markdown" if wanted == MARKDOWN else "json", height=320, wrap_lines=True)
        else:
            st.text(f"{len(text):,} characters: too long to show here.")
        name = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in trace.correlation_id)[:80]
        st.download_button(
            "Save as a file", text, f"{name}.{_FILES[str(wanted)]}", icon=":material/download:", on_click="ignore"
        )


def _text(wanted: str, answer: TraceAnswer, trace: Trace) -> str:
    if wanted == MARKDOWN:
        return trace_markdown(trace, answer.sentence, answer.problems)
    if wanted == "JSON":
        return as_text(trace_document(trace, trace.correlation_id, answer.problems))
    return as_text(zipkin_spans(trace))
