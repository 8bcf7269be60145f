"""What Eventrail answers about the lines of a scenario, asked as the command line and the pages ask."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from eventrail.investigate.answers import UsualAnswer, WaitingAnswer
from eventrail.investigate.tracing import read_event, trace_of_lines
from eventrail.investigate.usual import investigate_usual
from eventrail.investigate.waiting import investigate_waiting
from eventrail.model.problem import Problem
from eventrail.model.trace import Trace
from eventrail.model.window import Window
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import MetricSource, Sources
from eventrail.testing.scenario.durations import duration_text
from eventrail.testing.scenario.tables import NOTHING


@dataclass(frozen=True)
class Evaluation:
    """One `eval`: an event at an instant. start: the instant that the scenario's times count from.

    queue: the one that `eval waiting` names, None for all. metrics: what the block `gauges` tells, None without one.
    logs: a source that holds the loaded lines and is asked as any other is.
    """

    logs: FileLogs
    correlation_id: str
    as_of: pd.Timestamp
    start: pd.Timestamp
    metrics: MetricSource | None = None
    queue: str | None = None

    @cached_property
    def waiting(self) -> WaitingAnswer:
        """What waits in the queue asked for, or in all."""
        at = self.as_of.to_pydatetime()
        sources = Sources(self.logs, self.metrics, None, self.logs.name)
        return investigate_waiting(sources, now=at, as_of=at, queue=self.queue)

    @cached_property
    def trace(self) -> Trace:
        """The event's trace."""
        return self.trace_of(self.correlation_id)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What a reader of the trace is warned of."""
        return self.trace.warnings

    @cached_property
    def usual(self) -> UsualAnswer:
        """What is usual of the event's type, learned from the other events of the scenario as from any source."""
        return investigate_usual(Sources(self.logs, None, None, self.logs.name), self.trace)

    def trace_of(self, correlation_id: str) -> Trace:
        """Give the trace of any event of the scenario at the same instant."""
        lines, routes = read_event(self.logs, correlation_id, self.window)
        return trace_of_lines(self.logs, correlation_id, lines.events, routes.frame, self.as_of)

    @property
    def window(self) -> Window:
        """From the first line to the last one, or to `as_of` where that is later."""
        times = self.logs.table.events["time"]
        first, last = min(times.min(), self.as_of), max(times.max(), self.as_of).ceil("us")
        return Window(first.floor("us").to_pydatetime(), last.to_pydatetime())

    def after_start(self, instant: pd.Timestamp | None) -> str:
        """Say an instant as the scenario does: its distance from the start, "-" where it is missing."""
        return NOTHING if pd.isna(instant) else duration_text(instant - self.start)
