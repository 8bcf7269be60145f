"""What Prometheus saw of queues in which messages wait: how many, since when, and who consumes them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from eventrail.analysis.gauge_samples import STALE_SECONDS_MIN
from eventrail.analysis.reconcile import GaugeReading
from eventrail.investigate.gauges import LOOKBACK_SECONDS, READY, UNACKED, QueueKey
from eventrail.model.answers import MetricRequest
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import MetricSource

CONSUMERS: Final = "queue_consumers"
PUBLISHED: Final = "queue_publish_rate"
SETTLED: Final = "queue_settle_rate"
# The rates beside a queue are the latest points within so long.
RATE_SECONDS: Final = 60.0
_KEY: Final = ["vhost", "queue"]


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """A queue as Prometheus saw it.

    ready: the last sample at or before the instant. unacked, consumers: the last samples, None without any. idle_since:
    since when no consumer was counted, at least where not idle_sure. empty_at: the last sample that counted no message
    at all; looked_back_to: how far back samples were read. Rates are messages per second.
    """

    ready: GaugeReading
    unacked: int | None
    consumers: int | None
    idle_since: pd.Timestamp | None
    idle_sure: bool
    empty_at: pd.Timestamp | None
    looked_back_to: pd.Timestamp
    arriving: float | None = None
    settled: float | None = None


@dataclass(frozen=True, slots=True)
class WaitingSeen:
    """queues by (vhost, queue); totals: queue → samples (time, value) of all its messages over the first lookback."""

    queues: dict[QueueKey, QueueSeen]
    totals: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...]


def see_waiting(
    metrics: MetricSource, as_of: pd.Timestamp, queue: str | None, uncertainty_seconds: float
) -> WaitingSeen:
    """Read the gauges of all queues, or of those named `queue`; further back only where messages wait all the time."""
    wanted: dict[str, tuple[str, ...]] = {"queue": (queue,)} if queue else {}
    queues: dict[QueueKey, QueueSeen] = {}
    problems: tuple[Problem, ...] = ()
    totals: dict[str, pd.DataFrame] = {}
    for step, seconds in enumerate(LOOKBACK_SECONDS):
        # The window holds the instant itself, which a time of whole microseconds may be just before.
        end = as_of.ceil("us").to_pydatetime() + timedelta(microseconds=1)
        window = Window.before(end, seconds)
        answers = metrics.read([MetricRequest(name, window, wanted) for name in (READY, UNACKED, CONSUMERS)])
        ready, unacked, consumers = (answer.frame[answer.frame["time"] <= as_of] for answer in answers)
        if step == 0:
            problems = tuple(problem for answer in answers for problem in answer.problems)
            totals = _totals(ready, unacked)
        queues |= _judge(ready, unacked, consumers, as_of, pd.Timestamp(window.start), uncertainty_seconds)
        unbounded = [key for key, seen in queues.items() if seen.ready.value and seen.empty_at is None]
        if not unbounded:
            break
        wanted = {"queue": tuple(sorted({name for _, name in unbounded}))}
    return WaitingSeen(queues, totals, problems)


def with_rates(
    metrics: MetricSource, seen: dict[QueueKey, QueueSeen], as_of: pd.Timestamp
) -> dict[QueueKey, QueueSeen]:
    """Add how many messages arrive in each queue and are settled, a second, by the latest point."""
    if not seen:
        return seen
    window = Window.before(as_of.ceil("us").to_pydatetime(), RATE_SECONDS)
    names = {"queue": tuple(sorted({queue for _, queue in seen}))}
    arriving, settled = (
        _latest(answer.frame)
        for answer in metrics.read([MetricRequest(name, window, names) for name in (PUBLISHED, SETTLED)])
    )
    # A series that has no point where the other has one counts nothing: its channels are gone.
    return {
        key: replace(
            one,
            arriving=arriving.get(key, 0.0 if key in settled else None),
            settled=settled.get(key, 0.0 if key in arriving else None),
        )
        for key, one in seen.items()
    }


def _judge(
    ready: pd.DataFrame,
    unacked: pd.DataFrame,
    consumers: pd.DataFrame,
    as_of: pd.Timestamp,
    looked_back_to: pd.Timestamp,
    uncertainty_seconds: float,
) -> dict[QueueKey, QueueSeen]:
    """Make a QueueSeen of each queue's samples."""
    if ready.empty:
        return {}
    held = unacked[[*_KEY, "time", "value"]].rename(columns={"value": "unacked"})
    consuming = consumers[[*_KEY, "time", "value"]].rename(columns={"value": "consumers"})
    both = ready.merge(held, on=[*_KEY, "time"], how="left").merge(consuming, on=[*_KEY, "time"], how="left")
    both = both.sort_values("time", kind="stable")
    empty = both[(both["value"] == 0) & (both["unacked"] == 0)].groupby(_KEY)["time"].last()
    seen = {}
    for key, samples in both.groupby(_KEY):
        last = samples.iloc[-1]
        if (as_of - last["time"]).total_seconds() > STALE_SECONDS_MIN:
            continue
        idle_since, sure = _idle(samples)
        name = (str(key[0]), str(key[1]))
        seen[name] = QueueSeen(
            ready=GaugeReading(int(last["value"]), last["time"], uncertainty_seconds),
            unacked=_whole(last["unacked"]),
            consumers=_whole(last["consumers"]),
            idle_since=idle_since,
            idle_sure=sure,
            empty_at=empty.get(key),
            looked_back_to=looked_back_to,
        )
    return seen


def _idle(samples: pd.DataFrame) -> tuple[pd.Timestamp | None, bool]:
    """Give since when no consumer was counted, and whether one was seen before."""
    counted = samples[samples["consumers"].notna()]
    if counted.empty or counted["consumers"].iloc[-1] > 0:
        return None, False
    consumed = counted["consumers"] > 0
    if not consumed.any():
        return counted["time"].iloc[0], False
    return counted["time"][counted["time"] > counted["time"][consumed].iloc[-1]].iloc[0], True


def _totals(ready: pd.DataFrame, unacked: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Give all messages of each queue over time."""
    if ready.empty:
        return {}
    held = unacked[[*_KEY, "time", "value"]].rename(columns={"value": "held"})
    both = ready.merge(held, on=[*_KEY, "time"], how="left").sort_values("time", kind="stable")
    both["value"] += both["held"].fillna(0)
    return {str(queue): own[["time", "value"]].reset_index(drop=True) for queue, own in both.groupby("queue")}


def _latest(frame: pd.DataFrame) -> dict[QueueKey, float]:
    if frame.empty:
        return {}
    last = frame.dropna(subset=["value"]).sort_values("time").drop_duplicates(_KEY, keep="last")
    return {(str(row["vhost"]), str(row["queue"])): float(row["value"]) for row in last.to_dict("records")}


def _whole(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
