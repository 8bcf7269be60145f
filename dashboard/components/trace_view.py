"""One event: its drawing, what is known of the chosen step, its lines, and the metrics on its way."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import charts, texts
from dashboard.components.trace_clocks import choose_clocks, clock_table
from dashboard.components.trace_copy import choose_copying, copy_text
from dashboard.components.trace_drawing import COMPARE, Drawn, choose_drawing, draw
from dashboard.components.trace_lines import line_of_no_step, line_table
from dashboard.components.trace_links import grafana_button
from dashboard.components.trace_panel import expected_panel, fold_panel, step_panel
from dashboard.components.trace_usual import Missing, Usual
from dashboard.shaping import curves, details, folds, lines
from dashboard.shaping.clocks import ORDER_WORDS
from dashboard.shaping.expected import in_rows, no_expected_steps, still_to_come
from dashboard.shaping.headline import Part
from dashboard.shaping.stretch import Stretch, of_expected, of_fold, of_step, seen_around
from dashboard.shaping.trace_shapes import TraceShapes
from dashboard.shaping.words import duration_text, moment_text
from eventrail.investigate.answers import TraceAnswer
from eventrail.investigate.step_order import proof_of_order
from eventrail.model.trace import Trace, TraceState
from eventrail.words import count, listed

STACKED_BELOW_PIXELS: Final = 400


def trace_view(shapes: TraceShapes, asked_step: str, on_step: Callable[[str], None], usual: Usual) -> None:
    """Lay out an event that was found. on_step: told the step that was clicked; usual: see trace_usual."""
    answer, trace = shapes.answer, shapes.trace
    texts.line(_summary(answer, trace))
    missing = Missing(trace.correlation_id)
    texts.problems((*answer.problems, *trace.warnings))
    step, stretch = details.chosen_step(trace, asked_step), None
    if step is not None:
        stretch = _drawing_and_panel(shapes, step, asked_step, on_step, usual, missing.expected)
    line_table(shapes, on_step)
    line_of_no_step(shapes)
    _metrics(shapes, stretch)
    clock_table(answer)
    missing.fill(usual())


def _drawing_and_panel(
    shapes: TraceShapes,
    step: details.Step,
    asked: str,
    on_step: Callable[[str], None],
    usual: Usual,
    learned: pd.DataFrame | None,
) -> Stretch:
    """Lay out the drawing and the panel; give the time and the places of what is told in the panel."""
    answer, trace = shapes.answer, shapes.trace
    folding = answer.folding
    fold = asked if folding is not None and (folding.folds["id"] == asked).any() else ""
    steps_expected = no_expected_steps() if learned is None else still_to_come(learned, trace.steps)
    steps_expected = in_rows(steps_expected, trace.steps, folding)
    awaited = steps_expected[steps_expected["id"] == asked]
    row = asked if len(awaited) else fold or folds.row_of(step.id, trace.steps, folding)
    if len(awaited):
        stretch = of_expected(awaited.iloc[0], trace.as_of)
    elif fold and folding is not None:
        stretch = of_fold(folding, trace.steps, fold, trace.as_of)
    else:
        stretch = of_step(step)
    drawn = Drawn(shapes, row, on_step, usual, steps_expected, learning=learned is None)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        drawing = choose_drawing()
        choose_clocks(answer)
        copying = choose_copying()
    if copying:
        copy_text(answer, trace)
    if drawing == COMPARE:
        draw(drawing, drawn)
        return stretch
    with st.grid(3, min_column_width=STACKED_BELOW_PIXELS) as grid:
        with grid.cell(column_span=2):
            draw(drawing, drawn)
        with grid.cell():
            if len(awaited):
                expected_panel(awaited.iloc[0])
            elif fold and folding is not None:
                fold_panel(folding, trace.steps, fold, on_step)
            else:
                step_panel(step, lines.lines_of_step(trace, step), order_words(answer, step))
    return stretch


def order_words(answer: TraceAnswer, step: details.Step) -> str:
    """Say how it is known that the step comes after the one before it."""
    proof = proof_of_order(answer, step.id)
    return "" if proof is None else ORDER_WORDS[proof]


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


def _metrics(shapes: TraceShapes, stretch: Stretch | None) -> None:
    answer = shapes.answer
    names = stretch.names if stretch is not None else frozenset[str]()
    shown = tuple(curves.marked(panel, names) for panel in shapes.panels)
    if not shown:
        texts.heading("Metrics on the way")
        texts.note("No metric of its queues, pods and nodes was found around that time.")
        return
    seen = None if stretch is None else seen_around(stretch, *curves.extent(shown))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        told = "of the queues, pods and nodes it passed; shaded: what is chosen above, its own curves are thicker"
        texts.heading("Metrics on the way", f"{told}; double click: all" if seen else told)
        grafana_button(answer, shapes.trace)
    charts.curve_panels(
        shown,
        key="trace.metrics",
        alt="Metrics of the queues, pods and nodes on the way",
        span=None if stretch is None else (stretch.start, stretch.until),
        seen=seen,
    )
    if absent := curves.missing(answer.metrics):
        texts.note(f"Not found: {', '.join(absent)}.")
