"""The tables and figures of the page Now."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from dashboard.shaping.tones import Tone, tone_of_age
from dashboard.shaping.words import MISSING, count_text, duration_text, rate_figure, visible_text
from eventrail.investigate.answers import Overview
from eventrail.words import count

SPARKLINE_POINTS: Final = 40
STANDING_STILL_PER_SECOND: Final = 0.0005


@dataclass(frozen=True, slots=True)
class Card:
    """A figure: what it is, the figure with its unit, what else to know, and its tone."""

    label: str
    figure: str
    remark: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Answering:
    """Which kinds of source answer: of what does not, nothing may be claimed."""

    logs: bool
    metrics: bool

    @property
    def nothing(self) -> bool:
        """Whether neither does."""
        return not (self.logs or self.metrics)


LOGS_SILENT: Final = "not known: the logs do not answer"
METRICS_SILENT: Final = "not known: the metrics do not answer"


def cards(overview: Overview, answering: Answering) -> tuple[Card, ...]:
    """Give the figures at the top of the page; what a silent source would tell is said to be unknown."""
    need_logs = {"oldest", "events held up", "services with errors"}
    need_metrics = {"waiting in queues", "alerts"}
    told = []
    for card in _figures(overview):
        if card.label in need_logs and not answering.logs:
            told.append(Card(card.label, MISSING, LOGS_SILENT, "unknown"))
        elif (card.label in need_metrics and not answering.metrics) or answering.nothing:
            told.append(Card(card.label, MISSING, METRICS_SILENT, "unknown"))
        else:
            told.append(card)
    return tuple(told)


def no_queues(answering: Answering) -> str:
    """Say why the table of queues is empty."""
    if answering.nothing:
        return "Not known: neither logs nor metrics answer."
    if not answering.metrics:
        return "No message is held. What waits in queues is not known: the metrics do not answer."
    return "No queue has unacknowledged or waiting messages."


def _figures(overview: Overview) -> tuple[Card, ...]:
    queues = overview.queues
    unacked = pd.to_numeric(queues["unacked"]).fillna(queues["listed"]).sum()
    listed = int(queues["listed"].sum())
    oldest = queues["oldest_age_seconds"].astype(float).max() if len(queues) else None
    ready = pd.to_numeric(queues["ready"]).sum()
    affected = _affected_events(overview)
    failing = overview.services[overview.services["errors"] > 0]
    ages = "nothing is held" if oldest is None or pd.isna(oldest) else "held without being settled"
    return (
        Card("unacknowledged", count_text(unacked), f"{count(listed, 'delivery', 'deliveries')} listed from the logs"),
        Card("oldest", duration_text(oldest), ages, tone_of_age(oldest)),
        Card("waiting in queues", count_text(ready), _waiting_in(queues)),
        Card("events held up", count_text(affected), "have a delivery that is not settled"),
        Card(
            "services with errors",
            count_text(len(failing)),
            f"of {count_text(len(overview.services))}, last 5 min",
            "warn" if len(failing) else "plain",
        ),
        Card(
            "alerts",
            count_text(len(overview.alerts)),
            "firing in Prometheus",
            "bad" if len(overview.alerts) else "plain",
        ),
    )


def _waiting_in(queues: pd.DataFrame) -> str:
    waiting = int((queues["ready"] > 0).sum())
    return f"in {count(waiting, 'queue')}, not yet delivered" if waiting else "nothing waits to be delivered"


def _affected_events(overview: Overview) -> int:
    held = [queue.deliveries["correlation_id"] for queue in overview.ledger.queues]
    return int(pd.concat(held).nunique()) if held else 0


def queue_table(overview: Overview) -> pd.DataFrame:
    """Give a row a queue, in the order of `overview.queues`.

    Columns: queue, unacked, listed (words), oldest (seconds), waiting, curve (list), flow (words: settled and coming in
    per second), holder, tone (of the row's worst figure).
    """
    queues = overview.queues.reset_index(drop=True)
    several = queues["vhost"].nunique() > 1
    name = queues["vhost"] + " · " + queues["queue"] if several else queues["queue"]
    still = (queues["settle_rate"].astype(float) < STANDING_STILL_PER_SECOND) & (queues["unacked"] > 0)
    tone = queues["oldest_age_seconds"].map(tone_of_age).mask(still.fillna(value=False).astype(bool), "bad")
    return pd.DataFrame(
        {
            "queue": name.map(visible_text),
            "unacked": queues["unacked"],
            "listed": _listed(queues),
            "oldest": queues["oldest_age_seconds"].astype(float),
            "waiting": queues["ready"],
            "curve": curves(overview.series, queues),
            "flow": _flow(queues),
            "holder": holder_text(queues["holder_pods"], queues["holder_nodes"]),
            "tone": tone,
        }
    )


def _listed(queues: pd.DataFrame) -> pd.Series:
    """Say how many deliveries the ledger lists, and whether that agrees with the broker's count."""
    # of no row, `map` gives no text but what the column was
    words = queues["listed"].map(count_text).astype("str")
    agrees = queues["agrees"]
    words = words.mask(agrees.eq(other=True).fillna(value=False).astype(bool), "✔ " + words)
    words = words.mask(agrees.eq(other=False).fillna(value=False).astype(bool), "✖ " + words)
    return words.mask((queues["listed"] == 0) & (queues["unacked"] == 0).fillna(value=False).astype(bool), MISSING)


def _flow(queues: pd.DataFrame) -> pd.Series:
    """Say how many messages a second are settled and come in: "1.3 · 1.4"."""
    settled, coming = (queues[name].map(rate_figure).astype("str") for name in ("settle_rate", "publish_rate"))
    words = settled + " · " + coming
    return words.mask(queues["settle_rate"].isna() & queues["publish_rate"].isna(), MISSING)


def curves(series: pd.DataFrame, queues: pd.DataFrame) -> pd.Series:
    """Give each queue's gauge as equally spaced points, the last known value at each; empty without samples."""
    if series.empty:
        return pd.Series([[] for _ in range(len(queues))], index=queues.index, dtype=object)
    first, last = series["time"].min(), series["time"].max()
    points = pd.DatetimeIndex(pd.to_datetime(np.linspace(first.value, last.value, SPARKLINE_POINTS), utc=True))
    wide = series.pivot_table(index="time", columns=["vhost", "queue"], values="value", aggfunc="last").sort_index()
    sampled = wide.ffill().reindex(points, method="ffill").fillna(0.0)
    keys = list(zip(queues["vhost"], queues["queue"], strict=True))
    return pd.Series([list(sampled[key]) if key in sampled else [] for key in keys], index=queues.index, dtype=object)


def service_table(overview: Overview) -> pd.DataFrame:
    """Give a row a service, most errors first: service, errors, error_ratio, warnings, lines, in_flight, pods."""
    services = overview.services
    shown = services[["service", "errors", "error_ratio", "warnings", "lines", "in_flight", "pods"]].reset_index(
        drop=True
    )
    return shown.assign(service=shown["service"].map(visible_text))


def alert_table(overview: Overview) -> pd.DataFrame:
    """Give a row an alert: alert, state, severity, since (words), about."""
    alerts = overview.alerts
    held = (overview.moment.as_of - pd.to_datetime(alerts["since"], utc=True)).dt.total_seconds()
    return pd.DataFrame(
        {
            "alert": alerts["alertname"].map(str).map(visible_text),
            "state": alerts["state"].fillna(MISSING).map(str),
            "severity": alerts["severity"].fillna(MISSING).map(str),
            "for": held.map(duration_text),
            "about": alerts["labels"].fillna("").map(str).map(visible_text),
        }
    ).reset_index(drop=True)


def held_events(overview: Overview, most: int = 10) -> pd.DataFrame:
    """Give the events held longest: age (seconds), event (words), event_type, queue, holder, correlation_id."""
    held = [queue.deliveries for queue in overview.ledger.queues if len(queue.deliveries)]
    if not held:
        return pd.DataFrame(columns=["age", "event", "event_type", "queue", "holder", "correlation_id"])
    known = pd.concat(held, ignore_index=True).dropna(subset=["correlation_id"])
    oldest = known.sort_values("age_seconds", ascending=False, kind="stable").head(most).reset_index(drop=True)
    return pd.DataFrame(
        {
            "age": oldest["age_seconds"].astype(float),
            "event": oldest["correlation_id"].map(visible_text),
            "event_type": oldest["event_type"].fillna(MISSING).map(visible_text),
            "queue": oldest["queue"].map(visible_text),
            "holder": holder_text(oldest["pod"], oldest["node"]),
            "correlation_id": oldest["correlation_id"],
        }
    )


def holder_text(pods: "pd.Series[str]", nodes: "pd.Series[str]") -> "pd.Series[str]":
    """Say who holds something: "payments-7f9c4 · node-b"; a dash where no line names a holder."""
    pod, node = pods.astype("str").fillna(""), nodes.astype("str").fillna("")
    between = np.where((pod != "") & (node != ""), " · ", "")
    return (pod + between + node).replace("", MISSING).map(visible_text)
