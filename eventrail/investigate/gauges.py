"""What Prometheus saw of the queues, and how far back an outstanding delivery can lie because of it."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from eventrail.analysis.reconcile import GaugeReading
from eventrail.model.answers import MetricRequest
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import MetricSource

UNACKED: Final = "queue_messages_unacked"
READY: Final = "queue_messages_ready"
# The search for the instant at which nothing was outstanding goes back in these steps.
LOOKBACK_SECONDS: Final = (1800.0, 6 * 3600.0, 24 * 3600.0)
# A gauge that has not been sampled for so long says nothing about the present.
STALE_SECONDS: Final = 60.0

QueueKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class QueueGauge:
    """A queue as Prometheus saw it.

    reading: the last sample at or before the instant. ready: messages waiting then, None without a sample.
    nothing_unacked_at: the last sample that counted no unacknowledged message; None: none in the time looked at.
    empty_at: the last sample that counted no message at all. looked_back_to: how far back samples were read.
    """

    reading: GaugeReading
    ready: int | None
    nothing_unacked_at: pd.Timestamp | None
    empty_at: pd.Timestamp | None
    looked_back_to: pd.Timestamp


@dataclass(frozen=True, slots=True)
class GaugesRead:
    """gauges by (vhost, queue); samples: vhost, queue, time, value of UNACKED over the first lookback."""

    gauges: dict[QueueKey, QueueGauge]
    samples: pd.DataFrame
    problems: tuple[Problem, ...]


def read_gauges(
    metrics: MetricSource, as_of: pd.Timestamp, queue: str | None, window_seconds: float, uncertainty_seconds: float
) -> GaugesRead:
    """Read the gauges of all queues, or of those named `queue`; go further back only for queues that need it.

    uncertainty_seconds: see GaugeReading.
    """
    wanted: dict[str, tuple[str, ...]] = {"queue": (queue,)} if queue else {}
    gauges: dict[QueueKey, QueueGauge] = {}
    problems: list[Problem] = []
    samples = pd.DataFrame({"vhost": [], "queue": [], "time": [], "value": []})
    for round_number, seconds in enumerate((max(window_seconds, LOOKBACK_SECONDS[0]), *LOOKBACK_SECONDS[1:])):
        window = Window.before(as_of.to_pydatetime(), seconds)
        unacked, ready = metrics.read([MetricRequest(UNACKED, window, wanted), MetricRequest(READY, window, wanted)])
        if round_number == 0:
            samples = unacked.frame
            problems += [*unacked.problems, *ready.problems]
        gauges |= _judge(unacked.frame, ready.frame, as_of, pd.Timestamp(window.start), uncertainty_seconds)
        unbounded = [key for key, gauge in gauges.items() if gauge.reading.value and gauge.nothing_unacked_at is None]
        if not unbounded:
            break
        wanted = {"queue": tuple(sorted({name for _, name in unbounded}))}
    return GaugesRead(gauges, samples, tuple(problems))


def _judge(
    unacked: pd.DataFrame,
    ready: pd.DataFrame,
    as_of: pd.Timestamp,
    looked_back_to: pd.Timestamp,
    uncertainty_seconds: float,
) -> dict[QueueKey, QueueGauge]:
    """Make a QueueGauge of each queue's samples."""
    if unacked.empty:
        return {}
    keys = ["vhost", "queue"]
    waiting = ready[[*keys, "time", "value"]].rename(columns={"value": "ready"})
    # Both gauges come from the same scrape, so their samples have the same time.
    both = unacked[[*keys, "time", "value"]].merge(waiting, on=[*keys, "time"], how="left").sort_values("time")
    both = both[both["time"] <= as_of]
    latest = both.groupby(keys).last()
    nothing = both[both["value"] == 0].groupby(keys)["time"].last()
    empty = both[(both["value"] == 0) & (both["ready"] == 0)].groupby(keys)["time"].last()
    return {
        (str(row["vhost"]), str(row["queue"])): QueueGauge(
            reading=GaugeReading(int(row["value"]), row["time"], uncertainty_seconds),
            ready=None if pd.isna(row["ready"]) else int(row["ready"]),
            nothing_unacked_at=_known(nothing.get((row["vhost"], row["queue"]))),
            empty_at=_known(empty.get((row["vhost"], row["queue"]))),
            looked_back_to=looked_back_to,
        )
        for row in latest.reset_index().to_dict("records")
        if (as_of - row["time"]).total_seconds() <= STALE_SECONDS
    }


def _known(instant: Any) -> pd.Timestamp | None:
    """Give the instant; none for a missing one."""
    return None if instant is None or pd.isna(instant) else instant
