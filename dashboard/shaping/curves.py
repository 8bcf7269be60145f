"""Metrics over time as curves: one panel a query, one curve a queue, pod or node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.shaping.words import visible_text

# query of the catalogue → what its panel is called, and how its value is said
PANELS: Final[Mapping[str, tuple[str, str]]] = {
    "queue_messages_unacked": ("unacknowledged messages", "count"),
    "queue_messages_ready": ("messages waiting", "count"),
    "pod_in_flight": ("deliveries held by the pod", "count"),
    "pod_cpu_cores": ("processor cores of the pod", "number"),
    "pod_memory_working_set_bytes": ("memory of the pod", "bytes"),
    "pod_restarts_total": ("restarts of the pod", "count"),
    "node_cpu_ratio": ("processor use of the node", "share"),
    "node_memory_available_bytes": ("free memory of the node", "bytes"),
}
# A query's name begins with what its curves are of; other labels are summed over.
_IDENTITIES: Final = ("queue", "pod", "node", "service")
MOST_CURVES: Final = 8


@dataclass(frozen=True, slots=True)
class Curve:
    """name: the queue, pod or node it is of; owner: the service whose colour it has; points: time (UTC), value."""

    name: str
    owner: str
    points: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Panel:
    """scale: count, number, bytes or share. left_out: curves that are not shown, the lowest."""

    title: str
    scale: str
    curves: tuple[Curve, ...]
    left_out: int = 0


def panels(metrics: Mapping[str, pd.DataFrame], owners: Mapping[str, str]) -> tuple[Panel, ...]:
    """Give a panel for each query that has points, in the order of the queries.

    owners: queue or pod → its service. What nobody owns, such as a node, is its own.
    """
    return tuple(_panel(name, frame, owners) for name, frame in metrics.items() if len(frame))


def owners_of(rows: pd.DataFrame) -> dict[str, str]:
    """Tell from rows with queue, pod and service (steps, deliveries) which service owns a queue or a pod."""
    owned: dict[str, str] = {}
    for column in ("queue", "pod"):
        known = rows[[column, "service"]].dropna().drop_duplicates(column)
        owned |= dict(zip(known[column], known["service"], strict=True))
    return owned


def missing(metrics: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Name the panels that have no points."""
    return tuple(PANELS.get(name, (name.replace("_", " "), ""))[0] for name, frame in metrics.items() if frame.empty)


def _panel(name: str, frame: pd.DataFrame, owners: Mapping[str, str]) -> Panel:
    title, scale = PANELS.get(name, (name.replace("_", " "), "number"))
    meant = name.partition("_")[0]
    identity = next((label for label in (meant, *_IDENTITIES) if label in frame), "")
    if not identity:
        return Panel(title, scale, (Curve("", "", frame[["time", "value"]].sort_values(by="time")),))
    summed = frame.groupby([identity, "time"])["value"].sum().reset_index()
    highest: pd.Series[Any] = summed.groupby(identity)["value"].max()
    shown = highest.sort_values(ascending=False, kind="stable").index[:MOST_CURVES]
    curves = tuple(_curve(str(key), owners, summed[summed[identity] == key]) for key in shown)
    return Panel(title, scale, curves, max(0, len(highest) - MOST_CURVES))


def _curve(name: str, owners: Mapping[str, str], points: pd.DataFrame) -> Curve:
    return Curve(visible_text(name), owners.get(name, name), points[["time", "value"]].sort_values(by="time"))
