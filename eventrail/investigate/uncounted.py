"""The deliveries of queues that Prometheus knows and cannot say the present count of: by the logs alone."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import pandas as pd

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.reconcile import Circumstances, reconcile
from eventrail.investigate.bounds import window_between
from eventrail.investigate.carried import Carried, with_older
from eventrail.investigate.gauges import QueueKey, UncountedQueue
from eventrail.investigate.moment import MomentFound
from eventrail.investigate.narrowed import QueueLines, read_narrowed
from eventrail.investigate.side_by_side import side_by_side
from eventrail.investigate.vhosts import own_lines
from eventrail.model.answers import LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, concat_events
from eventrail.model.ledger import QueueLedger
from eventrail.model.problem import Problem
from eventrail.sources.ports import LogSource

_REMEDY: Final = (
    "see Prometheus' page Targets; where several brokers have queues of one name, choose one by "
    "prometheus.broker_labels"
)


def search_uncounted(
    logs: LogSource,
    queues: Mapping[QueueKey, UncountedQueue],
    found: MomentFound,
    carried: Carried,
    columns: tuple[str, ...],
) -> tuple[list[QueueLedger], dict[QueueKey, str], list[Problem]]:
    """Give the ledgers, without a gauge, of those queues that the logs say hold something; how far back; problems.

    Queues that counted nothing when they were last counted are searched together, the others one by one, by counting
    before reading: what stops the scrapes does not stop the queue.
    """
    as_of = found.moment.as_of
    begins = {key: carried.start(_begin(queue)) for key, queue in queues.items()}
    held = [key for key, queue in queues.items() if queue.last_count]
    idle = [key for key in queues if key not in held]
    older = carried.read(logs, as_of, columns)
    known = {key: _of_queue(older.events, key[1]) for key in queues}

    def question(keys: list[QueueKey]) -> LogQuery:
        window = window_between(min(begins[key] for key in keys), as_of)
        names = tuple(sorted({name for _, name in keys}))
        return LogQuery(window, queues=names, operations=DELIVERY_OPERATIONS, columns=columns)

    channels = LogQuery(window_between(min(begins.values()), as_of), operations=CHANNEL_OPERATIONS, columns=columns)
    read = side_by_side(
        [partial(_all_lines, logs, query) for query in (channels, *([question(idle)] if idle else []))]
        + [partial(read_narrowed, logs, question([key]), key[0], as_of, as_of, known[key]) for key in held]
    )
    lines_of = dict(zip(held, (lines.events for lines in read[len(read) - len(held) :]), strict=True))
    lines_of |= {key: with_older(_of_queue(read[1].events, key[1]), known[key]) for key in idle}
    lines_of, problems = own_lines(lines_of, {key: queue.last_count for key, queue in queues.items()})
    ledgers = []
    for key, lines in lines_of.items():
        ledger, more = _ledger(key, concat_events([lines, read[0].events]), found)
        problems += more
        if len(ledger.deliveries) or queues[key].last_count:
            ledgers.append(ledger)
    problems += [*older.problems, *(problem for lines in read for problem in lines.problems)]
    return ledgers, {key: _searched(queue, as_of) for key, queue in queues.items()}, [*problems, *_why(queues)]


def _all_lines(logs: LogSource, query: LogQuery) -> QueueLines:
    answer = logs.read(query)
    return QueueLines(answer.events, answer.problems)


def _of_queue(lines: pd.DataFrame, queue: str) -> pd.DataFrame:
    return lines[lines["queue"] == queue].reset_index(drop=True)


def _ledger(key: QueueKey, events: pd.DataFrame, found: MomentFound) -> tuple[QueueLedger, list[Problem]]:
    """Build the ledger of one queue from its lines and those of the channels."""
    vhost, queue = key
    as_of = found.moment.as_of
    lines, problems = clean(events)
    own = (lines["vhost"] == vhost) | lines["vhost"].isna() | lines["operation"].isin(CHANNEL_OPERATIONS)
    deliveries, more = match_deliveries(lines[own & (lines["time"] <= as_of)])
    deliveries = deliveries.assign(vhost=deliveries["vhost"].fillna(vhost))
    circumstances = Circumstances(found.moment.logs_complete_to, found.completeness.silent_pods)
    return reconcile(vhost, queue, deliveries, as_of, None, circumstances), [*problems, *more]


def _begin(queue: UncountedQueue) -> pd.Timestamp:
    """Say where the search begins: at the last count of nothing, however long ago the queue was last counted."""
    if queue.nothing_unacked_at is None:
        return queue.looked_back_to
    return queue.nothing_unacked_at - pd.Timedelta(seconds=queue.margin_seconds)


def _searched(queue: UncountedQueue, as_of: pd.Timestamp) -> str:
    """Say how far back a queue's deliveries were read."""
    if queue.nothing_unacked_at is not None:
        return f"no present count; the last of none was at {queue.nothing_unacked_at:%Y-%m-%d %H:%M:%S} UTC"
    hours = (as_of - queue.looked_back_to).total_seconds() / 3600
    return f"no present count, and none of zero in the {hours:.0f} h before; older deliveries may be missing"


def _why(queues: Mapping[QueueKey, UncountedQueue]) -> list[Problem]:
    """Say once for each cause which queues have no count; the first by name, and how many more."""
    causes: dict[str, list[str]] = {}
    for (_, name), queue in sorted(queues.items()):
        causes.setdefault(queue.why, []).append(name)
    return [
        Problem(
            "Prometheus",
            f"{names[0]}{f' (and {len(names) - 1:,} more)' if len(names) > 1 else ''} {why}; "
            "what the logs say of it is not reconciled with a count",
            _REMEDY,
        )
        for why, names in causes.items()
    ]
