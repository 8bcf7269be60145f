"""An event's answer with all that is drawn from it.

A page is drawn anew at each click. What is shaped from a trace depends on nothing that a reader chooses, so each
drawing is shaped when it is first wanted, and kept as long as the answer itself.
"""

from functools import cached_property

import pandas as pd

from dashboard.shaping.curves import Panel, owners_of, whole_panels
from dashboard.shaping.flow_graph import FlowGraph, flow_graph
from dashboard.shaping.lines import SHOWN_MOST, count_lines, first_lines, line_table
from dashboard.shaping.sequence import Sequence, sequence
from dashboard.shaping.waterfall import Waterfall, waterfall
from eventrail.investigate.answers import TraceAnswer
from eventrail.model.trace import Trace


class TraceShapes:
    """What is drawn of an answer. Shared between readers like the answer: nobody changes what it gives."""

    def __init__(self, answer: TraceAnswer) -> None:
        """Take an answer; nothing is shaped yet."""
        self.answer = answer

    @property
    def trace(self) -> Trace:
        """The trace. Raises ValueError where the event was not found."""
        if self.answer.trace is None:
            raise ValueError(f"there is no trace of {self.answer.correlation_id!r} to draw")
        return self.answer.trace

    @cached_property
    def waterfall(self) -> Waterfall:
        """Lanes and bars."""
        return waterfall(self.trace, self.answer.critical_path, self.answer.folding)

    @cached_property
    def sequence(self) -> Sequence:
        """Participants and arrows."""
        return sequence(self.trace)

    @cached_property
    def flow(self) -> FlowGraph:
        """Nodes and edges."""
        return flow_graph(self.trace)

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """All curves on its way."""
        return whole_panels(self.answer.metrics, owners_of(self.trace.steps))

    @cached_property
    def first_lines(self) -> pd.DataFrame:
        """The lines that are shown where none is searched for; see lines.line_table."""
        return first_lines(self.trace, SHOWN_MOST)

    @cached_property
    def all_lines(self) -> pd.DataFrame:
        """All lines, to search in; see lines.line_table."""
        return line_table(self.trace)

    @cached_property
    def lines(self) -> int:
        """How many lines there are."""
        return count_lines(self.trace)
