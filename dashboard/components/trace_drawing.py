"""How an event is drawn: as a waterfall, a sequence or a flow."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dashboard.components import texts
from dashboard.components.choice import choice
from dashboard.components.flow_graph import flow_drawing
from dashboard.components.link import recall, remember
from dashboard.components.sequence import sequence_diagram
from dashboard.components.trace_usual import Usual, compared
from dashboard.components.waterfall import Reader, waterfall
from dashboard.shaping.flow_graph import flow_graph
from dashboard.shaping.sequence import sequence
from dashboard.shaping.waterfall import waterfall as shape
from eventrail.investigate.answers import TraceAnswer
from eventrail.model.folding import FoldLevel
from eventrail.model.trace import Trace

DRAWING: Final = "trace_drawing"
FILTER: Final = "trace_filter"
WATERFALL: Final = "waterfall"
COMPARE: Final = "compare"  # takes the whole width
LONGEST_FILTER: Final = 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn. row: the ID of the row or step that is marked; on_step: told the one that is clicked.

    usual: see trace_usual.
    """

    answer: TraceAnswer
    trace: Trace
    row: str
    on_step: Callable[[str], None]
    usual: Usual


def choose_drawing() -> str:
    """Let the reader choose how the event is drawn; the link keeps it."""
    return choice("Drawn as", DRAWING, {name: name.capitalize() for name in _DRAWINGS}, "trace.drawing")


def draw(drawing: str, drawn: Drawn) -> None:
    """Draw the event."""
    _DRAWINGS[drawing](drawn)


def _waterfall(drawn: Drawn) -> None:
    trace, folding = drawn.trace, drawn.answer.folding
    label = "now" if drawn.answer.moment.live else f"{trace.as_of:%H:%M:%S}"
    reader = Reader(
        drawn.row, recall(FILTER)[:LONGEST_FILTER], drawn.on_step, lambda words: remember(**{FILTER: words})
    )
    shaped = shape(trace, drawn.answer.critical_path, folding)
    waterfall(shaped, key="trace.waterfall", event=trace.correlation_id, now_label=label, reader=reader)
    if folding is not None and folding.level is not FoldLevel.NOTHING:
        texts.note(
            f"{folding.drawn.capitalize()}: steps alike are one (×); what is open, failed or on the critical path is"
            " always drawn singly. Click a fold to see what is in it."
        )


def _sequence(drawn: Drawn) -> None:
    shaped = sequence(drawn.trace)
    sequence_diagram(shaped, key="trace.sequence", chosen=drawn.row, on_step=drawn.on_step)
    if len(shaped.arrows) < shaped.drawn_of:
        told = "those of the same way and event type are one, open and failed ones stay single"
        texts.note(f"{len(shaped.arrows):,} arrows stand for {shaped.drawn_of:,}: {told}.")


def _flow(drawn: Drawn) -> None:
    graph = flow_graph(drawn.trace)
    flow_drawing(graph, alt=f"Services and queues that the event passed: {', '.join(graph.nodes['name'])}")


def _compare(drawn: Drawn) -> None:
    compared(drawn.usual(), drawn.on_step)


_DRAWINGS: Final = {WATERFALL: _waterfall, "sequence": _sequence, "flow": _flow, COMPARE: _compare}
