"""Wait for something real, with a deadline."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pandas as pd

from eventrail.investigate.moment import find_moment
from eventrail.model.window import Window
from eventrail.sources.ports import Sources


def until(true: Callable[[], bool], within_seconds: float, what: str) -> None:
    """Poll until it is true; fails with `what` when time is up."""
    deadline = time.monotonic() + within_seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds:.0f} s: {what}")
        time.sleep(0.3)


def until_logs_are_complete_to(instant: pd.Timestamp, sources: Sources, within_seconds: float = 180.0) -> None:
    """Wait until every running pod's lines up to the instant have arrived; fails naming the pods that are late."""

    def complete() -> bool:
        moment = find_moment(sources, datetime.now(tz=UTC), None).moment
        return moment.logs_complete_to is not None and moment.logs_complete_to >= instant

    try:
        until(complete, within_seconds, f"logs complete to {instant}")
    except AssertionError as late:
        raise AssertionError(f"{late}; late are {late_pods(sources, instant)}") from late


def late_pods(sources: Sources, instant: pd.Timestamp) -> str:
    """Name the pods whose newest line is older than the instant, with its time: dead ones, and those to look at."""
    assert sources.logs is not None
    pods = sources.logs.freshness(Window.before(datetime.now(tz=UTC), 900.0)).frame
    late = pods[pods["newest"] < instant].sort_values("newest", ascending=False)
    return ", ".join(f"{row.pod} on {row.node} ({row.newest:%H:%M:%S})" for row in late.itertuples()) or "none"
