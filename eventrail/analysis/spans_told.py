"""What spans add to a trace: messages without IDs, calls nobody named, causes, and steps where lines tell of none."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.columns import NOWHERE
from eventrail.analysis.lines import Lines
from eventrail.analysis.logged_spans import logged_steps
from eventrail.analysis.span_calls import with_calls
from eventrail.analysis.span_causes import under_spans
from eventrail.analysis.span_messages import MadeIds, with_message_ids
from eventrail.model.events import MESSAGING_OPERATIONS, Operation
from eventrail.model.problem import Problem
from eventrail.model.trace import StepKind, Trace


@dataclass(frozen=True, slots=True)
class SpansTold:
    """lines: of the events, with what spans tell put in. any: whether they tell anything.

    problems: met on the way. ids: message IDs that no line states. calls: spans that are taken for calls and do not say
    so.
    """

    lines: Lines
    any: bool = False
    problems: tuple[Problem, ...] = ()
    ids: MadeIds = field(default_factory=MadeIds)
    calls: frozenset[str] = frozenset()


def read_spans(lines: Lines, as_of: pd.Timestamp) -> SpansTold:
    """Put what spans tell up to `as_of` into the events, each line once; nothing where they tell of calls alone, which
    need no reading.
    """
    in_spans = lines.present("span_id") | lines.present("parent_span_id")
    if not lines.telling(Operation.WORK).any() and not (lines.telling(*MESSAGING_OPERATIONS) & in_spans).any():
        return SpansTold(lines)
    once, problems = clean(lines.events[lines.events["time"] <= as_of])
    told, ids = with_message_ids(once)
    told, calls = with_calls(told)
    return SpansTold(Lines(told), True, problems, ids, frozenset(told["span_id"][calls]))


def with_spans_told(trace: Trace, told: SpansTold) -> Trace:
    """Give the trace that was assembled from `told.lines` with causes by spans, and marks for what they only imply.

    Where lines tell of no step at all, the spans that they were written in are the steps.
    """
    if trace.steps.empty:
        trace = replace(trace, steps=logged_steps(trace.log_lines))
    if not told.any:
        return trace
    events = told.lines.events
    steps = _marked(under_spans(trace.steps, events), told)
    work = (events["operation"] == Operation.WORK) & (events["time"] <= trace.as_of)
    warnings = (*told.problems, *trace.warnings, *_work_inside(int(work.sum())))
    return replace(trace, steps=steps, warnings=warnings)


def _marked(steps: pd.DataFrame, told: SpansTold) -> pd.DataFrame:
    """Mark what no line states: the IDs of messages, and that a span is a call."""
    publishes, calls = steps["kind"] == StepKind.PUBLISH, steps["kind"] == StepKind.CALL
    named = publishes & _among(steps["message_id"], told.ids.published)
    named |= ~publishes & ~calls & _among(steps["message_id"], told.ids.delivered)
    marks = _with_mark(steps["inferred"], named, "message_id")
    return steps.assign(inferred=_with_mark(marks, calls & _among(steps["span_id"], told.calls), "kind"))


def _among(column: "pd.Series[Any]", values: frozenset[str]) -> "pd.Series[bool]":
    """Mark the values of a column that are among others. `Series.isin` takes several times as long on texts."""
    found = pd.Index(sorted(values), dtype="object").get_indexer(pd.Index(column, dtype="object"))
    return pd.Series(found != NOWHERE, index=column.index)


def _with_mark(inferred: "pd.Series[Any]", marked: "pd.Series[bool]", name: str) -> "pd.Series[Any]":
    joined = inferred + np.where(inferred == "", name, f",{name}")
    return inferred.mask(marked, joined)


def _work_inside(spans: int) -> tuple[Problem, ...]:
    if not spans:
        return ()
    what = f"{spans:,} span{'s are' if spans > 1 else ' is'} work inside a step and no step"
    return (Problem("trace", what, severity="info"),)
