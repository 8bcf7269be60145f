"""One event: its waterfall, what is known of the chosen step, its lines, and the metrics on its way."""

from collections.abc import Callable
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import charts, tables, texts
from dashboard.components.colours import LINE, SOFT, css
from dashboard.components.flow_graph import flow_drawing
from dashboard.components.link import recall, remember
from dashboard.components.markup import Markup, element, joined, show
from dashboard.components.sequence import sequence_diagram
from dashboard.components.waterfall import Reader, waterfall
from dashboard.shaping import curves, details, lines
from dashboard.shaping.flow_graph import flow_graph
from dashboard.shaping.headline import Part
from dashboard.shaping.sequence import sequence
from dashboard.shaping.waterfall import waterfall as shape
from dashboard.shaping.words import duration_text, moment_text
from eventrail.investigate.answers import TraceAnswer
from eventrail.model.trace import Trace, TraceState
from eventrail.words import count, listed

STACKED_BELOW_PIXELS = 400
DRAWING: Final = "trace_drawing"
WATERFALL: Final = "waterfall"
FILTER: Final = "trace_filter"
LONGEST_FILTER: Final = 200
_CHOSEN: Final = "trace.drawing"
_NOTABLE = {"error": "bad", "critical": "bad", "warning": "warn"}


def trace_view(answer: TraceAnswer, asked_step: str, on_step: Callable[[str], None]) -> None:
    """Lay out an event that was found. on_step: told the step that was clicked."""
    trace = answer.trace
    if trace is None:
        return
    texts.line(_summary(trace))
    texts.problems((*answer.problems, *trace.warnings))
    step = details.chosen_step(trace, asked_step)
    told = lines.line_table(trace)
    if step is not None:
        drawing = _choose_drawing()
        with st.grid(3, min_column_width=STACKED_BELOW_PIXELS) as grid:
            with grid.cell(column_span=2):
                _DRAWINGS[drawing](answer, trace, step, on_step)
            with grid.cell():
                _panel(step, told)
    _lines(told)
    _metrics(answer, trace, step)


def _choose_drawing() -> str:
    """Let the reader choose how the event is drawn; the link keeps it."""
    st.session_state[_CHOSEN] = recall(DRAWING) if recall(DRAWING) in _DRAWINGS else WATERFALL
    st.segmented_control(
        "Drawn as",
        list(_DRAWINGS),
        key=_CHOSEN,
        required=True,
        format_func=lambda name: name.capitalize(),
        label_visibility="collapsed",
        on_change=lambda: remember(**{DRAWING: str(st.session_state[_CHOSEN])}),
    )
    return str(st.session_state[_CHOSEN])


def _waterfall(answer: TraceAnswer, trace: Trace, step: details.Step, on_step: Callable[[str], None]) -> None:
    label = "now" if answer.moment.live else f"{trace.as_of:%H:%M:%S}"
    reader = Reader(step.id, recall(FILTER)[:LONGEST_FILTER], on_step, lambda words: remember(**{FILTER: words}))
    shaped = shape(trace, answer.critical_path)
    waterfall(shaped, key="trace.waterfall", event=trace.correlation_id, now_label=label, reader=reader)


def _sequence(_: TraceAnswer, trace: Trace, step: details.Step, on_step: Callable[[str], None]) -> None:
    shaped = sequence(trace)
    sequence_diagram(shaped, key="trace.sequence", chosen=step.id, on_step=on_step)
    if len(shaped.arrows) < shaped.drawn_of:
        told = "those of the same way and event type are one, open and failed ones stay single"
        texts.note(f"{len(shaped.arrows):,} arrows stand for {shaped.drawn_of:,}: {told}.")


def _flow(_: TraceAnswer, trace: Trace, __: details.Step, ___: Callable[[str], None]) -> None:
    graph = flow_graph(trace)
    flow_drawing(graph, alt=f"Services and queues that the event passed: {', '.join(graph.nodes['name'])}")


_DRAWINGS: Final = {WATERFALL: _waterfall, "sequence": _sequence, "flow": _flow}


def _summary(trace: Trace) -> list[Part]:
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
    return [*parts, Part("times as logged")]


def _panel(step: details.Step, told: pd.DataFrame) -> None:
    rows = [_fact(fact) for fact in details.facts(step)]
    head = element("div", details.title(step), style="font-weight:650;font-size:1.05rem;margin-bottom:.3rem;")
    box = f"border:1px solid {LINE};border-radius:8px;padding:.7rem .9rem;font-variant-numeric:tabular-nums;"
    body = element("div", joined(rows), style="display:grid;grid-template-columns:max-content 1fr;gap:.25rem .9rem;")
    here = lines.lines_of_step(told, step)
    heard = [element("div", f"{at}  {line}") for at, line in zip(here["at"], here["line"], strict=True)][-12:]
    said = element(
        "div",
        joined(heard) if heard else "none",
        style="font-family:monospace;font-size:.86rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5;",
    )
    caption = element("div", "Log lines of its pod meanwhile", style="font-weight:650;margin:.7rem 0 .2rem;")
    show(element("div", head, body, caption, said, style=box))


def _fact(fact: details.Fact) -> Markup:
    colour = "" if fact.tone == "plain" else f"color:{css(fact.tone)};font-weight:650;"
    name = element("span", fact.name, style=f"color:{SOFT};")
    return joined([name, element("span", fact.words, style=f"overflow-wrap:anywhere;{colour}")])


def _lines(told: pd.DataFrame) -> None:
    written = int((told["level"] != lines.STEP_LEVEL).sum())
    texts.heading("Lines in order", f"{count(written, 'log line')}; ◆ says what the steps did")
    tone = told["level"].map(_NOTABLE).fillna("plain")
    tables.table(
        told,
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
    texts.heading("Metrics on the way", "of the queues, pods and nodes it passed; shaded: the chosen step")
    span = None if step is None else (step.start, step.until or step.start)
    charts.curve_panels(shown, key="trace.metrics", alt="Metrics of the queues, pods and nodes on the way", span=span)
    if absent := curves.missing(answer.metrics):
        texts.note(f"Not found: {', '.join(absent)}.")
