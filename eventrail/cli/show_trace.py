"""A trace as people read it in a terminal."""

from typing import Any, Final

import click
import pandas as pd
from rich.console import Console
from rich.text import Text

from eventrail.cli.screen import cell, instant, screen, show_problems, show_sentence, table
from eventrail.cli.show_usual import show_usual
from eventrail.cli.usual_documents import missing_documents, usual_document
from eventrail.harmless import plain
from eventrail.investigate.answers import TraceAnswer, UsualAnswer
from eventrail.model.trace import StepState, Trace
from eventrail.report.json_values import as_text
from eventrail.report.step_words import MISSING, after, took, what
from eventrail.report.trace_json import trace_document
from eventrail.report.trace_markdown import trace_markdown
from eventrail.report.zipkin import zipkin_spans
from eventrail.words import age, count

_STATE_STYLES: Final = {
    StepState.OUTSTANDING: "bold red",
    StepState.FAILED: "bold red",
    StepState.WAITING: "yellow",
    StepState.REQUEUED: "yellow",
    StepState.RETURNED: "yellow",
}
# A deeper tree would leave no room for anything else.
_INDENTS_MAX: Final = 12


def say_trace(answer: TraceAnswer, usual: UsualAnswer | None, form: str, *, log_lines: bool) -> None:
    """Print the answer in one of options.FORMATS. Of an event that was not found only JSON tells.

    usual: what is usual of it, for the forms that tell.
    """
    if form == "json":
        document = trace_document(answer.trace, answer.correlation_id, answer.problems)
        document["missing"] = [] if usual is None else missing_documents(usual)
        document["usual"] = None if usual is None else usual_document(usual)
        click.echo(as_text(document))
    elif answer.trace is None:
        return
    elif form == "markdown":
        click.echo(trace_markdown(answer.trace, answer.sentence, answer.problems), nl=False)
    elif form == "zipkin":
        click.echo(as_text(zipkin_spans(answer.trace)))
    else:
        show_trace(screen(), answer, usual, log_lines)


def show_trace(console: Console, answer: TraceAnswer, usual: UsualAnswer | None, log_lines: bool) -> None:
    """Print the sentence, the steps in their order, what is missing, on request the log lines, and the warnings."""
    show_sentence(console, answer.sentence)
    trace = answer.trace
    if trace is None:
        show_problems(console, answer.problems)
        return
    console.print()
    console.print(Text(_summary(trace)))
    console.print()
    if len(trace.steps):
        console.print(_steps(trace))
    if usual is not None:
        show_usual(console, usual)
    # Where services log no messaging lines, the other lines are all there is to see.
    if len(trace.log_lines) and (log_lines or trace.steps.empty):
        console.print()
        console.print(_log_lines(trace.log_lines))
    doubts = () if usual is None else usual.problems
    show_problems(console, tuple(dict.fromkeys((*trace.warnings, *answer.problems, *doubts))))


def _summary(trace: Trace) -> str:
    taken = MISSING
    if trace.started is not None and trace.ended is not None:
        taken = age((trace.ended - trace.started).total_seconds())
    parts = [
        f"event {plain(trace.correlation_id)}",
        plain(trace.event_type) if trace.event_type else "",
        str(trace.state),
        f"began {instant(trace.started)} UTC",
        f"took {taken}",
        count(len(trace.steps), "step"),
        count(len(trace.services), "service"),
        count(len(trace.log_lines), "log line"),
    ]
    return " · ".join(part for part in parts if part)


def _steps(trace: Trace) -> Any:
    made = table(
        "after", "step", "service", "pod", "node", "queue", "took", "state", "inferred", right=("after", "took")
    )
    depths = _depths(trace.steps)
    for step in trace.steps.to_dict("records"):
        style = _STATE_STYLES.get(step["state"], "")
        made.add_row(
            cell(after(step["start"], trace.started)),
            cell("  " * min(depths[step["id"]], _INDENTS_MAX) + what(step), style),
            *(cell(step[name]) for name in ("service", "pod", "node", "queue")),
            cell(took(step, trace.as_of)),
            cell(step["state"], style),
            cell(step["inferred"] if isinstance(step["inferred"], str) and step["inferred"] else ""),
        )
    return made


def _depths(steps: pd.DataFrame) -> dict[str, int]:
    """Give how deep each step lies below a start; parents stand before their children, or are not known."""
    depths: dict[str, int] = {}
    for identifier, parent in zip(steps["id"], steps["parent_id"], strict=True):
        depths[identifier] = depths[parent] + 1 if parent in depths else 0
    return depths


def _log_lines(lines: pd.DataFrame) -> Any:
    made = table("time (UTC)", "level", "service", "pod", "message")
    for line in lines[["time", "level", "service", "pod", "message"]].to_dict("records"):
        made.add_row(
            cell(instant(line["time"])), *(cell(line[name]) for name in ("level", "service", "pod", "message"))
        )
    return made
