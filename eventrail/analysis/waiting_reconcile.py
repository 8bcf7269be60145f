"""The list of waiting messages beside the broker's count of them, and why the two differ."""

from dataclasses import dataclass

import pandas as pd

from eventrail.analysis.ledger import count_bounds
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS, Allocation, GaugeReading
from eventrail.model.ledger import Reason
from eventrail.model.waiting import Cause, QueueWaiting


@dataclass(frozen=True, slots=True)
class WaitingRead:
    """How the lines were read. whole: all that can speak of the queue; words: from when on, and what was left out.

    publishers_known: some line shows what leads to the queue. logs_complete_to: see Moment.
    """

    whole: bool
    words: str
    publishers_known: bool
    logs_complete_to: pd.Timestamp | None = None


def reconcile_waiting(
    listed: pd.DataFrame,
    periods: pd.DataFrame,
    gauge: GaugeReading | None,
    read: WaitingRead,
    cause: Cause,
    *,
    vhost: str,
    queue: str,
    as_of: pd.Timestamp,
) -> QueueWaiting:
    """Compare the messages that wait (`waiting_at`, from `periods`) with the gauge of those that are ready.

    Always: explained + unexplained == ready, explained + surplus == listed; each side's reasons add up to it.
    """
    if gauge is None:
        alone = (len(listed), 0, 0, len(listed), len(listed), ())
        return QueueWaiting(vhost, queue, as_of, None, None, *alone, listed, cause, read.words)
    slack = pd.Timedelta(seconds=BOOKKEEPING_SECONDS)
    counted = periods.rename(columns={"since": "delivered", "until": "settled"})
    earliest = gauge.time - pd.Timedelta(seconds=gauge.uncertainty_seconds) - slack
    lowest, highest = count_bounds(counted, earliest, gauge.time + slack)
    countable = int((listed["since"] <= gauge.time + slack).sum())
    explained = min(gauge.value, countable)
    unexplained, surplus = gauge.value - explained, len(listed) - explained
    still = (periods["since"] <= gauge.time) & ~(periods["until"] <= gauge.time)
    taken_since = int((still & (periods["until"] <= as_of)).sum())
    reasons = (
        *_unexplained(unexplained, taken_since, gauge, highest, read),
        *_surplus(surplus, listed, len(listed) - countable, lowest, gauge),
    )
    return QueueWaiting(
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
        cause,
        read.words,
    )


def _unexplained(
    unexplained: int, taken_since: int, gauge: GaugeReading, highest: int, read: WaitingRead
) -> tuple[Reason, ...]:
    """Say why the broker counts messages that the list does not hold."""
    allocation = Allocation("unexplained", unexplained)
    allocation.give("delivered-since-sample", taken_since, "delivered after the gauge was read")
    if highest >= gauge.value:
        allocation.give_rest("gauge-uncertainty", "delivered while the gauge was being taken")
    if not read.whole:
        allocation.give_rest("not-read", f"not read one by one: {read.words}")
    complete_to = read.logs_complete_to
    if complete_to is not None and complete_to < gauge.time:
        behind = (gauge.time - complete_to).total_seconds()
        allocation.give_rest(
            "late-logs", f"their lines may not have arrived: the logs are {behind:.0f} s behind the gauge"
        )
    if not read.publishers_known:
        allocation.give_rest(
            "no-instrumentation", "no line shows what is sent to this queue: uninstrumented publishers or dead letters"
        )
    allocation.give_rest(
        "no-line", "no line about them: published without instrumentation, dead-lettered here, or older than was read"
    )
    return allocation.reasons


def _surplus(
    surplus: int, listed: pd.DataFrame, came_since: int, lowest: int, gauge: GaugeReading
) -> tuple[Reason, ...]:
    """Say why the list holds messages that the broker does not count."""
    allocation = Allocation("surplus", surplus)
    allocation.give("published-since-sample", came_since, "came after the gauge was read")
    if lowest <= gauge.value:
        allocation.give_rest("gauge-uncertainty", "came while the gauge was being taken")
    allocation.give(
        "overtaken",
        int(listed["overtaken"].sum()),
        "left from the head of the queue: later ones were delivered; expired, or taken by a consumer that logs nothing",
    )
    allocation.give_rest(
        "gone-without-line", "no longer there, and no line says why: expired, purged, or dropped from a full queue"
    )
    return allocation.reasons
