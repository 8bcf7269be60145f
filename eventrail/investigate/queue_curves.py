"""What went through one queue over time, for the time line above its outstanding deliveries."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.answers import MetricRequest
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import Sources

COUNTS: Final = ("queue_messages_unacked", "queue_messages_ready")
RATES: Final = ("queue_deliver_rate", "queue_settle_rate", "queue_redeliver_rate")
# However long the window is, a curve has about so many points.
POINTS: Final = 240
LEAST_STEP_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class QueueCurves:
    """frames: query → time, value, vhost, queue; empty where a query has no points.

    problems: sources that do not answer. A query that this source has no series for is no problem: it has no points.
    """

    frames: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...]


def read_queue_curves(sources: Sources, vhost: str, queue: str, window: Window) -> QueueCurves:
    """Read the counts and rates of one queue over the window, all side by side."""
    names = (*COUNTS, *RATES)
    if sources.metrics is None:
        return QueueCurves({name: pd.DataFrame({"time": [], "value": []}) for name in names}, ())
    labels = {"queue": (queue,), "vhost": (vhost,)}
    step_seconds = max(LEAST_STEP_SECONDS, (window.end - window.start).total_seconds() / POINTS)
    steps = dict.fromkeys(RATES, step_seconds)
    answers = sources.metrics.read([MetricRequest(name, window, labels, steps.get(name)) for name in names])
    outages = [problem for answer in answers for problem in answer.problems if problem.severity == "error"]
    return QueueCurves({answer.request.name: answer.frame for answer in answers}, tuple(dict.fromkeys(outages)))
