"""One event: its drawing, what is known of the chosen step, its lines, and the metrics on its way."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import charts, tables, texts
from dashboard.components.link import recall, remember
from dashboard.components.trace_clocks import choose_clocks, clock_table
from dashboard.components.trace_copy import copy_as
from dashboard.components.trace_drawing import COMPARE, Drawn, choose_drawing, draw
from dashboard.components.trace_links import grafana_button, kibana_button
from dashboard.components.trace_panel import fold_panel, step_panel
from dashboard.components.trace_usual import MissingLines, Usual
from dashboard.shaping import curves, details, folds, lines
from dashboard.shaping.clocks import ORDER_WORDS
from dashboard.shaping.headline import Part
from dashboard.shaping.words import duration_text, moment_text
from eventrail.investigate.answers import TraceAnswer
from eventrail.model.clocks import OrderProof
from eventrail.model.trace import Trace, TraceState
from eventrail.words import count, listed

STACKED_BELOW_PIXELS: Final = 400
LINES: Final = "trace_lines"
LONGEST_WORDS: Final = 200
_TYPED: Final = "trace.lines.typed"
_NOTABLE: Final = {"error": "bad", "critical": "bad", "warning": "warn"}


def trace_view(answer: TraceAnswer, asked_step: str, on_step: Callable[[str], None], usual: Usual) -> None:
    """Lay out an event that was found. on_step: told the step that was clicked; usual: see trace_usual."""
    trace = answer.trace
    if trace is None:
        return
    texts.line(_summary(answer, trace))
    missing = MissingLines(trace.correlation_id)
    texts.problems((*answer.problems, *trace.warnings))
    told = lines.line_table(trace)
    step = details.chosen_step(trace, asked_step)
    if step is not None:
        _drawing_and_panel(answer, trace, step, told, asked_step, on_step, usual)
    _lines(answer, told)
    _metrics(answer, trace, step)
    clock_table(answer)
    missing.fill(usual())


def _drawing_and_panel(
    answer: TraceAnswer,
    trace: Trace,
    step: details.Step,
    told: pd.DataFrame,
    asked: str,
    on_step: Callable[[str], None],
    usual: Usual,
) -> None:
    folding = answer.folding
    fold = asked if folding is not None and (folding.folds["id"] == asked).any() else ""
    row = fold or folds.row_of(step.id, trace.steps, folding)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        drawing = choose_drawing()
        choose_clocks(answer)
        copy_as(answer, trace)
    if drawing == COMPARE:
        draw(drawing, Drawn(answer, trace, row, on_step, usual))
        return
    with st.grid(3, min_column_width=STACKED_BELOW_PIXELS) as grid:
        with grid.cell(column_span=2):
            draw(drawing, Drawn(answer, trace, row, on_step, usual))
        with grid.cell():
            if fold and folding is not None:
                fold_panel(folding, trace.steps, fold, on_step)
            else:
                step_panel(step, told, order_words(answer, step))


def order_words(answer: TraceAnswer, step: details.Step) -> str:
    """Say how it is known that the step comes after the one before it."""
    if answer.trace is None or answer.order is None:
        return ""
    proofs = answer.order[(answer.trace.steps["id"] == step.id).to_numpy()]
    return ORDER_WORDS[OrderProof(proofs.iloc[0])] if len(proofs) else ""


def _summary(answer: TraceAnswer, trace: Trace) -> list[Part]:
    """Say in a line what kind of event it is, when it began, how far it went."""
    parts = [Part(f"event {trace.event_type}")] if trace.event_type else []
    if trace.started is not None:
        parts.append(Part(f"began {moment_text(trace.started)}"))
    parts.append(Part(f"{count(len(trace.services), 'service')}: {listed(list(trace.services), most=8)}"))
    parts.append(Part(count(len(trace.steps), "step")))
    if trace.state is TraceState.OUTSTANDING:
        seconds = (trace.as_of - trace.outstanding["start"].min()).total_seconds()
        parts.append(Part(f"not settled for {duration_text(seconds)}", "bad"))
    elif trace.started is not None and trace.ended is not None:
        parts.append(Part(f"took {duration_text((trace.ended - trace.started).total_seconds())}"))
    reference = answer.clocks.reference if answer.clocks is not None else None
    return [*parts, Part(f"times by the clock of {reference}" if answer.corrected else "times as logged")]


def _lines(answer: TraceAnswer, told: pd.DataFrame) -> None:
    written = int((told["level"] != lines.STEP_LEVEL).sum())
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        texts.heading("Lines in order", f"{count(written, 'log line')}; ◆ says what the steps did")
        kibana_button(answer)
    st.session_state[_TYPED] = recall(LINES)
    st.text_input(
        "Search these lines",
        key=_TYPED,
        type="search",
        placeholder="words of a line, a pod, a level",
        label_visibility="collapsed",
        icon=":material/filter_alt:",
        max_chars=LONGEST_WORDS,
        on_change=lambda: remember(**{LINES: str(st.session_state[_TYPED] or "").strip()}),
    )
    found = lines.found_in(told, recall(LINES)[:LONGEST_WORDS])
    if recall(LINES):
        texts.note(f"{len(found):,} of {len(told):,} lines hold all these words.")
    shown = found.head(lines.SHOWN_MOST)
    if len(shown) < len(found):
        texts.note(f"The first {len(shown):,} of {len(found):,}; search to see others.")
    tone = shown["level"].map(_NOTABLE).fillna("plain")
    tables.table(
        shown,
        "trace.lines",
        "The event's log lines and steps in order of time",
        columns={
            "at": tables.words("time (UTC)", width=110),
            "pod": tables.words("pod", width=150),
            "level": tables.words("level", width=70),
            "line": tables.words("line", width=620),
        },
        tones={"level": tone, "line": tone},
        most_rows=14,
    )


def _metrics(answer: TraceAnswer, trace: Trace, step: details.Step | None) -> None:
    shown = curves.panels(answer.metrics, curves.owners_of(trace.steps))
    if not shown:
        texts.heading("Metrics on the way")
        texts.note("No metric of its queues, pods and nodes was found around that time.")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        texts.heading("Metrics on the way", "of the queues, pods and nodes it passed; shaded: the chosen step")
        grafana_button(answer, trace)
    span = None if step is None else (step.start, step.until or step.start)
    charts.curve_panels(shown, key="trace.metrics", alt="Metrics of the queues, pods and nodes on the way", span=span)
    if absent := curves.missing(answer.metrics):
        texts.note(f"Not found: {', '.join(absent)}.")
