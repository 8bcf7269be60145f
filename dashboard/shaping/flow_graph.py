"""A trace as a graph: services and queues are nodes; edges tell how many went between them, and how long it took."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from dashboard.shaping.expected import EXPECTED
from dashboard.shaping.participants import DEFAULT_EXCHANGE, NAMELESS, QUEUE, SERVICE, calls_made
from dashboard.shaping.words import count_text, duration_text, visible_text
from eventrail.model.trace import StepKind, StepState, Trace

# column → meaning
NODE_COLUMNS: Final = {
    "id": "kind and name",
    "kind": "service, queue or exchange",
    "name": "its name",
    "tone": "worst",
    "reached": "something came or went there, not only should have",
}
EDGE_COLUMNS: Final = {
    "source": "node ID",
    "target": "node ID",
    "count": "how many went that way",
    "words": "count, time, what is open or failed",
    "tone": "bad (not settled), warn (waiting, given back), failed, or empty",
    "kind": "publish, deliver, call or expected (has not come)",
}
_SHAPES: Final = {SERVICE: ("box", "rounded,filled"), QUEUE: ("cds", "filled")}
_STYLES: Final = {"call": "dotted", EXPECTED: "dashed"}
_WORST_FIRST: Final = ("bad", "failed", "warn", "")


@dataclass(frozen=True, slots=True)
class FlowGraph:
    """nodes: NODE_COLUMNS in order of appearance; edges: EDGE_COLUMNS."""

    nodes: pd.DataFrame
    edges: pd.DataFrame


def flow_graph(trace: Trace) -> FlowGraph:
    """Shape a trace; one without steps gives no nodes."""
    steps = trace.steps
    if steps.empty:
        return FlowGraph(pd.DataFrame(columns=list(NODE_COLUMNS)), pd.DataFrame(columns=list(EDGE_COLUMNS)))
    seconds = (steps["end"].fillna(trace.as_of) - steps["start"]).dt.total_seconds()
    steps = steps.assign(seconds=seconds)
    edges = pd.concat([_publish_edges(steps), _deliver_edges(steps), _call_edges(steps)], ignore_index=True)
    edges = edges.sort_values("first", kind="stable", ignore_index=True)
    return FlowGraph(nodes_of(edges), edges[list(EDGE_COLUMNS)])


def _publish_edges(steps: pd.DataFrame) -> pd.DataFrame:
    """Service to queue, by event type; to the exchange where no queue took the message or none is known."""
    publishes = steps.loc[
        steps["kind"] == StepKind.PUBLISH, ["id", "service", "exchange", "event_type", "start", "state"]
    ]
    waits = steps.loc[
        (steps["kind"] == StepKind.WAIT) & steps["queue"].notna(), ["parent_id", "queue", "seconds", "state"]
    ].rename(columns={"parent_id": "id", "state": "wait_state"})
    joined = publishes.merge(waits, on="id", how="left")
    exchange = "exchange:" + joined["exchange"].fillna("").replace("", DEFAULT_EXCHANGE)
    ends = pd.DataFrame(
        {
            "source": "service:" + joined["service"].fillna(NAMELESS),
            "target": ("queue:" + joined["queue"]).fillna(exchange),
            "kind": "publish",
            "first": joined["start"],
            "seconds": joined["seconds"].where(joined["wait_state"] == StepState.COMPLETE),
            "open": joined["wait_state"] == StepState.WAITING,
            "failed": joined["state"] == StepState.FAILED,
            "given_back": False,
        }
    )
    return _edges(ends, "waited {}", "waiting")


def _deliver_edges(steps: pd.DataFrame) -> pd.DataFrame:
    """Queue to service."""
    handles = steps[steps["kind"] == StepKind.HANDLE]
    is_open = handles["state"] == StepState.OUTSTANDING
    ends = pd.DataFrame(
        {
            "source": "queue:" + handles["queue"].fillna(NAMELESS),
            "target": "service:" + handles["service"].fillna(NAMELESS),
            "kind": "deliver",
            "first": handles["start"],
            "seconds": handles["seconds"].mask(is_open),
            "open": is_open,
            "failed": handles["state"] == StepState.FAILED,
            "given_back": handles["state"].isin([StepState.REQUEUED, StepState.RETURNED]),
        }
    )
    return _edges(ends, "held {}", "not settled")


def _call_edges(steps: pd.DataFrame) -> pd.DataFrame:
    """Service to service."""
    calls = calls_made(steps)
    ends = pd.DataFrame(
        {
            "source": "service:" + calls["caller"].fillna(NAMELESS),
            "target": "service:" + calls["called"].fillna(NAMELESS),
            "kind": "call",
            "first": calls["start"],
            "seconds": calls["seconds"],
            "open": False,
            "failed": calls["state"] == StepState.FAILED,
            "given_back": False,
        }
    )
    return _edges(ends, "call {}", "open")


def _edges(ends: pd.DataFrame, timed: str, when_open: str) -> pd.DataFrame:
    """Put the rows of the same two ends together. timed: words with a place for the median time."""
    grouped = ends.groupby(["source", "target", "kind"], sort=False)
    edges = grouped.agg(
        first=("first", "min"),
        count=("first", "size"),
        median=("seconds", "median"),
        open=("open", "sum"),
        failed=("failed", "sum"),
        given_back=("given_back", "sum"),
    ).reset_index()

    def said(name: str, words: str) -> "pd.Series[Any]":
        return (" · " + edges[name].map(count_text).astype("str") + f" {words}").where(edges[name] > 0, "")

    took = edges["median"].map(duration_text).astype("str")
    time = took.map(timed.format).where(edges["median"].notna(), "")
    times = (edges["count"].map(count_text).astype("str") + " × ").where(edges["count"] > 1, "")
    words = times + time + said("open", when_open) + said("failed", "failed") + said("given_back", "given back")
    edges["words"] = words.str.removeprefix(" · ")
    open_tone = "bad" if when_open == "not settled" else "warn"
    conditions = [edges["open"] > 0, edges["failed"] > 0, edges["given_back"] > 0]
    edges["tone"] = np.select(conditions, [open_tone, "failed", "warn"], "")
    return edges


def nodes_of(edges: pd.DataFrame) -> pd.DataFrame:
    """Give the nodes of the edges; a node is as bad as the worst edge that leads to it."""
    ends = edges[["source", "target"]].to_numpy().reshape(-1)
    ids = pd.Series(ends).drop_duplicates().reset_index(drop=True)
    rank = edges["tone"].map({tone: number for number, tone in enumerate(_WORST_FIRST)})
    worst = rank.groupby(edges["target"]).min().reindex(ids).fillna(len(_WORST_FIRST) - 1).astype(int)
    kind = ids.str.partition(":")[0]
    name = ids.str.partition(":")[2]
    tone = [_WORST_FIRST[number] for number in worst]
    came = edges.loc[edges["kind"] != EXPECTED, ["source", "target"]].to_numpy().reshape(-1)
    return pd.DataFrame({"id": ids, "kind": kind, "name": name, "tone": tone, "reached": ids.isin(came)})


@dataclass(frozen=True, slots=True)
class Inks:
    """The colours a drawing needs. service: service name → its colour; tones: tone → line colour, "" too."""

    text: str
    background: str
    service: Callable[[str], str]
    tones: dict[str, str]


def dot(graph: FlowGraph, inks: Inks) -> str:
    """Write the graph in Graphviz' language, top to bottom; names are foreign text and quoted."""
    lines = [
        "digraph flow {",
        'rankdir=TB; bgcolor="transparent"; nodesep=0.35; ranksep=0.45;',
        f'node [fontname="sans-serif", fontsize=13, fontcolor="{inks.text}", penwidth=1.6, margin="0.16,0.08"];',
        f'edge [fontname="sans-serif", fontsize=11, fontcolor="{inks.text}", arrowsize=0.7];',
    ]
    number = {identity: f"n{row}" for row, identity in enumerate(graph.nodes["id"])}
    lines += [
        _node(number[identity], kind, name, tone, inks, reached=reached == str(True))
        for identity, kind, name, tone, reached in _rows(graph.nodes)
    ]
    lines += [
        _edge(number[source], number[target], words, inks.tones[tone], kind, loud=tone in ("bad", "failed"))
        for source, target, _, words, tone, kind in _rows(graph.edges)
    ]
    return "\n".join([*lines, "}"])


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Give the rows as texts, in the order of the columns."""
    return table.astype("str").itertuples(index=False, name=None)


def _node(number: str, kind: str, name: str, tone: str, inks: Inks, *, reached: bool) -> str:
    shape, style = _SHAPES.get(kind, ("hexagon", "filled"))
    style = style if reached else f"{style},dashed"
    line = inks.tones[tone] if tone else inks.service(name) if kind == SERVICE else inks.text
    width = 3 if reached and tone in ("bad", "failed") else 1.6
    look = f'shape={shape}, style="{style}", fillcolor="{inks.background}", color="{line}", penwidth={width}'
    return f"{number} [label={_quoted(name)}, {look}];"


def _edge(source: str, target: str, words: str, ink: str, kind: str, *, loud: bool) -> str:
    look = f'style={_STYLES.get(kind, "solid")}, color="{ink}", fontcolor="{ink}", penwidth={2.6 if loud else 1.2}'
    return f"{source} -> {target} [label={_quoted(' ' + words)}, {look}];"


def _quoted(text: str) -> str:
    """Quote foreign text for Graphviz: a backslash would begin an escape, a quote end the text."""
    harmless = visible_text(text).replace("\n", " ")
    escaped = harmless.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
