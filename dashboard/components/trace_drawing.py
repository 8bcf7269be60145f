"""How an event is drawn: as a waterfall, a sequence or a flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from dashboard.components import texts
from dashboard.components.choice import choice
from dashboard.components.flow_graph import flow_drawing
from dashboard.components.link import recall, remember
from dashboard.components.sequence import sequence_diagram
from dashboard.components.trace_usual import Usual, compared
from dashboard.components.waterfall import Reader, waterfall
from dashboard.shaping.expected_arrows import with_expected_arrows, with_expected_edges
from dashboard.shaping.expected_lanes import with_expected
from dashboard.shaping.trace_shapes import TraceShapes
from eventrail.model.folding import FoldLevel
from eventrail.model.trace import Trace, TraceState

DRAWING: Final = "trace_drawing"
FILTER: Final = "trace_filter"
WATERFALL: Final = "waterfall"
COMPARE: Final = "compare"  # takes the whole width
LONGEST_FILTER: Final = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn. row: the ID of the row or step that is marked; on_step: told the one that is clicked.

    usual: see trace_usual. expected: what has not come, in_rows' EXPECTED_COLUMNS; learning: that is not known yet.
    """

    shapes: TraceShapes
    row: str
    on_step: Callable[[str], None]
    usual: Usual
    expected: pd.DataFrame
    learning: bool


def choose_drawing() -> str:
    """Let the reader choose how the event is drawn; the link keeps it."""
    return choice("Drawn as", DRAWING, {name: name.capitalize() for name in _DRAWINGS}, "trace.drawing")


def draw(drawing: str, drawn: Drawn) -> None:
    """Draw the event."""
    _DRAWINGS[drawing](drawn)


def _waterfall(drawn: Drawn) -> None:
    answer, trace, folding = drawn.shapes.answer, drawn.shapes.trace, drawn.shapes.answer.folding
    label = "now" if answer.moment.live else f"{trace.as_of:%H:%M:%S}"
    reader = Reader(
        drawn.row, recall(FILTER)[:LONGEST_FILTER], drawn.on_step, lambda words: remember(**{FILTER: words})
    )
    shaped = with_expected(drawn.shapes.waterfall, drawn.expected, _started(trace))
    spare = int(drawn.learning and trace.state is not TraceState.COMPLETE)
    waterfall(shaped, key="trace.waterfall", event=trace.correlation_id, now_label=label, reader=reader, spare=spare)
    if folding is not None and folding.level is not FoldLevel.NOTHING:
        texts.note(
            f"{folding.drawn.capitalize()}: steps alike are one (×); what is open, failed or on the critical path is"
            " always drawn singly. Click a fold to see what is in it."
        )


def _sequence(drawn: Drawn) -> None:
    shaped = with_expected_arrows(drawn.shapes.sequence, drawn.expected, _started(drawn.shapes.trace))
    sequence_diagram(shaped, key="trace.sequence", chosen=drawn.row, on_step=drawn.on_step)
    if len(shaped.arrows) < shaped.drawn_of:
        told = "those of the same way and event type are one, open and failed ones stay single"
        texts.note(f"{len(shaped.arrows):,} arrows stand for {shaped.drawn_of:,}: {told}.")


def _flow(drawn: Drawn) -> None:
    graph = with_expected_edges(drawn.shapes.flow, drawn.expected)
    flow_drawing(graph, alt=f"Services and queues that the event passed: {', '.join(graph.nodes['name'])}")


def _started(trace: Trace) -> pd.Timestamp:
    first: pd.Timestamp = trace.steps["start"].min()
    return first


def _compare(drawn: Drawn) -> None:
    compared(drawn.usual(), drawn.on_step)


_DRAWINGS: Final = {WATERFALL: _waterfall, "sequence": _sequence, "flow": _flow, COMPARE: _compare}
