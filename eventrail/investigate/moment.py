"""Which instant an answer speaks about: the one asked for, or the one up to which the logs are complete."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from eventrail.analysis.completeness import Completeness, judge_completeness
from eventrail.investigate.answers import Moment
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import MetricAnswer, MetricRequest, TableAnswer
from eventrail.model.problem import Problem
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.sources.ports import Sources

# How far back a pod's newest line is looked for.
FRESHNESS_SECONDS: Final = 900.0
# Lines after the instant asked for show that those before it have arrived.
AFTERWARDS_SECONDS: Final = 60.0
# A pod whose in-flight gauge was sampled so recently runs.
RUNNING_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class MomentFound:
    """The moment, and what it rests on."""

    moment: Moment
    completeness: Completeness
    problems: tuple[Problem, ...]


def find_moment(sources: Sources, now: datetime, as_of: datetime | None) -> MomentFound:
    """Settle the instant: `as_of`, or the source's opening mark, or now; not later than the logs are complete."""
    wanted = as_of or sources.opening or now
    asked = pd.Timestamp(wanted).tz_convert("UTC")
    live = as_of is None and sources.opening is None
    window = Window.before(wanted, FRESHNESS_SECONDS)
    pods, in_flight = _read(sources, window if live else window.widened(after_seconds=AFTERWARDS_SECONDS), window)
    completeness = judge_completeness(
        pods.frame, _running(in_flight, asked), asked, pd.Timestamp(window.start).tz_convert("UTC")
    )
    problems = (*pods.problems, *in_flight.problems, *completeness.problems)
    complete_to = completeness.complete_to
    at = asked if complete_to is None else min(asked, complete_to)
    behind_seconds = 0.0 if complete_to is None else max((asked - complete_to).total_seconds(), 0.0)
    return MomentFound(Moment(at, asked, complete_to, behind_seconds, live), completeness, problems)


def _read(sources: Sources, log_window: Window, metric_window: Window) -> tuple[TableAnswer, MetricAnswer]:
    """Ask both backends for signs of life."""
    empty_pods = TableAnswer(conform({}, FRESHNESS_COLUMNS))
    recent = Window.before(metric_window.end, RUNNING_SECONDS)
    request = MetricRequest("pod_in_flight", recent)
    no_metric = MetricAnswer(request, pd.DataFrame({"time": [], "value": [], "pod": []}))
    logs, metrics = sources.logs, sources.metrics
    pods: list[TableAnswer] = []
    gauges: list[MetricAnswer] = []
    side_by_side(
        [
            lambda: pods.append(logs.freshness(log_window) if logs else empty_pods),
            lambda: gauges.append(metrics.read([request])[0] if metrics else no_metric),
        ]
    )
    return pods[0], gauges[0]


def _running(in_flight: MetricAnswer, asked: pd.Timestamp) -> frozenset[str] | None:
    """Give the pods that metrics saw running at the instant; None where no metric tells."""
    frame = in_flight.frame
    if frame.empty or "pod" not in frame:
        return None
    recent = frame[(asked - frame["time"]).dt.total_seconds() <= RUNNING_SECONDS]
    return frozenset(recent["pod"].dropna()) if len(recent) else None
