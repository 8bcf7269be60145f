"""Wait for something real, with a deadline."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd

from eventrail.investigate.moment import find_moment
from eventrail.sources.ports import Sources


def until(true: Callable[[], bool], within_seconds: float, what: str) -> None:
    """Poll until it is true; fails with `what` when time is up."""
    deadline = time.monotonic() + within_seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:.0f} s: {what}")
        time.sleep(0.3)


def until_logs_are_complete_to(instant: pd.Timestamp, sources: Sources, within_seconds: float = 60.0) -> None:
    """Wait until every running pod's lines up to the instant have arrived."""

    def complete() -> bool:
        moment = find_moment(sources, datetime.now(tz=UTC), None).moment
        return moment.logs_complete_to is not None and moment.logs_complete_to >= instant

    until(complete, within_seconds, f"logs complete to {instant}")
