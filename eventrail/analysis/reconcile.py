"""The ledger's list beside the broker's count: what each explains of the other, and why the rest differs."""

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from eventrail.analysis.ledger import count_bounds, outstanding_at
from eventrail.model.ledger import CONSUMER_COLUMNS, QueueLedger, Reason, Settlement
from eventrail.model.table import conform

# The broker's queues refresh their statistics every `collect_statistics_interval`, 5 s by default; the line about a
# delivery and the broker's own bookkeeping are a moment apart on either side.
STATISTICS_INTERVAL_SECONDS: Final = 5.0
BOOKKEEPING_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class GaugeReading:
    """A sample of queue_messages_unacked, with its own time.

    uncertainty_seconds: how long before that time the broker may have counted it.
    """

    value: int
    time: pd.Timestamp
    uncertainty_seconds: float = STATISTICS_INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else is known that can explain a difference.

    logs_complete_to: see Moment. gone_pods: pods that no longer run.
    """

    logs_complete_to: pd.Timestamp | None = None
    gone_pods: frozenset[str] = field(default_factory=frozenset)


def reconcile(
    vhost: str,
    queue: str,
    deliveries: pd.DataFrame,
    as_of: pd.Timestamp,
    gauge: GaugeReading | None,
    circumstances: Circumstances,
) -> QueueLedger:
    """Compare one queue's deliveries (DELIVERY_COLUMNS, settled ones too) with the gauge.

    Always: explained + unexplained == gauge, explained + surplus == listed; each side's reasons add up to it.
    Without a gauge nothing can be unexplained, and the whole list counts as explained.
    """
    listed = outstanding_at(deliveries, as_of)
    consumers = _consumers(deliveries, as_of).assign(vhost=vhost)
    if gauge is None:
        every = len(listed)
        return QueueLedger(vhost, queue, as_of, None, None, every, 0, 0, every, every, (), listed, consumers)
    slack = pd.Timedelta(seconds=BOOKKEEPING_SECONDS)
    earliest = counted_since(gauge)
    counted = _with_buffered(deliveries, gauge)
    lowest, highest = count_bounds(counted, earliest, gauge.time + slack)
    countable = int((outstanding_at(counted, as_of)["delivered"] <= gauge.time + slack).sum())
    explained = min(gauge.value, countable)
    unexplained, surplus = gauge.value - explained, len(listed) - explained
    reasons = (
        *_unexplained_reasons(unexplained, counted, as_of, gauge, highest, circumstances),
        *_surplus_reasons(surplus, listed, len(listed) - countable, gauge, lowest, circumstances),
    )
    return QueueLedger(
        vhost,
        queue,
        as_of,
        gauge.value,
        gauge.time,
        explained,
        unexplained,
        surplus,
        lowest,
        highest,
        reasons,
        listed,
        consumers,
    )


def _consumers(deliveries: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Give CONSUMER_COLUMNS, vhost missing; what nothing but queue order shows names nobody."""
    since = as_of - pd.Timedelta(seconds=STATISTICS_INTERVAL_SECONDS + BOOKKEEPING_SECONDS)
    lately = (deliveries["settled"] > since) & (deliveries["settled"] <= as_of)
    shown = deliveries[~deliveries["inferred"].fillna("").str.contains("pod") & (deliveries["delivered"] <= as_of)]
    names = ["pod", "client_id", "channel_id"]
    wrote = shown[names].assign(settled_lately=lately).groupby(names, dropna=False, sort=False)
    return conform(wrote.sum().reset_index(), CONSUMER_COLUMNS)


def _with_buffered(deliveries: pd.DataFrame, gauge: GaugeReading) -> pd.DataFrame:
    """Have deliveries begin no later than the gauge that counted them.

    Without a receive line a delivery is first seen when it is handled, after a while in the consumer's buffer. Buffers
    are first in, first out: of those first seen since the gauge began to count, the first are what it counted beyond
    the lines.
    """
    start = counted_since(gauge)
    open_then = (deliveries["delivered"] <= start) & ~(deliveries["settled"] <= start)
    unseen = deliveries["inferred"].fillna("").str.contains("delivered") & (deliveries["delivered"] > start)
    beyond = max(gauge.value - int(open_then.sum()), 0)
    buffered = deliveries["delivered"][unseen].sort_values(kind="stable").index[:beyond]
    return deliveries.assign(delivered=deliveries["delivered"].where(~deliveries.index.isin(buffered), start))


def counted_since(gauge: GaugeReading) -> pd.Timestamp:
    """Give the earliest instant that the gauge may have counted at."""
    return gauge.time - pd.Timedelta(seconds=gauge.uncertainty_seconds + BOOKKEEPING_SECONDS)


def _unexplained_reasons(
    unexplained: int,
    deliveries: pd.DataFrame,
    as_of: pd.Timestamp,
    gauge: GaugeReading,
    highest: int,
    circumstances: Circumstances,
) -> tuple[Reason, ...]:
    """Say why the gauge counted messages that the list does not hold."""
    open_then = (deliveries["delivered"] <= gauge.time) & ~(deliveries["settled"] <= gauge.time)
    since = deliveries[open_then & (deliveries["settled"] <= as_of)]
    returned = since[since["settlement"] == Settlement.RETURNED]
    allocation = Allocation("unexplained", unexplained)
    allocation.give("settled-since-sample", len(since) - len(returned), "settled after the gauge was read")
    allocation.give("returned-since-sample", len(returned), _taken_back(returned))
    if highest >= gauge.value:
        allocation.give_rest(
            "gauge-uncertainty", "settled while the gauge was being taken: the broker counts every few seconds"
        )
    complete_to = circumstances.logs_complete_to
    if complete_to is not None and complete_to < gauge.time:
        behind = (gauge.time - complete_to).total_seconds()
        allocation.give_rest(
            "late-logs", f"their lines may not have arrived: the logs are {behind:.0f} s behind the gauge"
        )
    if deliveries.empty:
        allocation.give_rest("no-instrumentation", "no consumer of this queue logs its deliveries")
    allocation.give_rest(
        "no-line", "handed to a consumer that wrote no line about them: not instrumented, or lines were lost"
    )
    return allocation.reasons


def _taken_back(returned: pd.DataFrame) -> str:
    """Say why the broker took deliveries back, where a line says it."""
    errors = ", ".join(sorted(returned["error_type"].dropna().unique()))
    return "taken back by the broker after the gauge was read" + (f" (channel closed: {errors})" if errors else "")


def _surplus_reasons(
    surplus: int,
    listed: pd.DataFrame,
    delivered_since: int,
    gauge: GaugeReading,
    lowest: int,
    circumstances: Circumstances,
) -> tuple[Reason, ...]:
    """Say why the list holds deliveries that the gauge did not count."""
    allocation = Allocation("surplus", surplus)
    allocation.give("delivered-since-sample", delivered_since, "delivered after the gauge was read")
    if lowest <= gauge.value:
        allocation.give_rest(
            "gauge-uncertainty", "delivered while the gauge was being taken: the broker counts every few seconds"
        )
    gone = listed["pod"].isin(circumstances.gone_pods)
    pods = ", ".join(sorted(listed["pod"][gone].dropna().unique()))
    allocation.give("pod-gone", int(gone.sum()), f"their holder is gone ({pods}): the broker has taken them back")
    allocation.give_rest(
        "settled-without-line", "the broker no longer counts them, and no line says how they were settled"
    )
    return allocation.reasons


class Allocation:
    """Hands the messages of one side of a difference to reasons until none is left."""

    def __init__(self, side: str, messages: int) -> None:
        """Take what the side holds."""
        self._side = side
        self._left = messages
        self._reasons: list[Reason] = []

    def give(self, kind: str, messages: int, what: str) -> None:
        """Let a reason explain up to `messages`."""
        taken = min(self._left, max(messages, 0))
        if taken:
            self._reasons.append(Reason(self._side, kind, taken, f"{taken:,} {what}"))
            self._left -= taken

    def give_rest(self, kind: str, what: str) -> None:
        """Let a reason explain all that is left."""
        self.give(kind, self._left, what)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons that explain something."""
        return tuple(self._reasons)
