"""Which messages wait in queues without a delivery, why, and which left their queue without being handled."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import pandas as pd

from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.gone import gone_messages, gone_sums
from eventrail.analysis.ledger import outstanding_at
from eventrail.analysis.message_history import histories
from eventrail.analysis.queue_order import published_to
from eventrail.analysis.waiting import waiting_at, waiting_periods
from eventrail.analysis.waiting_reason import Consuming, waiting_cause
from eventrail.analysis.waiting_reconcile import WaitingRead, reconcile_waiting
from eventrail.analysis.waiting_sentence import waiting_sentence
from eventrail.investigate.answers import WaitingAnswer
from eventrail.investigate.gauges import QueueKey
from eventrail.investigate.moment import MomentFound, find_moment
from eventrail.investigate.waiting_gauges import QueueSeen, WaitingSeen, see_waiting, with_rates
from eventrail.investigate.waiting_lines import (
    LOOKED_UP_MAX,
    GoneLines,
    QueueLines,
    gone_lines,
    lines_of_messages,
    queue_lines,
    window_of,
)
from eventrail.investigate.waiting_ways import known_routes, known_ways, read_topology
from eventrail.model.events import CHANNEL_OPERATIONS, Operation, empty_events
from eventrail.model.problem import Problem
from eventrail.model.table import conform
from eventrail.model.waiting import GONE_COLUMNS, PERIOD_COLUMNS, QueueWaiting
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource, Sources

# So many queues are looked into, those in which most messages wait.
QUEUES_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class _Ground:
    """What the queues of one answer share. arrived: message_id, time, from_queue, to_queue of dead letters."""

    logs: LogSource
    found: MomentFound
    routes: pd.DataFrame
    ways: pd.DataFrame
    gone: GoneLines
    arrived: pd.DataFrame
    channels: pd.DataFrame
    window_seconds: float


def investigate_waiting(
    sources: Sources,
    *,
    now: datetime,
    queue: str | None = None,
    vhost: str | None = None,
    as_of: datetime | None = None,
    window_seconds: float = 1800.0,
) -> WaitingAnswer:
    """List what waits in one queue, or in all queues that count waiting messages, and what left its queue unhandled.

    as_of: the instant, aware; None: the source's own. window_seconds: how far back messages that left are counted, and
    lines are read where no gauge bounds the search.
    """
    found = find_moment(sources, now, as_of)
    chosen = _choose(sources, found.moment.as_of, queue, vhost)
    window = window_of(found.moment.as_of - pd.Timedelta(seconds=window_seconds), found.moment.as_of)
    if sources.logs is None:
        return _without_logs(found, chosen, window)
    ground, gone, problems = _prepare(sources, sources.logs, found, chosen, window)
    told = []
    for key, one in (chosen.queues or _without_gauge(queue, vhost, chosen.seen)).items():
        waiting, more = _one(ground, key, one)
        told.append(waiting)
        problems += more
    about = (gone["queue"] == queue) | (gone["to_queue"] == queue) | (queue is None)
    recent = gone[(gone["time"] >= window.start) & about]
    recent = _with_histories(ground, recent.reset_index(drop=True))
    silent = any(problem.severity == "error" for problem in ground.gone.problems)
    return WaitingAnswer(
        moment=found.moment,
        sentence=waiting_sentence(tuple(told), recent, told=bool(chosen.seen.queues) or not silent),
        queues=tuple(sorted(told, key=_urgency, reverse=True)),
        others=chosen.others,
        gone=recent,
        gone_sums=gone_sums(recent),
        window=window,
        problems=tuple(dict.fromkeys([*found.problems, *chosen.seen.problems, *problems])),
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The queues to look into, with their rates; so many others have waiting messages too."""

    queues: dict[QueueKey, QueueSeen]
    others: int
    seen: WaitingSeen


def _choose(sources: Sources, as_of: pd.Timestamp, queue: str | None, vhost: str | None) -> _Chosen:
    """Choose the queue asked for, or those in which most messages wait."""
    if sources.metrics is None:
        return _Chosen({}, 0, WaitingSeen({}, {}, ()))
    seen = see_waiting(sources.metrics, as_of, queue, sources.gauge_uncertainty_seconds)
    wanted = {
        key: one
        for key, one in seen.queues.items()
        if vhost in (None, key[0]) and (queue == key[1] or (queue is None and one.ready.value > 0))
    }
    ranked = sorted(wanted, key=lambda key: wanted[key].ready.value, reverse=True)[:QUEUES_MAX]
    chosen = with_rates(sources.metrics, {key: wanted[key] for key in ranked}, as_of)
    return _Chosen(chosen, len(wanted) - len(chosen), seen)


def _prepare(
    sources: Sources, logs: LogSource, found: MomentFound, chosen: _Chosen, window: Window
) -> tuple[_Ground, pd.DataFrame, list[Problem]]:
    """Read what the queues share; give it with what left its queue unhandled (GONE_COLUMNS), as far back as needed."""
    as_of = found.moment.as_of
    begins = [window.start, *(one.empty_at or one.looked_back_to for one in chosen.queues.values())]
    lines = gone_lines(logs, window_of(min(pd.Timestamp(begin) for begin in begins), as_of))
    topology = read_topology(sources.broker if found.moment.live else None)
    routes = known_routes(logs, window, {queue for _, queue in chosen.queues}, topology)
    ways = known_ways(topology, lines.ended, chosen.seen.totals, deaths=lines.deaths, routes=routes.frame)
    gone = gone_messages(lines.ended, lines.deaths, ways)
    gone = gone[gone["time"] <= as_of].reset_index(drop=True)
    arrived = gone[gone["to_queue"].notna()][["message_id", "time", "queue", "to_queue"]]
    ground = _Ground(
        logs=logs,
        found=found,
        routes=routes.frame,
        ways=ways,
        gone=lines,
        arrived=arrived.rename(columns={"queue": "from_queue"}),
        channels=topology.channels,
        window_seconds=window.seconds,
    )
    return ground, gone, [*topology.problems, *lines.problems, *routes.problems]


def _without_logs(found: MomentFound, chosen: _Chosen, window: Window) -> WaitingAnswer:
    """Say what metrics alone tell."""
    queues = tuple(_unlisted(key, one, found.moment.as_of) for key, one in chosen.queues.items())
    none = conform({}, GONE_COLUMNS)
    problem = Problem("logs", "no log source is configured", "configure [elasticsearch] in eventrail.toml")
    return WaitingAnswer(
        moment=found.moment,
        sentence=waiting_sentence(queues, none, told=bool(chosen.seen.queues)),
        queues=queues,
        others=chosen.others,
        gone=none,
        gone_sums=gone_sums(none),
        window=window,
        problems=(*found.problems, *chosen.seen.problems, problem),
    )


def _urgency(waiting: QueueWaiting) -> tuple[bool, float]:
    """Rank: queues in which messages wait for consumers before those in which they merely move, oldest first."""
    return (waiting.cause.kind != "moving", waiting.oldest_age_seconds or 0.0)


def _without_gauge(queue: str | None, vhost: str | None, seen: WaitingSeen) -> dict[QueueKey, QueueSeen | None]:
    """Give the queue asked for where no gauge knows it."""
    return {(vhost or "/", queue): None} if queue is not None and not seen.queues else {}


def _one(ground: _Ground, key: QueueKey, seen: QueueSeen | None) -> tuple[QueueWaiting, list[Problem]]:
    """Make the list of one queue."""
    vhost, queue = key
    as_of = ground.found.moment.as_of
    bound = ground.routes[ground.routes["queue"] == queue]
    # A dead letter comes by another way than it was published; only publishes are asked for by their keys.
    keys = tuple(sorted(bound["routing_key"].dropna().unique()))
    lines = queue_lines(ground.logs, seen, queue, keys, as_of, ground.window_seconds)
    deliveries = _deliveries(lines, vhost, as_of)
    published = published_to(lines.sends, ground.routes, vhost, queue)
    published = published[published["published"] <= as_of]
    arrived = ground.arrived[ground.arrived["to_queue"] == queue]
    died = _died_in(queue, ground.gone.deaths)
    periods = waiting_periods(published, deliveries, arrived, died)
    listed = waiting_at(periods, lines.sends, pd.concat([lines.deliveries, ground.gone.ended]), vhost, queue, as_of)
    listed, more, problems = _with_lines(ground, listed, queue)
    if len(more):
        periods = waiting_periods(published, deliveries, arrived, pd.concat([died, more]))
        kept = waiting_at(periods, lines.sends, ground.gone.ended, vhost, queue, as_of)["message_id"]
        listed = listed[listed["message_id"].isin(kept)].reset_index(drop=True)
    held = outstanding_at(deliveries, as_of)
    cause = waiting_cause(
        _consuming(ground, seen, queue, held, lines.deliveries),
        len(listed) if seen is None else seen.ready.value,
        None if listed.empty else float(listed["age_seconds"].max()),
    )
    read = WaitingRead(lines.whole, lines.words, bool(keys) or len(arrived) > 0, ground.found.moment.logs_complete_to)
    gauge = None if seen is None else seen.ready
    told = reconcile_waiting(listed, periods, gauge, read, cause, vhost=vhost, queue=queue, as_of=as_of)
    return told, [*lines.problems, *problems]


def _deliveries(lines: QueueLines, vhost: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """Match the queue's lines of one virtual host up to the instant."""
    told = lines.deliveries
    own = (told["vhost"] == vhost) | told["vhost"].isna() | told["operation"].isin(CHANNEL_OPERATIONS)
    deliveries, _ = match_deliveries(told[own & (told["time"] <= as_of)].reset_index(drop=True))
    return deliveries


def _died_in(queue: str, deaths: pd.DataFrame) -> pd.DataFrame:
    """Give message_id and time of letters that died in a queue without a consumer's doing."""
    own = deaths[(deaths["death_queue"] == queue) & (deaths["death_reason"] != "rejected")]
    first = (own["death_count"].fillna(1) == 1) & own["death_time"].notna()
    return pd.DataFrame({"message_id": own["message_id"], "time": own["death_time"].where(first, own["time"])})


def _with_lines(
    ground: _Ground, listed: pd.DataFrame, queue: str
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Problem, ...]]:
    """Add what is known of the oldest messages wherever they went, and give those that died in the queue."""
    oldest = listed.head(LOOKED_UP_MAX)
    if oldest.empty:
        return listed, _died_in(queue, empty_events()), ()
    as_of = ground.found.moment.as_of
    earliest = oldest["since"].min() - pd.Timedelta(seconds=ground.window_seconds)
    begin = pd.Series([oldest["published"].min(), earliest]).min()
    lines, problems = lines_of_messages(ground.logs, oldest["message_id"].tolist(), window_of(begin, as_of))
    deliveries, _ = match_deliveries(lines)
    deaths = lines[lines["death_queue"].notna()]
    texts = histories(oldest, lines[lines["operation"] == Operation.SEND], deliveries, deaths, as_of)
    # Who published a dead letter is told by lines that were sent to another queue.
    sent = lines[lines["operation"] == Operation.SEND].drop_duplicates("message_id").set_index("message_id")
    known = {name: listed[name].fillna(listed["message_id"].map(sent[name])) for name in ("service", "pod")}
    return listed.assign(history=texts.reindex(listed.index), **known), _died_in(queue, deaths), problems


def _with_histories(ground: _Ground, gone: pd.DataFrame) -> pd.DataFrame:
    """Add the histories of the newest messages that are gone."""
    newest = gone.tail(LOOKED_UP_MAX)
    if newest.empty:
        return gone
    as_of = ground.found.moment.as_of
    begin = newest["time"].min() - pd.Timedelta(seconds=ground.window_seconds)
    ids = newest["message_id"].dropna().unique().tolist()
    lines, _ = lines_of_messages(ground.logs, ids, window_of(begin, as_of))
    deliveries, _ = match_deliveries(lines)
    deaths = lines[lines["death_queue"].notna()]
    waits = newest.assign(since=newest["time"].where(newest["time"] > as_of))
    texts = histories(waits, lines[lines["operation"] == Operation.SEND], deliveries, deaths, as_of)
    return gone.assign(history=texts.reindex(gone.index))


def _consuming(
    ground: _Ground, seen: QueueSeen | None, queue: str, held: pd.DataFrame, lines: pd.DataFrame
) -> Consuming:
    """Put together what metrics, the broker and lines tell of the queue's consumers."""
    oldest = held.iloc[0] if len(held) else None
    known = Consuming(
        held=len(held),
        oldest_held_seconds=None if oldest is None else float(oldest["age_seconds"]),
        holder=None if oldest is None or pd.isna(oldest["pod"]) else str(oldest["pod"]),
        prefetch=_prefetch(ground, queue, seen, lines),
        expires=bool(((ground.ways["from_queue"] == queue) & (ground.ways["reason"] == "expired")).any()),
    )
    if seen is None:
        return known
    return replace(
        known,
        consumers=seen.consumers,
        idle_since=seen.idle_since,
        sure=seen.idle_sure,
        held=seen.unacked,
        arriving=seen.arriving,
        settled=seen.settled,
        empty_seconds=_empty_seconds(seen, ground.found.moment.as_of),
    )


def _empty_seconds(seen: QueueSeen, as_of: pd.Timestamp) -> float | None:
    return None if seen.empty_at is None else float((as_of - seen.empty_at).total_seconds())


def _prefetch(ground: _Ground, queue: str, seen: QueueSeen | None, lines: pd.DataFrame) -> int | None:
    """Sum up what the queue's consumers may hold: by the broker's channels, else by lines of all of its channels."""
    if len(ground.channels):
        own = ground.channels[ground.channels["queue"] == queue]["prefetch"]
        return int(own.sum()) if len(own) and own.notna().all() and (own > 0).all() else None
    opened = lines[(lines["operation"] == Operation.CHANNEL_OPENED) & (lines["queue"] == queue)]
    closed = lines["channel_id"][lines["operation"] == Operation.CHANNEL_CLOSED]
    own = opened[~opened["channel_id"].isin(closed)].drop_duplicates("channel_id")["prefetch"]
    counted = seen is not None and seen.consumers == len(own)
    return int(own.sum()) if counted and len(own) and own.notna().all() and (own > 0).all() else None


def _unlisted(key: QueueKey, seen: QueueSeen, as_of: pd.Timestamp) -> QueueWaiting:
    """Say what metrics alone tell of a queue."""
    vhost, queue = key
    empty = conform({}, PERIOD_COLUMNS)
    listed = waiting_at(empty, empty_events(), empty_events(), vhost, queue, as_of)
    consuming = Consuming(
        seen.consumers, seen.idle_since, seen.idle_sure, held=seen.unacked, arriving=seen.arriving, settled=seen.settled
    )
    cause = waiting_cause(consuming, seen.ready.value, None)
    read = WaitingRead(whole=False, words="no log source is configured", publishers_known=False)
    return reconcile_waiting(listed, empty, seen.ready, read, cause, vhost=vhost, queue=queue, as_of=as_of)
