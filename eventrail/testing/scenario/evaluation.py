"""What Eventrail answers about the lines of a scenario, asked as the command line and the pages ask."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from eventrail.investigate.tracing import read_event, trace_of_lines
from eventrail.model.problem import Problem
from eventrail.model.trace import Trace
from eventrail.model.window import Window
from eventrail.sources.file_logs import FileLogs
from eventrail.testing.scenario.durations import duration_text
from eventrail.testing.scenario.tables import NOTHING


@dataclass(frozen=True)
class Evaluation:
    """One `eval`: an event at an instant. start: the instant that the scenario's times count from.

    logs: a source that holds the loaded lines and is asked as any other is.
    """

    logs: FileLogs
    correlation_id: str
    as_of: pd.Timestamp
    start: pd.Timestamp

    @cached_property
    def trace(self) -> Trace:
        """The event's trace."""
        return self.trace_of(self.correlation_id)

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What a reader of the trace is warned of."""
        return self.trace.warnings

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
