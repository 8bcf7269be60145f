"""What is wrong now: queues, services, alerts and sources at one instant."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import pandas as pd

from eventrail.analysis.sentences import STUCK_SECONDS, ledger_sentence
from eventrail.investigate.answers import Overview
from eventrail.investigate.checking import sample_window
from eventrail.investigate.kept_checks import KeptChecks
from eventrail.investigate.ledgers import LedgersBuilt, build_ledgers
from eventrail.investigate.moment import find_moment
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import MetricAnswer, MetricRequest, SourceCheck, TableAnswer
from eventrail.model.ledger import QueueLedger
from eventrail.model.window import Window
from eventrail.sources.ports import Sources
from eventrail.words import listed

# Rates and alerts are those of the last minutes before the instant.
RECENT_SECONDS: Final = 120.0
ACTIVITY_SECONDS: Final = 300.0
RATES: Final = ("queue_publish_rate", "queue_settle_rate")
RECENT_METRICS: Final = (*RATES, "pod_in_flight", "alerts_firing", "alerts_since")
QUEUE_COLUMNS: Final = (
    *("vhost", "queue", "unacked", "listed", "oldest_age_seconds", "ready", "holder_pods", "holder_nodes"),
    *("publish_rate", "settle_rate", "agrees", "gauge_time"),
)


def investigate_overview(
    sources: Sources,
    *,
    now: datetime,
    as_of: datetime | None = None,
    window_seconds: float = 1800.0,
    kept_checks: KeptChecks | None = None,
) -> Overview:
    """Look at everything at one instant.

    window_seconds: length of the curves. kept_checks: of the same sources, where it is asked every few seconds.
    """
    found = find_moment(sources, now, as_of)
    kept = kept_checks or KeptChecks(sources)
    at = found.moment.as_of.to_pydatetime(warn=False)
    sampled = sample_window(sources, at)
    built: list[LedgersBuilt] = []
    metrics: list[tuple[MetricAnswer, ...]] = []
    activity: list[TableAnswer] = []
    checks: list[tuple[SourceCheck, ...]] = []
    questions: list[Callable[[], None]] = [
        lambda: built.append(build_ledgers(sources, found, None, None, window_seconds)),
        lambda: metrics.append(_recent_metrics(sources, at)),
        lambda: activity.append(_activity(sources, at)),
        lambda: checks.append(kept.ask(now=now, window=sampled)),
    ]
    side_by_side(questions)
    ledgers, answers = built[0], {answer.request.name: answer for answer in metrics[0]}
    queues = _queues(ledgers, answers)
    problems = [*found.problems, *ledgers.ledger.problems, *activity[0].problems]
    problems += [problem for answer in metrics[0] for problem in answer.problems]
    if kept.doubt(problems, now=now):
        checks = [kept.ask(now=now, window=sampled)]
    series = ledgers.gauges.samples
    return Overview(
        moment=found.moment,
        sentence=ledger_sentence(ledgers.ledger, told=ledgers.told),
        ledger=ledgers.ledger,
        queues=queues,
        series=series[series["queue"].isin(queues["queue"])].reset_index(drop=True),
        services=_services(activity[0].frame, answers.get("pod_in_flight")),
        alerts=_alerts(answers.get("alerts_firing"), answers.get("alerts_since")),
        checks=checks[0],
        problems=tuple(dict.fromkeys(problems)),
    )


def _recent_metrics(sources: Sources, at: datetime) -> tuple[MetricAnswer, ...]:
    """Read each family once, for all queues and pods."""
    if sources.metrics is None:
        return ()
    window = Window.before(at, RECENT_SECONDS)
    return sources.metrics.read([MetricRequest(name, window) for name in RECENT_METRICS])


def _activity(sources: Sources, at: datetime) -> TableAnswer:
    """Count the lines of the last minutes."""
    if sources.logs is None:
        return TableAnswer(pd.DataFrame({"service": [], "level": [], "documents": []}))
    return sources.logs.activity(Window.before(at, ACTIVITY_SECONDS))


def _queues(built: LedgersBuilt, answers: dict[str, MetricAnswer]) -> pd.DataFrame:
    """Give a row for each queue with unacknowledged or waiting messages, worst first."""
    by_key = {(ledger.vhost, ledger.queue): ledger for ledger in built.ledger.queues}
    waiting = [key for key, gauge in built.gauges.gauges.items() if gauge.ready and key not in by_key]
    publish, settle = (_latest_rate(answers.get(name)) for name in RATES)
    rows = []
    for key in [*by_key, *waiting]:
        gauge = built.gauges.gauges.get(key)
        rates = {"publish_rate": publish.get(key), "settle_rate": settle.get(key)}
        ready = gauge.ready if gauge else None
        row = _ledger_cells(by_key[key]) if key in by_key else {"unacked": 0, "listed": 0}
        rows.append({"vhost": key[0], "queue": key[1], "ready": ready} | row | rates)
    table = pd.DataFrame(rows, columns=list(QUEUE_COLUMNS))
    return table.astype({"unacked": "Int64", "ready": "Int64", "listed": "Int64", "agrees": "boolean"})


def _ledger_cells(ledger: QueueLedger) -> dict[str, Any]:
    """Give the cells of one queue that come from its ledger."""
    stuck = ledger.deliveries[ledger.deliveries["age_seconds"] >= STUCK_SECONDS]
    holders = stuck if len(stuck) else ledger.deliveries
    return {
        "unacked": ledger.gauge,
        "listed": len(ledger.deliveries),
        "oldest_age_seconds": ledger.oldest_age_seconds,
        "holder_pods": listed(sorted(holders["pod"].dropna().unique())),
        "holder_nodes": listed(sorted(holders["node"].dropna().unique())),
        "agrees": ledger.agrees,
        "gauge_time": ledger.gauge_time,
    }


def _latest_rate(answer: MetricAnswer | None) -> dict[tuple[str, str], float]:
    """Give the newest rate of each queue, per second."""
    if answer is None or answer.frame.empty:
        return {}
    latest = answer.frame.sort_values("time").drop_duplicates(["vhost", "queue"], keep="last")
    return {(row["vhost"], row["queue"]): float(row["value"]) for row in latest.to_dict("records")}


def _services(activity: pd.DataFrame, in_flight: MetricAnswer | None) -> pd.DataFrame:
    """Give each service's lines, errors, warnings, error_ratio, in_flight and pods; worst first."""
    counted = activity.pivot_table(index="service", columns="level", values="documents", aggfunc="sum", fill_value=0)
    lines = counted.sum(axis=1)
    none = pd.Series(0, index=counted.index)
    errors = counted.get("error", none) + counted.get("critical", none)
    table = pd.DataFrame({"lines": lines, "errors": errors, "warnings": counted.get("warning", none)})
    table["error_ratio"] = table["errors"] / table["lines"]
    table["in_flight"] = pd.Series(index=table.index, dtype="Float64")
    table["pods"] = pd.Series(index=table.index, dtype="Int64")
    frame = None if in_flight is None else in_flight.frame
    if frame is not None and len(frame) and {"service", "pod"} <= set(frame.columns):
        latest = frame.sort_values("time").drop_duplicates(
            [c for c in ("service", "pod", "queue") if c in frame], keep="last"
        )
        table["in_flight"] = latest.groupby("service")["value"].sum().astype("Float64").reindex(table.index)
        table["pods"] = latest.groupby("service")["pod"].nunique().astype("Int64").reindex(table.index)
    worst_first = ["errors", "in_flight", "service"]
    return table.rename_axis("service").reset_index().sort_values(worst_first, ascending=[False, False, True])


def _alerts(firing: MetricAnswer | None, since: MetricAnswer | None) -> pd.DataFrame:
    """Give each alert that fires: alertname, severity, state, labels (text), since (UTC, may be missing)."""
    columns = ["alertname", "severity", "state", "labels", "since"]
    if firing is None or firing.frame.empty:
        return pd.DataFrame({name: [] for name in columns})
    keys = [name for name in firing.frame.columns if name not in ("time", "value")]
    told = firing.frame.drop_duplicates(keys)[keys]
    began = pd.DataFrame({name: [] for name in (*keys, "value")}) if since is None else since.frame
    told = told.merge(began.drop_duplicates(keys, keep="last")[[*keys, "value"]], on=keys, how="left")
    rest = told[[name for name in keys if name not in columns]].to_dict("records")
    return told.assign(
        state="firing",
        since=pd.to_datetime(told["value"].astype("float64"), unit="s", utc=True),
        labels=[", ".join(f"{name}={value}" for name, value in row.items() if isinstance(value, str)) for row in rest],
    )[columns]
