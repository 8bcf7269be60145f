"""The ledgers of all queues that hold something: metrics say where and since when to look, logs say what is there."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import outstanding_at
from eventrail.analysis.queue_order import infer_by_queue_order, published_to
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS, Circumstances, reconcile
from eventrail.investigate.gauges import GaugesRead, QueueGauge, QueueKey, read_gauges
from eventrail.investigate.moment import MomentFound
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, Operation, concat_events
from eventrail.model.ledger import Ledger, QueueLedger
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource, Sources

COLUMNS: Final = (
    *("time", "sequence", "document_id", "operation", "outcome", "service", "pod", "node", "instance_id"),
    *("correlation_id", "message_id", "event_type", "vhost", "exchange", "routing_key", "queue", "channel_id"),
    *("client_id", "consumer_tag", "delivery_tag", "redelivered", "attempt", "error_type"),
)


@dataclass(frozen=True, slots=True)
class LedgersBuilt:
    """searched_from: queue → how far back the logs were read and why. gauges: see GaugesRead."""

    ledger: Ledger
    searched_from: dict[QueueKey, str]
    gauges: GaugesRead

    @property
    def told(self) -> bool:
        """Whether a gauge or a delivery line said anything; without, an empty ledger says nothing either."""
        return bool(self.gauges.gauges or self.searched_from)


@dataclass(frozen=True, slots=True)
class _Bound:
    """Where the search in the logs begins for a queue."""

    start: pd.Timestamp
    why: str


def build_ledgers(
    sources: Sources, found: MomentFound, queue: str | None, vhost: str | None, window_seconds: float
) -> LedgersBuilt:
    """Build the ledger of the queue asked for, or of every queue that counts unacknowledged messages, worst first.

    window_seconds: how far back logs are read where no gauge bounds the search.
    """
    as_of = found.moment.as_of
    if sources.metrics is None:
        gauges = GaugesRead({}, pd.DataFrame({"vhost": [], "queue": [], "time": [], "value": []}), ())
    else:
        gauges = read_gauges(sources.metrics, as_of, queue, window_seconds, sources.gauge_uncertainty_seconds)
    problems = list(gauges.problems)
    if sources.logs is None:
        problems.append(Problem("logs", "no log source is configured", "configure [elasticsearch] in eventrail.toml"))
        return LedgersBuilt(Ledger(as_of, (), tuple(problems)), {}, gauges)
    if gauges.gauges:
        ledgers, searched, more = _guided(sources.logs, gauges.gauges, queue, found)
    else:
        names = () if queue is None else (queue,)
        ledgers, searched, more = _unguided(sources.logs, names, found, window_seconds)
    kept = tuple(sorted((one for one in ledgers if vhost in (None, one.vhost)), key=_badness, reverse=True))
    return LedgersBuilt(Ledger(as_of, kept, tuple(problems + more)), searched, gauges)


def _badness(ledger: QueueLedger) -> tuple[float, int]:
    """Rank: the oldest delivery, then how many."""
    return (ledger.oldest_age_seconds or 0.0, max(len(ledger.deliveries), ledger.gauge or 0))


def _guided(
    logs: LogSource, gauges: dict[QueueKey, QueueGauge], queue: str | None, found: MomentFound
) -> tuple[list[QueueLedger], dict[QueueKey, str], list[Problem]]:
    """Search each queue from the instant at which its gauge counted nothing.

    Queues whose gauge counts something, or that are asked for, are searched one by one; the others, whose last sample
    counted nothing, together: what was delivered since that sample is not in any gauge yet.
    """
    as_of = found.moment.as_of
    held = {key: gauge for key, gauge in gauges.items() if queue is not None or gauge.reading.value > 0}
    idle = {key: gauge for key, gauge in gauges.items() if key not in held}
    bounds = {key: _bound(gauge, as_of) for key, gauge in gauges.items()}
    earliest = min(bound.start for bound in bounds.values())
    channel_lines = LogQuery(_window(earliest, as_of), operations=CHANNEL_OPERATIONS, columns=COLUMNS)
    since_idle = min((bounds[key].start for key in idle), default=as_of)
    recent_lines = LogQuery(_window(since_idle, as_of), operations=DELIVERY_OPERATIONS, columns=COLUMNS)
    queries = [channel_lines, *([recent_lines] if idle else [])]
    queries += [
        LogQuery(_window(bounds[key].start, as_of), queues=(key[1],), operations=DELIVERY_OPERATIONS, columns=COLUMNS)
        for key in held
    ]
    answers = side_by_side([partial(logs.read, query) for query in queries])
    problems = [problem for answer in answers for problem in answer.problems]
    channels, own = answers[0].events, dict(zip(held, answers[-len(held) :] if held else [], strict=True))
    lines_of = {key: answer.events for key, answer in own.items()}
    if idle:
        lines_of |= _just_delivered(answers[1].events, channels, idle, as_of)
    ledgers = []
    for key, lines in lines_of.items():
        ledger, more = _one(logs, key, gauges[key], lines, channels, found)
        ledgers.append(ledger)
        problems += more
    return ledgers, {key: bound.why for key, bound in bounds.items()}, _once(problems)


def _just_delivered(
    lines: pd.DataFrame, channel_lines: pd.DataFrame, idle: dict[QueueKey, QueueGauge], as_of: pd.Timestamp
) -> dict[QueueKey, pd.DataFrame]:
    """Give the lines of those idle queues that hold a delivery since their gauge last counted nothing."""
    known, _ = clean(concat_events([lines, channel_lines]))
    deliveries, _ = match_deliveries(known[known["time"] <= as_of])
    holding = set(outstanding_at(deliveries, as_of)["queue"].dropna())
    return {key: lines[lines["queue"] == key[1]] for key in idle if key[1] in holding}


def _bound(gauge: QueueGauge, as_of: pd.Timestamp) -> _Bound:
    """Say where the search begins: nothing that was outstanding at a zero is outstanding after it."""
    if gauge.nothing_unacked_at is not None:
        start = gauge.nothing_unacked_at - _margin(gauge)
        return _Bound(start, f"the gauge last counted none at {gauge.nothing_unacked_at:%Y-%m-%d %H:%M:%S} UTC")
    hours = (as_of - gauge.looked_back_to).total_seconds() / 3600
    return _Bound(
        gauge.looked_back_to, f"the gauge was never zero in the {hours:.0f} h before; older deliveries may be missing"
    )


def _margin(gauge: QueueGauge) -> pd.Timedelta:
    """Say by how much the broker's count may be older than its sample."""
    return pd.Timedelta(seconds=gauge.reading.uncertainty_seconds + BOOKKEEPING_SECONDS)


def _window(start: pd.Timestamp, end: pd.Timestamp) -> Window:
    """Give the window up to the microsecond that holds `end`."""
    return Window(start.floor("us").to_pydatetime(), end.ceil("us").to_pydatetime() + timedelta(microseconds=1))


def _one(
    logs: LogSource,
    key: QueueKey,
    gauge: QueueGauge,
    delivery_lines: pd.DataFrame,
    channel_lines: pd.DataFrame,
    found: MomentFound,
) -> tuple[QueueLedger, list[Problem]]:
    """Build the ledger of one queue from its lines."""
    vhost, queue = key
    as_of = found.moment.as_of
    lines, problems = clean(concat_events([delivery_lines, channel_lines]))
    own = (lines["vhost"] == vhost) | lines["vhost"].isna() | lines["operation"].isin(CHANNEL_OPERATIONS)
    lines = lines[own & (lines["time"] <= as_of)]
    deliveries, more = match_deliveries(lines)
    deliveries = deliveries.assign(vhost=deliveries["vhost"].fillna(vhost))
    said = [*problems, *more]
    if not (lines["operation"] == Operation.RECEIVE).any() and gauge.reading.value:
        deliveries, doubts = _with_inferred(logs, key, gauge, deliveries, as_of)
        said += doubts
    circumstances = Circumstances(found.moment.logs_complete_to, found.completeness.silent_pods)
    return reconcile(vhost, queue, deliveries, as_of, gauge.reading, circumstances), said


def _with_inferred(
    logs: LogSource, key: QueueKey, gauge: QueueGauge, deliveries: pd.DataFrame, as_of: pd.Timestamp
) -> tuple[pd.DataFrame, list[Problem]]:
    """Add what lies in the buffers of consumers that log no receive lines; see analysis.queue_order."""
    vhost, queue = key
    start = (gauge.empty_at or gauge.looked_back_to) - _margin(gauge)
    window = _window(start, as_of)
    routes = logs.routes(window)
    bound = routes.frame[routes.frame["queue"] == queue]
    keys = tuple(sorted(bound["routing_key"].dropna().unique()))
    if not keys:
        what = f"no line shows which messages go to {queue}; what its consumers hold can't be inferred"
        return deliveries, [*routes.problems, Problem("logs", what, "log exchange and routing key on deliveries")]
    sends = logs.read(LogQuery(window, routing_keys=keys, operations=(Operation.SEND,), columns=COLUMNS))
    sent, _ = clean(sends.events)
    published = published_to(sent, routes.frame, vhost, queue)
    order = infer_by_queue_order(vhost, queue, deliveries, published, gauge.reading, as_of)
    doubts = [
        Problem(queue, doubt, "what is inferred by queue order may be wrong by so many") for doubt in order.doubts
    ]
    return order.deliveries, [*routes.problems, *sends.problems, *(doubts if order.inferred else [])]


def _unguided(
    logs: LogSource, names: tuple[str, ...], found: MomentFound, window_seconds: float
) -> tuple[list[QueueLedger], dict[QueueKey, str], list[Problem]]:
    """Search without a gauge: all delivery lines of the window."""
    as_of = found.moment.as_of
    start = as_of - pd.Timedelta(seconds=window_seconds)
    query = LogQuery(
        _window(start, as_of),
        queues=names,
        operations=(*DELIVERY_OPERATIONS, *(() if names else CHANNEL_OPERATIONS)),
        columns=COLUMNS,
    )
    answer = logs.read(query)
    lines, problems = clean(answer.events[answer.events["time"] <= as_of])
    deliveries, more = match_deliveries(lines)
    deliveries = deliveries.assign(vhost=deliveries["vhost"].fillna("/"), queue=deliveries["queue"].fillna("?"))
    minutes = window_seconds / 60
    why = f"no gauge bounds the search; the last {minutes:.0f} min were read"
    circumstances = Circumstances(found.moment.logs_complete_to, found.completeness.silent_pods)
    groups = {(str(vhost), str(queue)): group for (vhost, queue), group in deliveries.groupby(["vhost", "queue"])}
    ledgers = [reconcile(*key, group, as_of, None, circumstances) for key, group in groups.items()]
    kept = [ledger for ledger in ledgers if names or len(ledger.deliveries)]
    note = Problem(
        "Prometheus", f"no count of unacknowledged messages to reconcile with: {why}", "configure [prometheus]"
    )
    return kept, dict.fromkeys(groups, why), _once([*answer.problems, *problems, *more, note])


def _once(problems: list[Problem]) -> list[Problem]:
    """Say each problem once."""
    return list(dict.fromkeys(problems))
