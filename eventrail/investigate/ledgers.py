"""The ledgers of all queues that hold something: metrics say where and since when to look, logs say what is there."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import outstanding_at
from eventrail.analysis.queue_order import infer_by_queue_order, published_to
from eventrail.analysis.reconcile import Circumstances, counted_since, reconcile
from eventrail.investigate.bounds import Bound, bound_of, margin, window_between
from eventrail.investigate.carried import Carried, with_older
from eventrail.investigate.gauges import GaugeDoubts, GaugesRead, QueueGauge, QueueKey, read_gauges
from eventrail.investigate.indexed import Indexed, ask_index
from eventrail.investigate.moment import MomentFound
from eventrail.investigate.narrowed import QueueLines, read_narrowed
from eventrail.investigate.side_by_side import MOST_AT_ONCE, side_by_side
from eventrail.investigate.uncounted import search_uncounted
from eventrail.investigate.vhosts import own_lines
from eventrail.model.answers import LogAnswer, LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, Operation, concat_events, empty_events
from eventrail.model.ledger import BY_LOGS, Ledger, LedgerWay, QueueLedger, Settlement
from eventrail.model.problem import Problem
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
    way: LedgerWay = BY_LOGS

    @property
    def told(self) -> bool:
        """Whether a gauge or a delivery line said anything; without, an empty ledger says nothing either."""
        return bool(self.gauges.gauges or self.searched_from)


def build_ledgers(
    sources: Sources,
    found: MomentFound,
    queue: str | None,
    vhost: str | None,
    window_seconds: float,
    carried: Carried | None = None,
) -> LedgersBuilt:
    """Build the ledger of the queue asked for, or of every queue that counts unacknowledged messages, worst first.

    window_seconds: how far back logs are read where no gauge bounds the search. carried: what an earlier evaluation
    found outstanding, which such a search then goes back to.
    """
    as_of = found.moment.as_of
    if sources.metrics is None:
        gauges = GaugesRead.none()
    else:
        doubts = GaugeDoubts(sources.gauge_uncertainty_seconds, sources.clock_difference_seconds)
        gauges = read_gauges(sources.metrics, as_of, queue, window_seconds, doubts)
    problems = list(gauges.problems)
    if sources.logs is None:
        problems.append(Problem("logs", "no log source is configured", "configure [elasticsearch] in eventrail.toml"))
        return LedgersBuilt(Ledger(as_of, (), tuple(problems)), {}, gauges)
    known = carried or Carried(as_of)
    bounds = {key: bound_of(gauge, as_of, known) for key, gauge in gauges.gauges.items()}
    names = () if queue is None else (queue,)
    begins = {key: bound.start if bound.sure else None for key, bound in bounds.items()}
    indexed = ask_index(sources.deliveries, gauges.gauges, begins, names, as_of)
    ledgers: list[QueueLedger] = []
    searched: dict[QueueKey, str] = {}
    more: list[Problem] = []
    if gauges.gauges:
        ledgers, searched, more = _guided(sources.logs, gauges.gauges, bounds, queue, found, indexed, known)
    elif not gauges.uncounted:
        ledgers, searched, more = _unguided(sources.logs, names, found, window_seconds, indexed, known)
        more.append(_without_gauge(sources, searched, window_seconds))
    if gauges.uncounted:
        alone, whys, said = search_uncounted(sources.logs, gauges.uncounted, found, known, COLUMNS)
        ledgers, searched, more = [*ledgers, *alone], searched | whys, [*more, *said]
    kept = tuple(sorted((one for one in ledgers if vhost in (None, one.vhost)), key=_badness, reverse=True))
    told = (*problems, *indexed.problems, *more)
    return LedgersBuilt(Ledger(as_of, kept, told), searched, gauges, indexed.way)


def _badness(ledger: QueueLedger) -> tuple[float, int]:
    """Rank: the oldest delivery, then how many."""
    return (ledger.oldest_age_seconds or 0.0, max(len(ledger.deliveries), ledger.gauge or 0))


def _guided(
    logs: LogSource,
    gauges: dict[QueueKey, QueueGauge],
    bounds: dict[QueueKey, Bound],
    queue: str | None,
    found: MomentFound,
    indexed: Indexed,
    carried: Carried,
) -> tuple[list[QueueLedger], dict[QueueKey, str], list[Problem]]:
    """Search each queue from the instant at which its gauge counted nothing, or ask the delivery index.

    Queues whose gauge counts something, or that are asked for, are searched one by one; the others, whose last sample
    counted nothing, together: what was delivered since that sample is not in any gauge yet.
    """
    as_of = found.moment.as_of
    held = {key: gauge for key, gauge in gauges.items() if queue is not None or gauge.reading.value > 0}
    idle = {key: gauge for key, gauge in gauges.items() if key not in held}
    by_index = {key for key, gauge in gauges.items() if indexed.answers_for(key, gauge)}
    lines_of = {key: QueueLines(indexed.of_queue(key[1])) for key in held if key in by_index}
    searched = [key for key in held if key not in by_index]
    idle_searched = {key for key in idle if key not in by_index}
    problems: list[Problem] = []
    channels, recent = indexed.channels.events, indexed.deliveries.events
    if searched or idle_searched:
        unbounded = any(not bounds[key].sure for key in searched)
        older = carried.read(logs, as_of, COLUMNS) if unbounded else LogAnswer(empty_events())
        answers, own = _search(logs, {key: gauges[key] for key in searched}, idle_searched, bounds, older.events, as_of)
        problems += older.problems
        problems += [problem for answer in answers for problem in answer.problems]
        problems += [problem for lines in own.values() for problem in lines.problems]
        lines_of |= own
        channels = concat_events([channels, answers[0].events])
        recent = answers[1].events if idle_searched else recent
    if idle:
        lines_of |= _just_delivered(recent, channels, idle, as_of)
    told, doubtful = own_lines(
        {key: lines.events for key, lines in lines_of.items()},
        {key: gauge.reading.value for key, gauge in gauges.items()},
    )
    lines_of = {key: replace(lines, events=told[key]) for key, lines in lines_of.items()}
    problems += doubtful
    ledgers = []
    for key, lines in lines_of.items():
        ledger, more = _one(logs, key, gauges[key], lines, channels, found)
        ledgers.append(ledger)
        problems += more
    whys = {key: _why(bound, indexed, lines_of.get(key), by_index=key in by_index) for key, bound in bounds.items()}
    return ledgers, whys, _once(problems)


def _search(
    logs: LogSource,
    searched: dict[QueueKey, QueueGauge],
    idle: set[QueueKey],
    bounds: dict[QueueKey, Bound],
    older: pd.DataFrame,
    as_of: pd.Timestamp,
) -> tuple[list[LogAnswer], dict[QueueKey, QueueLines]]:
    """Read the channel lines, then what was just delivered from idle queues; and the lines of each queue searched.

    older: lines of known deliveries, of whichever queue, for the queues whose search has no sure bound.
    """
    earliest = min(bounds[key].start for key in (*searched, *idle))
    since_idle = min((bounds[key].start for key in idle), default=as_of)
    channel_lines = LogQuery(window_between(earliest, as_of), operations=CHANNEL_OPERATIONS, columns=COLUMNS)
    recent_lines = LogQuery(window_between(since_idle, as_of), operations=DELIVERY_OPERATIONS, columns=COLUMNS)
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        own = {
            key: pool.submit(
                read_narrowed,
                logs,
                LogQuery(
                    window_between(bounds[key].start, as_of),
                    queues=(key[1],),
                    operations=DELIVERY_OPERATIONS,
                    columns=COLUMNS,
                ),
                key[0],
                min(as_of, counted_since(gauge.reading)),
                as_of,
                older[(older["queue"] == key[1]) & (not bounds[key].sure)],
            )
            for key, gauge in searched.items()
        }
        answers = side_by_side([partial(logs.read, query) for query in (channel_lines, recent_lines)[: 1 + bool(idle)]])
        return [*answers, LogAnswer(empty_events())][:2], {key: read.result() for key, read in own.items()}


def _why(bound: Bound, indexed: Indexed, lines: QueueLines | None, *, by_index: bool) -> str:
    """Say where a queue's deliveries were read, and from when on."""
    if by_index:
        return f"{indexed.way.words}; {bound.why}" if bound.sure else indexed.way.words
    if lines is None or not lines.why_all:
        return bound.why
    return f"{bound.why}; all lines since then were read: {lines.why_all}"


def _just_delivered(
    lines: pd.DataFrame, channel_lines: pd.DataFrame, idle: dict[QueueKey, QueueGauge], as_of: pd.Timestamp
) -> dict[QueueKey, QueueLines]:
    """Give the lines of those idle queues that hold a delivery since their gauge last counted nothing."""
    known, _ = clean(concat_events([lines, channel_lines]))
    deliveries, _ = match_deliveries(known[known["time"] <= as_of])
    holding = set(outstanding_at(deliveries, as_of)["queue"].dropna())
    return {key: QueueLines(lines[lines["queue"] == key[1]]) for key in idle if key[1] in holding}


def _one(
    logs: LogSource,
    key: QueueKey,
    gauge: QueueGauge,
    told: QueueLines,
    channel_lines: pd.DataFrame,
    found: MomentFound,
) -> tuple[QueueLedger, list[Problem]]:
    """Build the ledger of one queue from its lines."""
    vhost, queue = key
    as_of = found.moment.as_of
    lines, problems = clean(concat_events([told.events, channel_lines]))
    own = (lines["vhost"] == vhost) | lines["vhost"].isna() | lines["operation"].isin(CHANNEL_OPERATIONS)
    lines = lines[own & (lines["time"] <= as_of)]
    deliveries, more = match_deliveries(lines)
    deliveries = deliveries.assign(vhost=deliveries["vhost"].fillna(vhost))
    said = [*problems, *more]
    if not told.narrowed and not (lines["operation"] == Operation.RECEIVE).any() and gauge.reading.value:
        deliveries, doubts = _with_inferred(logs, key, gauge, deliveries, as_of)
        said += doubts
    circumstances = Circumstances(found.moment.logs_complete_to, found.completeness.silent_pods)
    return reconcile(vhost, queue, deliveries, as_of, gauge.reading, circumstances), said


def _with_inferred(
    logs: LogSource, key: QueueKey, gauge: QueueGauge, deliveries: pd.DataFrame, as_of: pd.Timestamp
) -> tuple[pd.DataFrame, list[Problem]]:
    """Add what lies in the buffers of consumers that log no receive lines; see analysis.queue_order."""
    vhost, queue = key
    start = (gauge.empty_at or gauge.looked_back_to) - margin(gauge)
    window = window_between(start, as_of)
    routes = logs.routes(window)
    bound = routes.frame[routes.frame["queue"] == queue]
    keys = tuple(sorted(bound["routing_key"].dropna().unique()))
    if not keys:
        what = f"no line shows which messages go to {queue}; what its consumers hold can't be inferred"
        return deliveries, [*routes.problems, Problem("logs", what, "log exchange and routing key on deliveries")]
    sends = logs.read(LogQuery(window, routing_keys=keys, operations=(Operation.SEND,), columns=COLUMNS))
    sent, _ = clean(sends.events)
    gone, more = _settled_between(logs, key, start, bound_of(gauge, as_of, Carried(as_of)).start)
    published = published_to(sent, routes.frame, vhost, queue)
    published = published[~published["message_id"].isin(gone)]
    order = infer_by_queue_order(vhost, queue, deliveries, published, gauge.reading, as_of)
    doubts = [
        Problem(queue, doubt, "what is inferred by queue order may be wrong by so many") for doubt in order.doubts
    ]
    return order.deliveries, [*routes.problems, *sends.problems, *more, *(doubts if order.inferred else [])]


def _settled_between(
    logs: LogSource, key: QueueKey, start: pd.Timestamp, end: pd.Timestamp
) -> tuple[set[str], list[Problem]]:
    """Give the messages of a queue that left it before its search begins, and since it was last empty.

    A queue whose gauge counts nothing unacknowledged need not be empty: then its publishes are read from further back
    than its deliveries, and what was settled in between would look as if nobody had begun it.
    """
    if start >= end:
        return set(), []
    vhost, queue = key
    query = LogQuery(window_between(start, end), queues=(queue,), operations=DELIVERY_OPERATIONS, columns=COLUMNS)
    answer = logs.read(query)
    lines, problems = clean(answer.events)
    deliveries, more = match_deliveries(lines[(lines["vhost"] == vhost) | lines["vhost"].isna()])
    gone = deliveries["message_id"][deliveries["settlement"].isin([Settlement.ACK, Settlement.DISCARD])]
    return set(gone.dropna()), [*answer.problems, *problems, *more]


def _unguided(
    logs: LogSource,
    names: tuple[str, ...],
    found: MomentFound,
    window_seconds: float,
    indexed: Indexed,
    carried: Carried,
) -> tuple[list[QueueLedger], dict[QueueKey, str], list[Problem]]:
    """Search without a gauge: what the delivery index has, or all delivery lines of the window and what is carried."""
    as_of = found.moment.as_of
    start = as_of - pd.Timedelta(seconds=window_seconds)
    query = LogQuery(
        window_between(carried.start(start), as_of),
        queues=names,
        operations=(*DELIVERY_OPERATIONS, *(() if names else CHANNEL_OPERATIONS)),
        columns=COLUMNS,
    )
    by_index = indexed.usable and len(indexed.deliveries.events) > 0
    answer = indexed.deliveries if by_index else logs.read(query)
    older = indexed.channels if by_index else carried.read(logs, as_of, COLUMNS)
    events = concat_events([answer.events, older.events]) if by_index else with_older(answer.events, older.events)
    lines, problems = clean(events[events["time"] <= as_of])
    deliveries, more = match_deliveries(lines)
    deliveries = deliveries.assign(vhost=deliveries["vhost"].fillna("/"), queue=deliveries["queue"].fillna("?"))
    why = indexed.way.words if by_index else _bounded_by(window_seconds)
    circumstances = Circumstances(found.moment.logs_complete_to, found.completeness.silent_pods)
    groups = {(str(vhost), str(queue)): group for (vhost, queue), group in deliveries.groupby(["vhost", "queue"])}
    ledgers = [reconcile(*key, group, as_of, None, circumstances) for key, group in groups.items()]
    kept = [ledger for ledger in ledgers if names or len(ledger.deliveries)]
    return kept, dict.fromkeys(groups, why), _once([*answer.problems, *older.problems, *problems, *more])


def _bounded_by(window_seconds: float) -> str:
    """Say how far back a search without a gauge goes."""
    return f"no gauge bounds the search; the last {window_seconds / 60:.0f} min were read"


def _without_gauge(sources: Sources, searched: dict[QueueKey, str], window_seconds: float) -> Problem:
    """Say that there is nothing to reconcile with, and how far back the logs were read for it."""
    why = next(iter(searched.values()), _bounded_by(window_seconds))
    remedy = "configure [prometheus]" if sources.metrics is None else "let Prometheus scrape the broker's queues"
    return Problem("Prometheus", f"no count of unacknowledged messages to reconcile with: {why}", remedy)


def _once(problems: list[Problem]) -> list[Problem]:
    """Say each problem once."""
    return list(dict.fromkeys(problems))
