"""What `eventrail watch` asks at each evaluation: the ledger of all queues, and whether the answer can be trusted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.investigate.answers import Moment
from eventrail.investigate.carried import Carried, carry
from eventrail.investigate.consumer_timeouts import TimeoutsRead
from eventrail.investigate.gauges import QueueKey
from eventrail.investigate.ledgers import build_ledgers
from eventrail.investigate.moment import find_moment
from eventrail.model.ledger import QueueLedger
from eventrail.model.problem import Problem
from eventrail.sources.ports import Sources

LOGS: Final = "logs"
METRICS: Final = "metrics"
BROKER: Final = "broker"
# Without these the ledger would be wrong, not only poorer.
NEEDED: Final = frozenset({LOGS, METRICS})
# How far back logs are read where no gauge bounds the search, as `eventrail unacked` does.
WINDOW_SECONDS: Final = 1800.0


@dataclass(frozen=True, slots=True)
class WatchAnswer:
    """One evaluation.

    queues: ledgers of the queues that hold something, worst first. gauges: Prometheus' count of every queue it knows;
    None where there is no Prometheus.
    nodes: node (missing for pods that wrote nothing), behind_seconds: how late each node's logs are.
    silent: which of LOGS, METRICS and BROKER did not answer, or not wholly. carried: what the next evaluation must not
    lose sight of.
    """

    moment: Moment
    queues: tuple[QueueLedger, ...]
    gauges: dict[QueueKey, int] | None
    nodes: pd.DataFrame
    timeouts: ConsumerTimeouts
    silent: frozenset[str]
    carried: Carried
    problems: tuple[Problem, ...]

    @property
    def trusted(self) -> bool:
        """Whether the queues can be believed: every source that the ledger rests on answered."""
        return not self.silent & NEEDED


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which queues are watched, by name; empty: all."""

    queues: tuple[str, ...] = ()
    vhosts: tuple[str, ...] = ()

    def holds(self, queue: QueueKey) -> bool:
        """Say whether a queue is among them."""
        vhost, name = queue
        return (not self.queues or name in self.queues) and (not self.vhosts or vhost in self.vhosts)


def investigate_watch(
    sources: Sources,
    *,
    now: datetime,
    read_timeouts: TimeoutsRead,
    chosen: Chosen | None = None,
    carried: Carried | None = None,
) -> WatchAnswer:
    """Build the ledgers as `eventrail unacked` does, at the instant up to which the logs are complete.

    read_timeouts: see read_consumer_timeouts; they change seldom, so the caller keeps them. carried: of the last
    evaluation that could be trusted.
    """
    watched = chosen or Chosen()
    found = find_moment(sources, now, None)
    built = build_ledgers(sources, found, None, None, WINDOW_SECONDS, carried)
    gauges = {key: gauge.reading.value for key, gauge in built.gauges.gauges.items() if watched.holds(key)}
    problems = tuple(dict.fromkeys((*found.problems, *built.ledger.problems, *read_timeouts.problems)))
    return WatchAnswer(
        moment=found.moment,
        queues=tuple(one for one in built.ledger.queues if watched.holds((one.vhost, one.queue))),
        gauges=None if sources.metrics is None else gauges,
        nodes=found.completeness.nodes[["node", "behind_seconds"]],
        timeouts=read_timeouts.timeouts,
        silent=_silent(sources, problems),
        carried=carry(built.ledger.queues, found.moment.as_of),
        problems=problems,
    )


def names_of(sources: Sources) -> dict[str, str]:
    """Give LOGS, METRICS, BROKER → the name of that source, for those that are there."""
    present = {LOGS: sources.logs, METRICS: sources.metrics, BROKER: sources.broker}
    return {kind: source.name for kind, source in present.items() if source is not None}


def _silent(sources: Sources, problems: tuple[Problem, ...]) -> frozenset[str]:
    """Say which sources the errors are of."""
    failing = {problem.source for problem in problems if problem.severity == "error"}
    return frozenset(kind for kind, name in names_of(sources).items() if name in failing)
