"""How far back the logs of a queue must be read for its ledger."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from eventrail.investigate.carried import Carried
from eventrail.investigate.gauges import QueueGauge
from eventrail.model.window import Window


@dataclass(frozen=True, slots=True)
class Bound:
    """Where the search in the logs begins for a queue. sure: nothing older can be outstanding."""

    start: pd.Timestamp
    why: str
    sure: bool


def bound_of(gauge: QueueGauge, as_of: pd.Timestamp, carried: Carried) -> Bound:
    """Say where the search begins: nothing that was outstanding at a zero is outstanding after it.

    carried: where no zero is known, the search goes back to what must be seen of it.
    """
    if gauge.nothing_unacked_at is not None:
        start = gauge.nothing_unacked_at - margin(gauge)
        why = f"the gauge last counted none at {gauge.nothing_unacked_at:%Y-%m-%d %H:%M:%S} UTC"
        return Bound(start, why, sure=True)
    hours = (as_of - gauge.looked_back_to).total_seconds() / 3600
    why = f"the gauge was never zero in the {hours:.0f} h before; older deliveries may be missing"
    return Bound(carried.start(gauge.looked_back_to), why, sure=False)


def margin(gauge: QueueGauge) -> pd.Timedelta:
    """Say by how much a line may be older than a sample that did not count its delivery yet."""
    return pd.Timedelta(seconds=gauge.margin_seconds)


def window_between(start: pd.Timestamp, end: pd.Timestamp) -> Window:
    """Give the window from the millisecond that holds `start`, as many indices keep no more, up to the microsecond
    that holds `end`.
    """
    return Window(start.floor("ms").to_pydatetime(), end.ceil("us").to_pydatetime() + timedelta(microseconds=1))
