"""A trace as a Markdown summary, for a chat or a ticket: what happened, where the event is, and who holds it."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.model.problem import Problem
from eventrail.model.sentence import Sentence
from eventrail.model.trace import OPEN_STATES, StepState, Trace
from eventrail.report.markdown import code, prose, table
from eventrail.report.step_words import MISSING, after, took, what
from eventrail.words import age, count

# A summary is read on one screen. What is left out is counted.
STEPS_MAX: Final = 30
OPEN_MAX: Final = 20
SERVICES_MAX: Final = 20
WARNINGS_MAX: Final = 10
CELL_CHARACTERS_MAX: Final = 80


def trace_markdown(trace: Trace, sentence: Sentence, problems: tuple[Problem, ...] = ()) -> str:
    """Give the summary. sentence: what the page says of the trace; problems: what follows the trace's own warnings.

    At most STEPS_MAX steps are listed: open ones first, then failed ones, then the earliest others.
    """
    parts = [
        [f"**{prose(sentence.headline)}**"],
        [f"- {prose(each)}" for each in sentence.evidence],
        _facts(trace),
        _open_steps(trace),
        _steps(trace),
        _warnings((*trace.warnings, *problems)),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _facts(trace: Trace) -> list[str]:
    event_type = f" ({prose(trace.event_type)})" if trace.event_type else ""
    ended = f"{_instant(trace.ended)}, after {_length(trace)}" if trace.ended is not None else "not yet"
    named = [code(name, CELL_CHARACTERS_MAX) for name in trace.services[:SERVICES_MAX]]
    left_out = len(trace.services) - len(named)
    services = ", ".join(named) + (f" and {left_out:,} more" if left_out else "")
    facts = {
        "event": code(trace.correlation_id) + event_type,
        "state": str(trace.state),
        "started": _instant(trace.started),
        "ended": ended if trace.started is not None else MISSING,
        "as of": _instant(trace.as_of),
        "services": services or MISSING,
        "log lines": f"{len(trace.log_lines):,}",
    }
    return [f"- {name}: {value}" for name, value in facts.items()]


def _open_steps(trace: Trace) -> list[str]:
    """Give the deliveries not settled, with who holds them, and the messages that wait; the oldest first."""
    still_open = trace.steps[trace.steps["state"].isin(OPEN_STATES)].sort_values("start", kind="stable")
    if still_open.empty:
        return []
    listed = still_open.head(OPEN_MAX)
    head = ("state", "queue", "message", "held by", "since", "age", "attempt")
    rows = [
        (
            _stage(step),
            _cell(step["queue"]),
            _cell(step["message_id"]),
            _holder(step) if step["state"] == StepState.OUTSTANDING else MISSING,
            _instant(step["start"]),
            MISSING if pd.isna(step["start"]) else age((trace.as_of - step["start"]).total_seconds()),
            MISSING if pd.isna(step["attempt"]) else str(step["attempt"]),
        )
        for step in listed.to_dict("records")
    ]
    title = f"**Open: {_of(len(listed), len(still_open))}**"
    return [title, "", *table(head, rows, right=("age", "attempt"))]


def _steps(trace: Trace) -> list[str]:
    steps = trace.steps
    if steps.empty:
        return []
    ranks = _ranks(steps)
    chosen = np.sort(np.argsort(ranks, kind="stable")[:STEPS_MAX])
    head = ("after", "step", "service", "pod", "queue", "took", "state", "inferred")
    rows = [
        (
            after(step["start"], trace.started),
            prose(_cut(what(step))),
            *(_cell(step[name]) for name in ("service", "pod", "queue")),
            took(step, trace.as_of),
            str(step["state"]),
            prose(step["inferred"].replace(",", ", ")) if isinstance(step["inferred"], str) else "",
        )
        for step in steps.iloc[chosen].to_dict("records")
    ]
    lines = [f"**Steps: {_of(len(chosen), len(steps))}**"]
    if len(chosen) < len(steps):
        listed, there = np.bincount(ranks[chosen], minlength=3), np.bincount(ranks, minlength=3)
        groups = zip(("open", "failed", "other"), listed, there, strict=True)
        told = ", ".join(f"{some:,} of {all_of_them:,} {name}" for name, some, all_of_them in groups if all_of_them)
        lines.append(f"Listed are {told}, the earliest of each; {count(len(steps) - len(chosen), 'step')} left out.")
    return [*lines, "", *table(head, rows, right=("after", "took"))]


def _warnings(problems: tuple[Problem, ...]) -> list[str]:
    unique = list(dict.fromkeys(problems))
    if not unique:
        return []
    told = [f"- {each.severity}: {prose(str(each))}" for each in unique[:WARNINGS_MAX]]
    return [f"**Warnings: {_of(len(told), len(unique))}**", "", *told]


def _ranks(steps: pd.DataFrame) -> "np.typing.NDArray[np.int64]":
    """Number the steps by what must not be left out: open 0, failed 1, others 2."""
    is_open, failed = steps["state"].isin(OPEN_STATES), steps["state"] == StepState.FAILED
    return np.where(is_open, 0, np.where(failed, 1, 2))


def _of(listed: int, there: int) -> str:
    return f"{there:,}" if listed == there else f"{listed:,} of {there:,}"


def _stage(step: dict[Any, Any]) -> str:
    if step["state"] == StepState.WAITING:
        return "waiting in the queue"
    return "received, not handled" if pd.isna(step["handling_start"]) else "being handled"


def _holder(step: dict[Any, Any]) -> str:
    node = "" if pd.isna(step["node"]) else f" on {_cell(step['node'])}"
    version = "" if pd.isna(step["service_version"]) else f", version {_cell(step['service_version'])}"
    return _cell(step["pod"]) + node + version


def _cell(value: Any) -> str:
    return code(value, CELL_CHARACTERS_MAX)


def _cut(text: str) -> str:
    return text if len(text) <= CELL_CHARACTERS_MAX else text[: CELL_CHARACTERS_MAX - 1] + "…"


def _length(trace: Trace) -> str:
    begun, ended = trace.started, trace.ended
    return MISSING if begun is None or ended is None else age((ended - begun).total_seconds())


def _instant(value: Any) -> str:
    if value is None or pd.isna(value):
        return MISSING
    return f"{pd.Timestamp(value).tz_convert('UTC'):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC"
