"""Metrics over time as curves: one panel a query, one curve a queue, pod or node."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
# rate of a queue → what its curve is called
RATES: Final[Mapping[str, str]] = {
    "queue_deliver_rate": "delivered",
    "queue_settle_rate": "acknowledged",
    "queue_redeliver_rate": "redelivered",
}
# A query's name begins with what its curves are of; other labels are summed over.
_IDENTITIES: Final = ("queue", "pod", "node", "service")
MOST_CURVES: Final = 8


@dataclass(frozen=True, slots=True)
class Curve:
    """name: the queue, pod or node it is of; owner: the service whose colour it has; points: time (UTC), value.

    marked: it belongs to what the reader has chosen.
    """

    name: str
    owner: str
    points: pd.DataFrame
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """scale: count, number, bytes or share. left_out: curves that are not shown, the lowest."""

    title: str
    scale: str
    curves: tuple[Curve, ...]
    left_out: int = 0


def panels(metrics: Mapping[str, pd.DataFrame], owners: Mapping[str, str]) -> tuple[Panel, ...]:
    """Give a panel for each query that has points, in the order of the queries, with its highest curves.

    owners: queue or pod → its service. What nobody owns, such as a node, is its own.
    """
    return tuple(marked(panel, frozenset()) for panel in whole_panels(metrics, owners))


def whole_panels(metrics: Mapping[str, pd.DataFrame], owners: Mapping[str, str]) -> tuple[Panel, ...]:
    """Give the same with all their curves, the highest first."""
    return tuple(_panel(name, frame, owners) for name, frame in metrics.items() if len(frame))


def marked(panel: Panel, names: frozenset[str]) -> Panel:
    """Give the panel with at most MOST_CURVES: those of these names first, marked, then the highest."""
    own = [replace(curve, marked=True) for curve in panel.curves if curve.name in names]
    others = [curve for curve in panel.curves if curve.name not in names]
    shown = (*own, *others)[:MOST_CURVES]
    return replace(panel, curves=shown, left_out=len(panel.curves) - len(shown))


def queue_panels(metrics: Mapping[str, pd.DataFrame], owners: Mapping[str, str]) -> tuple[Panel, ...]:
    """Give the panels of one queue's time line: what it holds, what waits, and its rates in one panel.

    A panel without points is left out, and so is a rate.
    """
    counts = {name: frame for name, frame in metrics.items() if name not in RATES}
    named = [(words, metrics[name]) for name, words in RATES.items() if len(metrics.get(name, ()))]
    rates = tuple(
        Curve(words, next(iter(owners.values()), ""), frame[["time", "value"]].sort_values(by="time"))
        for words, frame in named
    )
    return (*panels(counts, owners), *([Panel("messages a second", "number", rates)] if rates else []))


def extent(shown: tuple[Panel, ...]) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Give the first and the last instant of the panels' points; there must be one."""
    times = [curve.points["time"] for panel in shown for curve in panel.curves]
    return min(each.min() for each in times), max(each.max() for each in times)


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
    points = dict(iter(summed.groupby(identity)))
    ordered = highest.sort_values(ascending=False, kind="stable").index
    return Panel(title, scale, tuple(_curve(str(key), owners, points[key]) for key in ordered))


def _curve(name: str, owners: Mapping[str, str], points: pd.DataFrame) -> Curve:
    return Curve(visible_text(name), owners.get(name, name), points[["time", "value"]].sort_values(by="time"))
