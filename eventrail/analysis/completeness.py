"""How far the logs are complete: the newest line of each pod is a mark up to which its lines have arrived.

A pod's lines are shipped in order, so all of them up to its newest one are there. The instrumentation writes a
heartbeat every 5 s; a pod that runs and whose newest line is old therefore has a shipper that stopped or lags. A pod
that no longer runs, or never writes heartbeats, holds nothing back.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.problem import Problem

# A pod silent for so long, while its node's shipper brings other lines, no longer runs.
SILENT_SECONDS: Final = 30.0
# Behind by so much the logs are worth a word; heartbeats and shipping alone make up to about 8 s.
LATE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Completeness:
    """complete_to: lines up to it have arrived from every pod that runs; None when there are no lines to tell by.

    nodes: node, complete_to, behind_seconds, pods. silent_pods: pods whose lines ended, taken as no longer running.
    """

    complete_to: pd.Timestamp | None
    nodes: pd.DataFrame
    silent_pods: frozenset[str]
    problems: tuple[Problem, ...]


def judge_completeness(
    pods: pd.DataFrame, running: frozenset[str] | None, asked: pd.Timestamp, searched_from: pd.Timestamp
) -> Completeness:
    """Tell up to when the logs are complete.

    pods: pod, node, newest, heartbeats (LogSource.freshness). running: pods that metrics saw running at `asked`, None
    where no metric tells. asked: the instant wanted; lines after it count as complete. searched_from: where `pods`
    begins.
    """
    beating = pods[pods["heartbeats"] > 0] if len(pods) else pods
    if not len(beating):
        return _without_heartbeats(pods, asked)
    newest_of_node = beating.groupby("node", dropna=False)["newest"].transform("max")
    if running is None:
        lag_seconds = (newest_of_node - beating["newest"]).dt.total_seconds()
        silent = lag_seconds > SILENT_SECONDS
    else:
        silent = ~beating["pod"].isin(running) & (beating["newest"] < asked)
    marks = beating[~silent][["pod", "node", "newest"]]
    missing = frozenset() if running is None else running - frozenset(beating["pod"])
    if missing:
        unseen = pd.DataFrame({"pod": sorted(missing), "node": pd.NA, "newest": searched_from})
        marks = pd.concat([marks, unseen.astype(marks.dtypes.to_dict())], ignore_index=True)
    nodes = _per_node(marks, asked)
    complete_to = marks["newest"].min() if len(marks) else beating["newest"].max()
    silent_pods = frozenset(beating["pod"][silent])
    return Completeness(min(complete_to, asked), nodes, silent_pods, _problems(nodes, asked))


def _without_heartbeats(pods: pd.DataFrame, asked: pd.Timestamp) -> Completeness:
    """Judge by the newest line of all: a node that is quiet can't be told from one whose shipper stopped."""
    nodes = _per_node(pods, asked)
    complete_to = min(pods["newest"].max(), asked) if len(pods) else None
    return Completeness(complete_to, nodes, frozenset(), ())


def _per_node(marks: pd.DataFrame, asked: pd.Timestamp) -> pd.DataFrame:
    """Give for each node up to when all its pods' lines have arrived."""
    grouped = marks.groupby("node", dropna=False)
    nodes = grouped["newest"].min().to_frame("complete_to").assign(pods=grouped.size()).reset_index()
    behind = (asked - nodes["complete_to"]).dt.total_seconds().clip(lower=0.0)
    return nodes.assign(behind_seconds=behind)[["node", "complete_to", "behind_seconds", "pods"]]


def _problems(nodes: pd.DataFrame, asked: pd.Timestamp) -> tuple[Problem, ...]:
    """Name the nodes whose logs are late."""
    late = nodes[nodes["behind_seconds"] > LATE_SECONDS]
    return tuple(
        Problem(
            f"logs of {row.node if isinstance(row.node, str) else 'pods that wrote nothing'}",
            f"complete to {row.complete_to:%H:%M:%S} UTC, {row.behind_seconds:.0f} s behind {asked:%H:%M:%S}",
            "the log shipper there has stopped or lags; pages speak of the time up to which all logs are there",
        )
        for row in late.itertuples()
    )
