"""Who holds the outstanding deliveries of a ledger, and in what state the holder is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from eventrail.analysis.channel_differences import Asked
from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.analysis.counts import compare_counts
from eventrail.analysis.holder_states import holder_states
from eventrail.analysis.holders import holders_of
from eventrail.analysis.peers import pods_of_peers
from eventrail.investigate.answers import Moment
from eventrail.investigate.consumer_timeouts import TimeoutsRead, read_consumer_timeouts
from eventrail.model.answers import MetricRequest, TableAnswer
from eventrail.model.counts import QueueCounts
from eventrail.model.ledger import Ledger
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import MetricSource, Sources

POD_METRICS: Final = (
    "pod_cpu_cores",
    "pod_cpu_throttled_ratio",
    "pod_memory_working_set_bytes",
    "pod_memory_limit_bytes",
    "pod_restarts_total",
)
NODE_METRICS: Final = ("node_cpu_ratio", "node_memory_available_bytes")
# The state of so many holders is read, those with the oldest deliveries.
STATES_FOR: Final = 20
# Where a pod stood is known from samples of so long before: a rate needs some, and a scrape may be missed.
SETTLING_SECONDS: Final = 120.0
# However long a delivery has been held, its holder's state is read in about so many points.
POINTS: Final = 120


@dataclass(frozen=True, slots=True)
class HoldersRead:
    """holders: HOLDER_COLUMNS. counts: of each queue. states: STATE_COLUMNS.

    channels: Broker.channels with pods known by address.
    """

    holders: pd.DataFrame
    counts: tuple[QueueCounts, ...]
    states: pd.DataFrame
    channels: pd.DataFrame
    timeouts: ConsumerTimeouts
    problems: tuple[Problem, ...]


def read_holders(sources: Sources, ledger: Ledger, moment: Moment, *, every_queue: bool) -> HoldersRead:
    """Read who holds what. The broker is asked where the moment is live: it knows only the present.

    every_queue: the ledger is of all queues, not of one. The number of questions does not grow with that of holders.
    """
    channels, timeouts = _of_broker(sources, ledger.as_of.to_pydatetime(), live=moment.live)
    answered = sources.broker is not None and moment.live and not channels.problems
    asked = Asked(moment.asked, ledger.as_of, sources.gauge_uncertainty_seconds, every_queue) if answered else None
    named = pods_of_peers(channels.frame, _addresses(sources.metrics, channels.frame, ledger.as_of))
    compared = compare_counts(ledger.queues, named, asked)
    holders = holders_of(ledger.queues, named, timeouts.timeouts, ledger.as_of, compared.differences)
    states, problems = _states(sources.metrics, holders.head(STATES_FOR), ledger.as_of)
    told = (*channels.problems, *timeouts.problems, *problems)
    return HoldersRead(holders, compared.queues, states, named, timeouts.timeouts, told)


def _of_broker(sources: Sources, now: datetime, *, live: bool) -> tuple[TableAnswer, TimeoutsRead]:
    """Ask the broker for its channels and for how patient it is."""
    if sources.broker is None or not live:
        configured = ConsumerTimeouts(configured_seconds=sources.consumer_timeout_seconds)
        return TableAnswer(pd.DataFrame()), TimeoutsRead(configured)
    return sources.broker.channels(), read_consumer_timeouts(sources, now=now)


def _addresses(metrics: MetricSource | None, channels: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Read the pods' addresses, where a channel's pod is not known otherwise; none where they can't be had.

    That they are missing is no problem worth a line: the channel is then shown by its address.
    """
    if metrics is None or channels.empty or not channels["pod"].isna().any():
        return pd.DataFrame()
    window = Window.before(as_of.ceil("us").to_pydatetime(), SETTLING_SECONDS)
    (answer,) = metrics.read([MetricRequest("pod_info", window)])
    return answer.frame


def _states(
    metrics: MetricSource | None, holders: pd.DataFrame, as_of: pd.Timestamp
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Read each family once for all pods and nodes, from before the oldest delivery until now."""
    oldest = holders["oldest_delivered"].min()
    start = (as_of if pd.isna(oldest) else oldest) - pd.Timedelta(seconds=SETTLING_SECONDS)
    end = as_of.ceil("us").to_pydatetime() + timedelta(microseconds=1)
    window = Window(start.floor("us").to_pydatetime(), end)
    step_seconds = max(15.0, (as_of - start).total_seconds() / POINTS)
    wanted = [
        *((name, "pod", _names(holders["pod"])) for name in POD_METRICS),
        *((name, "node", _names(holders["node"])) for name in NODE_METRICS),
    ]
    requests = [MetricRequest(name, window, {label: names}, step_seconds) for name, label, names in wanted if names]
    if metrics is None or not requests:
        return holder_states({}, holders, as_of), ()
    answers = metrics.read(requests)
    frames = {answer.request.name: answer.frame for answer in answers}
    return holder_states(frames, holders, as_of), tuple(p for answer in answers for p in answer.problems)


def _names(column: "pd.Series[Any]") -> tuple[str, ...]:
    return tuple(sorted(column.dropna().unique()))
