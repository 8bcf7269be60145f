"""The lines of an event in order: what its services wrote, and between them what its steps were.

A page shows the first few thousand of what may be millions: words are made for those, and for all only to search them.
"""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.shaping.details import Step
from dashboard.shaping.line_steps import NEAR, steps_of_lines
from dashboard.shaping.words import MISSING, clock_text, visible_texts
from eventrail.model.trace import SERVER, StepKind, Trace

LOUD_LEVELS: Final = ("error", "critical", "warning")
STEP_LEVEL: Final = "step"
SHOWN_MOST: Final = 2_000  # a browser is slow with more
_OPENINGS: Final = {StepKind.PUBLISH: "publishes ", StepKind.HANDLE: "receives ", StepKind.CALL: "calls "}


def line_table(trace: Trace, *, with_steps: bool = True) -> pd.DataFrame:
    """Give time (UTC), at (its words), service, pod, level, line, step_id, step and document_id, in order of time.

    step_id: the step that it tells of, or that the line belongs to (`steps_of_lines`); step: that one in words, for log
    lines. document_id: of log lines.
    """
    logged = trace.log_lines
    written = pd.DataFrame(
        {
            "time": logged["time"],
            "service": logged["service"],
            "pod": logged["pod"],
            "level": logged["level"],
            "line": logged["message"],
            "step_id": steps_of_lines(logged, trace.steps),
            "document_id": logged["document_id"],
        }
    )
    written["step"] = _names_of(written["step_id"], trace.steps)
    parts = [part for part in (written, *(_told_steps(trace.steps) if with_steps else ())) if len(part)]
    if not parts:
        return written.assign(at=written["time"].astype("str"))
    lines: pd.DataFrame = pd.concat(parts, ignore_index=True).sort_values(by="time", kind="stable", ignore_index=True)
    shown = ("service", "pod", "line", "step")
    texts = {name: lines[name].fillna(MISSING).astype("str").pipe(visible_texts) for name in shown}
    told: pd.DataFrame = lines.assign(at=clock_text(lines["time"]), level=lines["level"].fillna(MISSING), **texts)
    return told


def first_lines(trace: Trace, most: int) -> pd.DataFrame:
    """Give the first `most` rows of `line_table` without making the others."""
    instants = _instants(trace)
    if len(instants) <= most:
        return line_table(trace)
    last = pd.Timestamp(np.partition(instants, most - 1)[most - 1], tz="UTC")
    steps, logged = trace.steps, trace.log_lines
    tells = (steps["start"] <= last) | (steps["handling_start"] <= last) | (steps["end"] <= last)
    early = replace(trace, steps=steps[tells], log_lines=logged[logged["time"] <= last])
    return line_table(early).head(most)


def count_lines(trace: Trace) -> int:
    """Give how many rows `line_table` has."""
    return len(_instants(trace))


def _instants(trace: Trace) -> "np.ndarray":
    """Give the time of each row of `line_table`, in any order."""
    steps = trace.steps
    handle, call = steps["kind"] == StepKind.HANDLE, steps["kind"] == StepKind.CALL
    times = [
        trace.log_lines["time"],
        steps.loc[steps["kind"] != StepKind.WAIT, "start"],
        steps.loc[handle, "handling_start"].dropna(),
        steps.loc[handle | call, "end"].dropna(),
    ]
    return np.concatenate([part.to_numpy(dtype="datetime64[ns]") for part in times])


def _names_of(step_ids: "pd.Series[str]", steps: pd.DataFrame) -> "pd.Series[str]":
    """Give for each step ID what the step does, in words: "handles card.authorised", "calls limits Limits/Check"."""
    named = steps[steps["id"].isin(step_ids.unique())]
    event = named["event_type"].fillna("").astype("str")
    names = _openings(named).mask(named["kind"] == StepKind.HANDLE, "handles " + event)
    return step_ids.map(names.set_axis(named["id"])).astype("str")


def _openings(steps: pd.DataFrame) -> "pd.Series[str]":
    """Say how each step begins."""
    event = steps["event_type"].fillna("").astype("str")
    queue = (" from " + steps["queue"].astype("str")).where(steps["queue"].notna(), "")
    called = steps["peer_service"].fillna("").astype("str") + (" " + steps["call_method"].astype("str")).where(
        steps["call_method"].notna(), ""
    )
    handle, call = steps["kind"] == StepKind.HANDLE, steps["kind"] == StepKind.CALL
    begins = steps["kind"].map(_OPENINGS).astype("str") + event.where(~call, called) + queue.where(handle, "")
    answers = call & (steps["span_kind"] == SERVER)
    return begins.mask(answers, "answers " + steps["call_method"].fillna("").astype("str"))


def _told_steps(steps: pd.DataFrame) -> list[pd.DataFrame]:
    """Say the instants of steps as lines: published, received, handling begins, ended."""
    event = steps["event_type"].fillna("").astype("str")
    outcome = steps["outcome"].fillna(steps["state"]).astype("str")
    error = (": " + steps["error_type"].astype("str")).where(steps["error_type"].notna(), "")
    handle, call = steps["kind"] == StepKind.HANDLE, steps["kind"] == StepKind.CALL
    served = call & (steps["span_kind"] == SERVER)
    return [
        _told(steps, "start", _openings(steps), steps["kind"] != StepKind.WAIT),
        _told(steps, "handling_start", "handles " + event, handle & steps["handling_start"].notna()),
        _told(steps, "end", "settles: " + outcome + error, handle & steps["end"].notna()),
        _told(steps, "end", "call ends: " + outcome + error, call & ~served & steps["end"].notna()),
        _told(steps, "end", "answered: " + outcome + error, served & steps["end"].notna()),
    ]


def _told(steps: pd.DataFrame, instant: str, words: "pd.Series[str]", which: "pd.Series[bool]") -> pd.DataFrame:
    told = steps[which]
    return pd.DataFrame(
        {
            "time": told[instant],
            "service": told["service"],
            "pod": told["pod"],
            "level": STEP_LEVEL,
            "line": "◆ " + words[which],
            "step_id": told["id"],
            "document_id": None,
            "step": "",
        }
    )


def lines_of_step(trace: Trace, step: Step) -> pd.DataFrame:
    """Give the step's own log lines as `line_table` does."""
    pod = step.said("pod")
    until = step.start if step.until is None else step.until
    written = trace.log_lines
    near = (written["time"] >= step.start - NEAR) & (written["time"] <= until + NEAR)
    meanwhile = written[near & ((written["pod"] == pod) | (written["span_id"] == step.said("span_id")))]
    beside = trace.steps[trace.steps["pod"] == pod]
    lines = line_table(replace(trace, log_lines=meanwhile, steps=beside), with_steps=False)
    return lines[lines["step_id"] == step.id]


def line_of(trace: Trace, document_id: str) -> "pd.Series[Any] | None":
    """Give the row of `line_table` for a log line; None where the event has no such line."""
    written = trace.log_lines[trace.log_lines["document_id"] == document_id].head(1)
    if written.empty:
        return None
    beside = trace.steps[trace.steps["pod"] == written["pod"].iloc[0]]
    return line_table(replace(trace, log_lines=written, steps=beside), with_steps=False).iloc[0]


def found_in(lines: pd.DataFrame, words: str) -> pd.DataFrame:
    """Give the lines whose pod, level, time, step or text hold every word, in any case of letters."""
    found = pd.Series(data=True, index=lines.index)
    for word in words.split():
        holds = pd.Series(data=False, index=lines.index)
        for name in ("line", "pod", "level", "at", "step"):
            holds |= lines[name].str.contains(word, case=False, regex=False)
        found &= holds
    return lines[found]
