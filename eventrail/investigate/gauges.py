"""What Prometheus saw of the queues, and how far back an outstanding delivery can lie because of it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from eventrail.analysis.gauge_samples import (
    QUEUE,
    STALE_SECONDS_MIN,
    brokers_of,
    join_samples,
    last_instants_without,
    latest_samples,
    stale_seconds,
)
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS, GaugeReading
from eventrail.model.answers import MetricAnswer, MetricRequest
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import MetricSource
from eventrail.words import age, listed

UNACKED: Final = "queue_messages_unacked"
READY: Final = "queue_messages_ready"
IDENTITY: Final = "broker_identity"
# The search for the instant at which nothing was outstanding goes back in these steps.
LOOKBACK_SECONDS: Final = (1800.0, 6 * 3600.0, 24 * 3600.0)

QueueKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GaugeDoubts:
    """How far what Prometheus shows may be from what the logs say.

    uncertainty_seconds: see GaugeReading. clock_difference_seconds: by how much the clocks of the machines that write
    logs may be behind Prometheus' clock.
    """

    uncertainty_seconds: float
    clock_difference_seconds: float = 0.0

    @property
    def margin_seconds(self) -> float:
        """By how much a delivery's line may be older than a sample that did not count the delivery yet."""
        return self.uncertainty_seconds + BOOKKEEPING_SECONDS + self.clock_difference_seconds


@dataclass(frozen=True, slots=True)
class QueueGauge:
    """A queue as Prometheus saw it.

    reading: the last sample at or before the instant. ready: messages waiting then, None without a sample.
    nothing_unacked_at: the last sample that counted no unacknowledged message; None: none in the time looked at.
    empty_at: the last sample that counted no message at all. looked_back_to: how far back samples were read.
    margin_seconds: see GaugeDoubts.
    """

    reading: GaugeReading
    ready: int | None
    nothing_unacked_at: pd.Timestamp | None
    empty_at: pd.Timestamp | None
    looked_back_to: pd.Timestamp
    margin_seconds: float


@dataclass(frozen=True, slots=True)
class UncountedQueue:
    """A queue that Prometheus knows and cannot say the present count of; the rest as in QueueGauge.

    why: in words, for behind the queue's name. last_count: what was counted last, by all its series together.
    """

    why: str
    last_count: int
    nothing_unacked_at: pd.Timestamp | None
    looked_back_to: pd.Timestamp
    margin_seconds: float


@dataclass(frozen=True, slots=True)
class GaugesRead:
    """gauges and uncounted by (vhost, queue); samples: vhost, queue, time, value of UNACKED over the first lookback."""

    gauges: dict[QueueKey, QueueGauge]
    samples: pd.DataFrame
    problems: tuple[Problem, ...]
    uncounted: dict[QueueKey, UncountedQueue]

    @classmethod
    def none(cls) -> "GaugesRead":
        """Give what there is without Prometheus."""
        return cls({}, _no_samples(), (), {})


def read_gauges(
    metrics: MetricSource, as_of: pd.Timestamp, queue: str | None, window_seconds: float, doubts: GaugeDoubts
) -> GaugesRead:
    """Read the gauges of all queues, or of those named `queue`.

    Goes further back only for queues that need it, and for all where none is counted: the scrapes may have ended.
    """
    wanted: dict[str, tuple[str, ...]] = {"queue": (queue,)} if queue else {}
    found = _Found({}, {})
    problems: list[Problem] = []
    samples = _no_samples()
    judge = _Judge(metrics, as_of, doubts, named=queue is not None)
    for round_number, seconds in enumerate((max(window_seconds, LOOKBACK_SECONDS[0]), *LOOKBACK_SECONDS[1:])):
        window = Window.before(as_of.to_pydatetime(), seconds)
        unacked, ready = metrics.read([MetricRequest(UNACKED, window, wanted), MetricRequest(READY, window, wanted)])
        if round_number == 0:
            samples = unacked.frame[[*QUEUE, "time", "value"]]
            problems += [*unacked.problems, *ready.problems]
        found.add(judge.judge(window, unacked.frame, ready.frame))
        unbounded = found.unbounded
        is_down = any(problem.severity == "error" for problem in unacked.problems)
        if is_down or (found.any and not unbounded):
            break
        if unbounded:
            wanted = {"queue": tuple(sorted(unbounded))}
    if not found.any:
        problems += _without_queues(metrics, unacked, queue)
    return GaugesRead(found.gauges, samples, tuple(problems), found.uncounted)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is known of queues so far."""

    gauges: dict[QueueKey, QueueGauge]
    uncounted: dict[QueueKey, UncountedQueue]

    @property
    def any(self) -> bool:
        """Whether any queue is known."""
        return bool(self.gauges or self.uncounted)

    @property
    def unbounded(self) -> set[str]:
        """The names of queues that may hold something, and no sample of nothing bounds the search."""
        held = {key: gauge.nothing_unacked_at for key, gauge in self.gauges.items() if gauge.reading.value}
        known = held | {key: queue.nothing_unacked_at for key, queue in self.uncounted.items()}
        return {name for (_, name), zero in known.items() if zero is None}

    def add(self, more: "_Found") -> None:
        """Take in what a longer look showed: it holds all that the shorter one did."""
        self.gauges.update(more.gauges)
        self.uncounted.update(more.uncounted)


@dataclass(slots=True)
class _Judge:
    """Makes of each queue's samples in a window what is known of the queue.

    named: only queues of some names are asked for. reporting: the addresses that still tell of any queue.
    """

    metrics: MetricSource
    as_of: pd.Timestamp
    doubts: GaugeDoubts
    named: bool
    reporting: frozenset[str] | None = None

    def judge(self, window: Window, unacked: pd.DataFrame, ready: pd.DataFrame) -> _Found:
        """Judge the queues of one look. unacked, ready: the frames of both queries over the window."""
        found = _Found({}, {})
        if unacked.empty:
            return found
        samples = join_samples(unacked, ready, self.as_of)
        latest = latest_samples(samples)
        latest["age_seconds"] = (self.as_of - latest["time"]).dt.total_seconds()
        latest["stale"] = latest["age_seconds"] > stale_seconds(latest["scrape_seconds"])
        held = samples.rows["value"] != 0
        nothing = last_instants_without(samples, held)
        empty = last_instants_without(samples, held | (samples.rows["ready"] != 0))
        rivals = self._rivals(window, latest[latest["current"]])
        looked_back_to, margin_seconds = pd.Timestamp(window.start), self.doubts.margin_seconds
        # The highest of what several series count now: no message is taken for settled that one of them counts.
        readings = latest[latest["current"]].sort_values(["value", "time"]).drop_duplicates("of_queue", keep="last")
        reporting = self._reporting(latest)
        for row in readings.to_dict("records"):
            key = (str(row["vhost"]), str(row["queue"]))
            zero, value = _known(nothing.get(row["of_queue"])), int(row["value"])
            if key in rivals:
                found.uncounted[key] = UncountedQueue(rivals[key], value, zero, looked_back_to, margin_seconds)
            elif not row["stale"]:
                reading = GaugeReading(value, row["time"], self.doubts.uncertainty_seconds)
                waiting = None if pd.isna(row["ready"]) else int(row["ready"])
                emptied = _known(empty.get(row["of_queue"]))
                found.gauges[key] = QueueGauge(reading, waiting, zero, emptied, looked_back_to, margin_seconds)
            elif value or row["instance"] not in reporting:
                # An empty queue that its broker no longer tells of is gone, as queues made for one reply are.
                why = _ended(row, reporting=row["instance"] in reporting)
                found.uncounted[key] = UncountedQueue(why, value, zero, looked_back_to, margin_seconds)
        return found

    def _reporting(self, latest: pd.DataFrame) -> frozenset[str]:
        """Say which addresses still tell of some queue: what such a one no longer tells of is gone from it."""
        if self.reporting is None:
            fresh = latest["instance"][~latest["stale"]]
            if self.named and latest["stale"].any():
                recently = Window.before(self.as_of.to_pydatetime(), STALE_SECONDS_MIN)
                (all_queues,) = self.metrics.read([MetricRequest(UNACKED, recently)])
                fresh = latest_samples(join_samples(all_queues.frame, all_queues.frame, self.as_of))["instance"]
            self.reporting = frozenset(fresh)
        return self.reporting

    def _rivals(self, window: Window, current: pd.DataFrame) -> dict[QueueKey, str]:
        """Give the queues that several brokers count, and the words about it."""
        several = current[current.duplicated("of_queue", keep=False)]
        if several.empty:
            return {}
        (identities,) = self.metrics.read([MetricRequest(IDENTITY, window)])
        several = several.assign(broker=brokers_of(several, identities.frame))
        counts = several.groupby([*QUEUE, "broker"])["value"].max().reset_index()
        counts["told"] = counts["broker"] + " " + counts["value"].astype("int64").astype("str")
        rivals = counts[counts.duplicated(QUEUE, keep=False)].groupby(QUEUE)["told"].agg(list)
        return {
            (str(row["vhost"]), str(row["queue"])): f"is counted by {len(row['told'])} brokers "
            f"({listed(row['told'])}); log lines do not tell which of them they are of"
            for row in rivals.reset_index().to_dict("records")
        }


def _ended(last: Mapping[Hashable, Any], *, reporting: bool) -> str:
    """Say that a count has ended, and what that means where its reporter still tells of other queues."""
    ends = f"was last counted at {last['time']:%Y-%m-%d %H:%M:%S} UTC, {age(last['age_seconds'])} before"
    if reporting:
        return f"{ends}: it was deleted, renamed, or moved to a node that is not scraped"
    return f"{ends}: {last['instance'] or 'its broker'} has not been scraped since"


def _without_queues(metrics: MetricSource, unacked: MetricAnswer, queue: str | None) -> Sequence[Problem]:
    """Say why there is no guide although Prometheus answers."""
    if len(unacked.frame) or not unacked.generation:
        return ()
    if queue:
        what = f"no count of a queue named {queue}"
        return (Problem(metrics.name, what, "was it renamed or deleted? `eventrail now` shows the names there are"),)
    remedy = "scrape the broker's /metrics/detailed?family=queue_coarse_metrics, or /metrics/per-object"
    return (Problem(metrics.name, "no count by queue: the broker's totals alone guide no search", remedy),)


def _no_samples() -> pd.DataFrame:
    return pd.DataFrame({"vhost": [], "queue": [], "time": [], "value": []})


def _known(instant: Any) -> pd.Timestamp | None:
    """Give the instant; none for a missing one."""
    return None if instant is None or pd.isna(instant) else instant
