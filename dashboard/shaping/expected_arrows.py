"""What usually comes and has not, as arrows of a sequence diagram and edges of a flow graph."""

from dataclasses import replace

import numpy as np
import pandas as pd

from dashboard.shaping.expected import EXPECTED
from dashboard.shaping.flow_graph import FlowGraph, nodes_of
from dashboard.shaping.participants import NAMELESS, QUEUE, SERVICE
from dashboard.shaping.sequence import ARROW_COLUMNS, Sequence
from dashboard.shaping.words import visible_texts
from eventrail.model.usual import PlaceKind


def with_expected_arrows(shaped: Sequence, expected: pd.DataFrame, started: pd.Timestamp) -> Sequence:
    """Give the sequence with an arrow for each expected step, where it should have come.

    expected: see `expected.in_rows`. started: the trace's first instant. Who takes no part yet stands on the right.
    """
    if expected.empty or shaped.arrows.empty:
        return shaped
    ends = _ends(expected)
    names = {end: pd.MultiIndex.from_arrays([ends[f"{end}_kind"], ends[end].pipe(visible_texts)]) for end in _ENDS}
    there = pd.MultiIndex.from_frame(shaped.participants[["kind", "name"]])
    taking_part = there.append([names[end] for end in _ENDS]).drop_duplicates()
    arrows = pd.DataFrame(
        {
            "step_id": expected["id"],
            "kind": EXPECTED,
            **{end: taking_part.get_indexer(names[end]) for end in _ENDS},
            "label": expected["event_type"].fillna("").pipe(visible_texts),
            "detail": expected["words"],
            "tone": ends["tone"],
            "at_seconds": (expected["due"] - started).dt.total_seconds(),
            "count": expected["count"],
        }
    )
    drawn = pd.concat([shaped.arrows, arrows[list(ARROW_COLUMNS)]])
    return replace(
        shaped,
        participants=taking_part.to_frame(index=False, name=["kind", "name"])[list(shaped.participants.columns)],
        arrows=drawn.sort_values("at_seconds", kind="stable", ignore_index=True),
        drawn_of=shaped.drawn_of + int(expected["count"].sum()),
    )


def with_expected_edges(graph: FlowGraph, expected: pd.DataFrame) -> FlowGraph:
    """Give the graph with an edge for each two ends between which something should have gone."""
    if expected.empty or graph.edges.empty:
        return graph
    ends = _ends(expected)
    awaited = pd.DataFrame(
        {
            **{end: ends[f"{end}_kind"] + ":" + ends[end] for end in _ENDS},
            "count": expected["count"],
            "words": expected["words"],
            "tone": ends["tone"],
            "kind": EXPECTED,
        }
    ).drop_duplicates(list(_ENDS))
    edges = pd.concat([graph.edges, awaited], ignore_index=True)
    return FlowGraph(nodes_of(edges), edges)


_ENDS = ("source", "target")


def _ends(expected: pd.DataFrame) -> pd.DataFrame:
    """Say between whom: a publish goes from a service to a queue, a delivery from a queue to a service."""
    publishes = expected["kind"] == PlaceKind.PUBLISH
    service, queue = expected["service"].fillna(NAMELESS), expected["queue"].fillna(NAMELESS)
    return pd.DataFrame(
        {
            "source": service.where(publishes, queue),
            "source_kind": np.where(publishes, SERVICE, QUEUE),
            "target": queue.where(publishes, service),
            "target_kind": np.where(publishes, QUEUE, SERVICE),
            "tone": np.where(expected["late"], "bad", ""),
        }
    )
