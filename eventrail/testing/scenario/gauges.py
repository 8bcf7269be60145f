"""The block `gauges`: what Prometheus saw of queues, as samples every 5 s, and a source that answers from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.answers import MetricAnswer, MetricRequest, SourceCheck
from eventrail.model.window import Window
from eventrail.sources.table_metrics import answer_from_frame
from eventrail.testing.scenario.durations import EXAMPLES, read_duration
from eventrail.testing.scenario.errors import ScenarioError
from eventrail.testing.scenario.text import Block, Line
from eventrail.testing.scenario.words import split_words

SAMPLED_EVERY: Final = pd.Timedelta(seconds=5)
# What a line may say → the query of the catalogue that answers with it.
GAUGES: Final = {
    "ready": "queue_messages_ready",
    "unacked": "queue_messages_unacked",
    "consumers": "queue_consumers",
    "arriving": "queue_publish_rate",
    "settled": "queue_settle_rate",
}


@dataclass(frozen=True, slots=True)
class GaugeChange:
    """From a time after the start on, a gauge of a queue has a value."""

    after: pd.Timedelta
    queue: str
    gauge: str
    value: float


def read_gauges(block: Block) -> list[GaugeChange]:
    """Read lines such as "30s ledger.posted ready=3 consumers=0". Raises ScenarioError."""
    return [change for line in block.body for change in _changes(line)]


def _changes(line: Line) -> list[GaugeChange]:
    time, queue, *said = [*split_words(line.place, line.text), "", ""]
    after = read_duration(time)
    if after is None or not queue:
        raise ScenarioError(line.place, f"“{line.text}” tells no gauge", f"write TIME QUEUE ready=3; {EXAMPLES}")
    changes = []
    for word in filter(None, said):
        gauge, _, value = word.partition("=")
        if gauge not in GAUGES or not value.replace(".", "", 1).isdigit():
            remedy = f"write name=number, the name one of {', '.join(GAUGES)}"
            raise ScenarioError(line.place, f"“{word}” is no gauge", remedy)
        changes.append(GaugeChange(after, queue, GAUGES[gauge], float(value)))
    return changes


@dataclass(frozen=True, slots=True)
class ScenarioMetrics:
    """A MetricSource of what the block `gauges` tells; each value holds until the next one. vhost: of all queues."""

    changes: tuple[GaugeChange, ...]
    start: pd.Timestamp
    vhost: str
    name: str = "the scenario's gauges"

    def check(self, window: Window) -> SourceCheck:
        """Say that it answers."""
        del window
        return SourceCheck(self.name, "the scenario", reachable=True)

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        """Answer as MetricSource.read."""
        return tuple(answer_from_frame(one, self._samples(one), "the scenario") for one in requests)

    def _samples(self, request: MetricRequest) -> pd.DataFrame:
        """Give the samples of one query up to the end of the request."""
        parts = []
        for queue in dict.fromkeys(one.queue for one in self.changes if one.gauge == request.name):
            own = [one for one in self.changes if (one.gauge, one.queue) == (request.name, queue)]
            told = pd.DataFrame({"time": [self.start + one.after for one in own], "value": [one.value for one in own]})
            told = told.sort_values("time", kind="stable")
            times = pd.DataFrame({"time": pd.date_range(told["time"].iloc[0], request.window.end, freq=SAMPLED_EVERY)})
            sampled = pd.merge_asof(times.astype(told[["time"]].dtypes.to_dict()), told, on="time")
            parts.append(sampled.assign(vhost=self.vhost, queue=queue))
        nothing = pd.DataFrame({"time": pd.DatetimeIndex([], tz="UTC").as_unit("ns"), "value": [], **_no_labels()})
        return pd.concat(parts, ignore_index=True) if parts else nothing


def _no_labels() -> dict[str, "pd.Series[str]"]:
    return {name: pd.Series(dtype="str") for name in ("vhost", "queue", "pod", "node")}
