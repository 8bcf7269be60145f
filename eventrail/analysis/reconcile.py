"""The ledger's list beside the broker's count: what each explains of the other, and why the rest differs."""

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from eventrail.analysis.ledger import count_bounds, outstanding_at
from eventrail.model.ledger import QueueLedger, Reason

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
    if gauge is None:
        return QueueLedger(vhost, queue, as_of, None, None, len(listed), 0, 0, len(listed), len(listed), (), listed)
    slack = pd.Timedelta(seconds=BOOKKEEPING_SECONDS)
    earliest = gauge.time - pd.Timedelta(seconds=gauge.uncertainty_seconds) - slack
    lowest, highest = count_bounds(deliveries, earliest, gauge.time + slack)
    countable = int((listed["delivered"] <= gauge.time + slack).sum())
    explained = min(gauge.value, countable)
    unexplained, surplus = gauge.value - explained, len(listed) - explained
    reasons = (
        *_unexplained_reasons(unexplained, deliveries, as_of, gauge, highest, circumstances),
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
    )


def _unexplained_reasons(
    unexplained: int,
    deliveries: pd.DataFrame,
    as_of: pd.Timestamp,
    gauge: GaugeReading,
    highest: int,
    circumstances: Circumstances,
) -> tuple[Reason, ...]:
    """Say why the gauge counted messages that the list does not hold."""
    known = outstanding_at(deliveries, gauge.time)
    since = len(known) - int((~(deliveries["settled"] <= as_of) & (deliveries["delivered"] <= gauge.time)).sum())
    allocation = _Allocation("unexplained", unexplained)
    allocation.give("settled-since-sample", since, "settled after the gauge was read")
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


def _surplus_reasons(
    surplus: int,
    listed: pd.DataFrame,
    delivered_since: int,
    gauge: GaugeReading,
    lowest: int,
    circumstances: Circumstances,
) -> tuple[Reason, ...]:
    """Say why the list holds deliveries that the gauge did not count."""
    allocation = _Allocation("surplus", surplus)
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


class _Allocation:
    """Hands the messages of one side of a difference to reasons until none is left."""

    def __init__(self, side: str, messages: int) -> None:
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
