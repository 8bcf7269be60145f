"""Sources that answer nothing but why."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from eventrail.model.answers import MetricAnswer, MetricRequest, SourceCheck, TableAnswer
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from queries.catalogue import catalogue

METRICS_DOWN = Problem("Prometheus", "did not answer within 10 s", "see whether it runs and can be reached", "error")
BROKER_DOWN = Problem("RabbitMQ", "connection refused", "see whether its management plugin is on", "error")


@dataclass
class DownMetrics:
    """A MetricSource whose server does not answer."""

    name: str = "Prometheus"

    def check(self, window: Window) -> SourceCheck:
        return SourceCheck(self.name, "http://metrics.example:9090", reachable=False, problems=(METRICS_DOWN,))

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        return tuple(MetricAnswer(request, _nothing(request.name), problems=(METRICS_DOWN,)) for request in requests)


def _nothing(name: str) -> pd.DataFrame:
    labels = {label: pd.Series([], dtype="str") for label in catalogue()[name].columns}
    return pd.DataFrame({"time": pd.DatetimeIndex([], tz="UTC").as_unit("ns"), "value": [], **labels})


@dataclass
class DownBroker:
    """A Broker that refuses the connection."""

    name: str = "RabbitMQ"

    def check(self) -> SourceCheck:
        return SourceCheck(self.name, "http://broker.example:15672", reachable=False, problems=(BROKER_DOWN,))

    def queues(self) -> TableAnswer:
        return TableAnswer(pd.DataFrame(), (BROKER_DOWN,))

    def channels(self) -> TableAnswer:
        return TableAnswer(pd.DataFrame(), (BROKER_DOWN,))

    def bindings(self) -> TableAnswer:
        return TableAnswer(pd.DataFrame(), (BROKER_DOWN,))
