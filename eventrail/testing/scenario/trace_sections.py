"""The sections about a trace."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.sentences import trace_sentence
from eventrail.model.problem import Problem
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.tables import Table, table_of

STEP_CELLS: Final = ("step", "kind", "who", "queue", "message", "attempt", "from", "to", "state", "parent", "inferred")
OUTSTANDING_CELLS: Final = ("who", "node", "queue", "message", "attempt", "stage", "since")
COUNT_CELLS: Final = ("kind", "service", "queue", "state", "steps")
LOG_CELLS: Final = ("at", "who", "level", "text")


def state(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """How the whole trace stands."""
    return (str(evaluation.trace.state),)


def sentence(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """The first sentence of the page, its level before it and its evidence below it."""
    said = trace_sentence(evaluation.trace, evaluation.correlation_id, "all lines")
    return (f"{said.level}: {said.headline}", *said.evidence)


def time(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """When the event began and ended."""
    trace = evaluation.trace
    ended = "not ended" if trace.ended is None else f"ended {evaluation.after_start(trace.ended)}"
    return (f"began {evaluation.after_start(trace.started)}, {ended}",)


def steps(evaluation: Evaluation, _arguments: str) -> Table:
    """All steps in their order, numbered from 1; the parent is the number of the step that caused this one."""
    table = evaluation.trace.steps
    numbers = pd.Series(np.arange(1, len(table) + 1), index=table["id"])
    columns: dict[str, Any] = {
        "step": numbers,
        "who": table["pod"].fillna(table["service"]),
        "message": table["message_id"],
        "from": _after_start(evaluation, table["start"]),
        "handling": _after_start(evaluation, table["handling_start"]),
        "to": _after_start(evaluation, table["end"]).where(table["end"].notna(), "open"),
        "call": table["call_method"],
        "peer": table["peer_service"],
        "parent": numbers[~numbers.index.duplicated()].reindex(table["parent_id"]).astype("Int64"),
        "inferred": table["inferred"].replace("", None),
    }
    stated = (
        "kind",
        "service",
        "service_version",
        "pod",
        "node",
        "queue",
        "exchange",
        "routing_key",
        "event_type",
        "attempt",
    )
    columns |= {name: table[name] for name in (*stated, "state", "outcome", "error_type")}
    return table_of(columns, STEP_CELLS)


def step_counts(evaluation: Evaluation, _arguments: str) -> Table:
    """How many steps there are of each kind, place and state, in the order of their first one."""
    table = evaluation.trace.steps
    keys = ["kind", "service", "queue", "state"]
    counted = table.groupby(keys, dropna=False, sort=False).size().rename("steps").reset_index()
    return table_of({name: counted[name] for name in COUNT_CELLS}, COUNT_CELLS)


def outstanding(evaluation: Evaluation, _arguments: str) -> Table:
    """The deliveries that are not settled: who holds them, since when, received or handling."""
    held = evaluation.trace.outstanding
    columns: dict[str, Any] = {
        "who": held["pod"].fillna(held["service"]),
        "message": held["message_id"],
        "stage": np.where(held["handling_start"].isna(), "received", "handling"),
        "since": _after_start(evaluation, held["start"]),
    }
    columns |= {name: held[name] for name in ("node", "queue", "attempt", "event_type")}
    return table_of(columns, OUTSTANDING_CELLS)


def warnings(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """What the reader is warned of, each with what to do about it; a mere note is marked by (info)."""
    return tuple(map(_problem, evaluation.problems)) or ("none",)


def log_lines(evaluation: Evaluation, _arguments: str) -> Table:
    """The application's own lines about the event."""
    lines = evaluation.trace.log_lines
    columns: dict[str, Any] = {
        "at": _after_start(evaluation, lines["time"]),
        "who": lines["pod"].fillna(lines["service"]),
        "level": lines["level"],
        "text": lines["message"],
    }
    return table_of(columns, LOG_CELLS)


def _problem(problem: Problem) -> str:
    return f"({problem.severity}) {problem}" if problem.severity != "warning" else str(problem)


def _after_start(evaluation: Evaluation, instants: "pd.Series[Any]") -> "pd.Series[Any]":
    return instants.map(evaluation.after_start).astype("str")
