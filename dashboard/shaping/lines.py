"""The lines of an event in order: what its services wrote, and between them what its steps were."""

from typing import Final

import pandas as pd

from dashboard.shaping.details import Step
from dashboard.shaping.words import MISSING, clock_text, visible_texts
from eventrail.model.trace import SERVER, StepKind, Trace

LOUD_LEVELS: Final = ("error", "critical", "warning")
STEP_LEVEL: Final = "step"
SHOWN_MOST: Final = 2_000  # a browser is slow with more
_OPENINGS: Final = {StepKind.PUBLISH: "publishes ", StepKind.HANDLE: "receives ", StepKind.CALL: "calls "}
# A step's own lines are written a moment before its first and after its last instant.
MARGIN: Final = pd.Timedelta(milliseconds=1)


def line_table(trace: Trace, *, with_steps: bool = True) -> pd.DataFrame:
    """Give time (UTC), at (its words), service, pod, level, line, step_id (of a step's own), in order of time."""
    logged = trace.log_lines
    written = pd.DataFrame(
        {
            "time": logged["time"],
            "service": logged["service"],
            "pod": logged["pod"],
            "level": logged["level"],
            "line": logged["message"],
            "step_id": pd.Series(index=logged.index, dtype="str"),
        }
    )
    parts = [part for part in (written, *(_told_steps(trace.steps) if with_steps else ())) if len(part)]
    if not parts:
        return written.assign(at=written["time"].astype("str"))
    lines: pd.DataFrame = pd.concat(parts, ignore_index=True).sort_values(by="time", kind="stable", ignore_index=True)
    texts = {name: lines[name].fillna(MISSING).astype("str").pipe(visible_texts) for name in ("service", "pod", "line")}
    told: pd.DataFrame = lines.assign(at=clock_text(lines["time"]), level=lines["level"].fillna(MISSING), **texts)
    return told


def _told_steps(steps: pd.DataFrame) -> list[pd.DataFrame]:
    """Say the instants of steps as lines: published, received, handling begins, ended."""
    event = steps["event_type"].fillna("").astype("str")
    queue = (" from " + steps["queue"].astype("str")).where(steps["queue"].notna(), "")
    called = steps["peer_service"].fillna("").astype("str") + (" " + steps["call_method"].astype("str")).where(
        steps["call_method"].notna(), ""
    )
    outcome = steps["outcome"].fillna(steps["state"]).astype("str")
    error = (": " + steps["error_type"].astype("str")).where(steps["error_type"].notna(), "")
    handle, call = steps["kind"] == StepKind.HANDLE, steps["kind"] == StepKind.CALL
    served = call & (steps["span_kind"] == SERVER)
    begins = steps["kind"].map(_OPENINGS).astype("str") + event.where(~call, called) + queue.where(handle, "")
    begins = begins.mask(served, "answers " + steps["call_method"].fillna("").astype("str"))
    return [
        _told(steps, "start", begins, steps["kind"] != StepKind.WAIT),
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
        }
    )


def lines_of_step(lines: pd.DataFrame, step: Step) -> pd.DataFrame:
    """Give the written lines of the step's pod while it lasted, of those that `line_table` gave."""
    until = step.start if step.until is None else step.until
    inside = (lines["time"] >= step.start - MARGIN) & (lines["time"] <= until + MARGIN)
    of_pod = lines["pod"] == step.said("pod")
    marked: pd.Series[bool] = inside & of_pod & (lines["level"] != STEP_LEVEL)
    return lines.loc[marked]


def found_in(lines: pd.DataFrame, words: str) -> pd.DataFrame:
    """Give the lines whose pod, level, time or text hold every word, in any case of letters."""
    found = pd.Series(data=True, index=lines.index)
    for word in words.split():
        holds = pd.Series(data=False, index=lines.index)
        for name in ("line", "pod", "level", "at"):
            holds |= lines[name].str.contains(word, case=False, regex=False)
        found &= holds
    return lines[found]
