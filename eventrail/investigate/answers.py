"""What the use cases answer; pages, the command line and reports lay these out and compute nothing of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.analysis.forest import Forest
from eventrail.analysis.gone import came_back
from eventrail.model.answers import SourceCheck
from eventrail.model.clocks import ClockBounds
from eventrail.model.counts import QueueCounts
from eventrail.model.folding import Folding
from eventrail.model.ledger import BY_LOGS, Ledger, LedgerWay
from eventrail.model.paths import CriticalPath
from eventrail.model.problem import Problem
from eventrail.model.sentence import Sentence
from eventrail.model.trace import Trace
from eventrail.model.usual import Twin, UsualRoute
from eventrail.model.waiting import QueueWaiting
from eventrail.model.window import Window


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant an answer speaks about, and how complete the logs are there.

    as_of: the instant. asked: the instant that was asked for (now, where none was); as_of is earlier than asked only
    when the logs are not complete up to it. logs_complete_to: every live pod's lines up to it have arrived; None when
    that cannot be told. behind_seconds: asked minus logs_complete_to, 0 when complete. live: `asked` was now.
    """

    as_of: pd.Timestamp
    asked: pd.Timestamp
    logs_complete_to: pd.Timestamp | None
    behind_seconds: float
    live: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The page Now.

    queues: one row a queue with unacknowledged or waiting messages, worst first: vhost, queue, unacked (gauge), listed
    (the ledger's list), oldest_age_seconds, ready, holder_pods (text), holder_nodes, publish_rate, settle_rate (per
    second over the last minute), agrees (boolean or NA), gauge_time.
    series: queue_messages_unacked over the window for those queues: vhost, queue, time, value.
    services: service, lines, errors, warnings, error_ratio, in_flight, pods, newest (time of the newest line).
    alerts: alertname, severity, state, summary labels as text, since (UTC, may be missing).
    """

    moment: Moment
    sentence: Sentence
    ledger: Ledger
    queues: pd.DataFrame
    series: pd.DataFrame
    services: pd.DataFrame
    alerts: pd.DataFrame
    checks: tuple[SourceCheck, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """The page Trace.

    trace: None when no line carries the ID in the window searched. metrics: query name → frame (time, value, labels)
    for the queues, pods and nodes on the way, around the trace's own time. critical_path: what its end hung on.
    folding: the rows in which its steps are drawn. clocks: how far its clocks may be apart, as logged; corrected: its
    times are by one clock. forest: of its steps. None where there is no trace.
    """

    moment: Moment
    sentence: Sentence
    correlation_id: str
    searched: Window
    trace: Trace | None
    metrics: dict[str, pd.DataFrame]
    problems: tuple[Problem, ...]
    critical_path: CriticalPath | None = None
    folding: Folding | None = None
    clocks: ClockBounds | None = None
    forest: Forest | None = None
    corrected: bool = False
    expressions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UsualAnswer:
    """What is usual of a trace's event type, what the trace lacks of it, and the event that it is compared with.

    usual: with no events where nothing could be learned; problems say why. missing: MISSING_COLUMNS. twin: None where
    no event of the type completed. window: events that began in it were looked for. found: how many there are of the
    type, at least so many where found_more; usual.read of them were read and usual.events had completed.
    """

    usual: UsualRoute
    missing: pd.DataFrame
    twin: Twin | None
    window: Window
    found: int
    found_more: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class UnackedAnswer:
    """The page Unacknowledged.

    searched_from: vhost/queue → how far back the logs were read, and why there ("the gauge was last zero at …").
    channels: the living broker's channels (Broker.channels), empty for the past and without a broker.
    holders: HOLDER_COLUMNS, a row a channel that holds something. counts: gauge, broker's channels and list side by
    side, of each queue of the ledger and of those that only the broker tells of.
    states: STATE_COLUMNS of the holders' pods and nodes.
    timeouts: how long the broker lets a consumer hold a delivery.
    series: unacked gauge of the queues over the window: vhost, queue, time, value.
    last_lines: correlation_id, pod, time, message: the holder's last line for that event.
    way: where the deliveries were read.
    """

    moment: Moment
    sentence: Sentence
    ledger: Ledger
    searched_from: dict[tuple[str, str], str]
    channels: pd.DataFrame
    holders: pd.DataFrame
    counts: tuple[QueueCounts, ...]
    states: pd.DataFrame
    timeouts: ConsumerTimeouts
    series: pd.DataFrame
    last_lines: pd.DataFrame
    problems: tuple[Problem, ...]
    way: LedgerWay = BY_LOGS


@dataclass(frozen=True, slots=True)
class WaitingAnswer:
    """What waits in queues without a delivery, and what left them without being handled.

    queues: those in which messages wait, most urgent first; others: so many more queues in which some wait, not looked
    into. gone: GONE_COLUMNS, from `window` or what was read of it; gone_sums: GONE_SUM_COLUMNS of the same.
    """

    moment: Moment
    sentence: Sentence
    queues: tuple[QueueWaiting, ...]
    others: int
    gone: pd.DataFrame
    gone_sums: pd.DataFrame
    window: Window
    problems: tuple[Problem, ...]

    @property
    def lost(self) -> pd.DataFrame:
        """Those of `gone` that no delay queue brings back to where they were."""
        return self.gone[~came_back(self.gone)].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """Events found: correlation_id, newest, lines, matched. searched: the window."""

    text: str
    searched: Window
    frame: pd.DataFrame
    problems: tuple[Problem, ...]


__all__ = [
    "FoundEvents",
    "Moment",
    "Overview",
    "Sentence",
    "TraceAnswer",
    "UnackedAnswer",
    "UsualAnswer",
    "WaitingAnswer",
]
