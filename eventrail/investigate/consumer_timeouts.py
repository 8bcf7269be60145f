"""Asks the broker how long its queues' consumers may hold a delivery."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from eventrail.analysis.consumer_timeouts import ConsumerTimeouts, QueueKey, QueueSetting
from eventrail.model.problem import Problem
from eventrail.sources.ports import Broker, Sources

# What queues set for themselves changes seldom, and a list of all queues is dear to the broker.
KEPT_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class TimeoutsRead:
    """The timeouts; without an answer of the broker those that it has by default or configuration."""

    timeouts: ConsumerTimeouts
    problems: tuple[Problem, ...] = ()


def read_consumer_timeouts(sources: Sources, *, now: datetime) -> TimeoutsRead:
    """Read them once; the broker knows only the present."""
    return ConsumerTimeoutReader(sources).read(now)


class ConsumerTimeoutReader:
    """Reads them again and again: whether the broker answers each time, its queues every KEPT_SECONDS."""

    def __init__(self, sources: Sources) -> None:
        """Ask nothing yet."""
        self._sources = sources
        self._settings: dict[QueueKey, QueueSetting] = {}
        self._asked_at: datetime | None = None

    def read(self, now: datetime) -> TimeoutsRead:
        """Give what is set now."""
        broker, configured = self._sources.broker, self._sources.consumer_timeout_seconds
        if broker is None:
            return TimeoutsRead(ConsumerTimeouts(configured_seconds=configured))
        check = broker.check()
        problems = check.problems
        if check.reachable and not self._kept(now):
            problems = (*problems, *self._ask(broker, now))
        return TimeoutsRead(ConsumerTimeouts(check.version, configured, dict(self._settings)), problems)

    def _kept(self, now: datetime) -> bool:
        return self._asked_at is not None and (now - self._asked_at).total_seconds() < KEPT_SECONDS

    def _ask(self, broker: Broker, now: datetime) -> tuple[Problem, ...]:
        """Read the queues; what is known stays where the broker does not tell them."""
        queues = broker.queues()
        if not queues.problems:
            self._settings, self._asked_at = _settings(queues.frame), now
        return queues.problems


def _settings(queues: pd.DataFrame) -> dict[QueueKey, QueueSetting]:
    """Give what each queue sets for itself."""
    told = ("kind", "consumer_timeout_seconds")
    return {
        (row["vhost"], row["queue"]): QueueSetting(*(None if pd.isna(row[name]) else row[name] for name in told))
        for row in queues.to_dict("records")
    }
