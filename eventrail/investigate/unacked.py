"""Which messages are unacknowledged, since when, and who holds them."""

from datetime import datetime
from typing import Final

import pandas as pd

from eventrail.analysis.sentences import ledger_sentence
from eventrail.investigate.answers import UnackedAnswer
from eventrail.investigate.holders import HoldersRead, read_holders
from eventrail.investigate.ledgers import build_ledgers
from eventrail.investigate.moment import find_moment
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import LogQuery, TableAnswer
from eventrail.model.events import Operation
from eventrail.model.ledger import Ledger
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource, Sources

# The holders' last lines are read for so many of the oldest deliveries.
LAST_LINES_FOR: Final = 200
LAST_LINE_COLUMNS: Final = ("time", "sequence", "operation", "correlation_id", "pod", "message")


def investigate_unacked(
    sources: Sources,
    *,
    now: datetime,
    queue: str | None = None,
    vhost: str | None = None,
    as_of: datetime | None = None,
    window_seconds: float = 1800.0,
) -> UnackedAnswer:
    """List the outstanding deliveries of one queue, or of all queues that hold any, reconciled with the gauge.

    as_of: the instant, aware; None: the source's own (now, or a recording's mark). window_seconds: length of the
    curves, and how far back logs are read where no gauge bounds the search.
    """
    found = find_moment(sources, now, as_of)
    built = build_ledgers(sources, found, queue, vhost, window_seconds)
    held: list[HoldersRead] = []
    last: list[TableAnswer] = []
    side_by_side(
        [
            lambda: held.append(read_holders(sources, built.ledger, found.moment, every_queue=queue is None)),
            lambda: last.append(_last_lines(sources.logs, built.ledger)),
        ]
    )
    (holders,), (last_lines,) = held, last
    problems = (*found.problems, *built.ledger.problems, *holders.problems, *last_lines.problems)
    return UnackedAnswer(
        moment=found.moment,
        sentence=ledger_sentence(built.ledger, told=built.told),
        ledger=built.ledger,
        searched_from=built.searched_from,
        channels=holders.channels,
        holders=holders.holders,
        counts=holders.counts,
        states=holders.states,
        timeouts=holders.timeouts,
        series=built.gauges.samples,
        last_lines=last_lines.frame,
        problems=tuple(dict.fromkeys(problems)),
        way=built.way,
    )


def _last_lines(logs: LogSource | None, ledger: Ledger) -> TableAnswer:
    """Give each holder's last line for each event it holds: correlation_id, pod, time, message."""
    columns = ["correlation_id", "pod", "time", "message"]
    tables = [queue.deliveries for queue in ledger.queues]
    listed = pd.concat(tables) if tables else pd.DataFrame({"correlation_id": [], "pod": [], "delivered": []})
    oldest = listed[listed["correlation_id"].notna()].sort_values("delivered").head(LAST_LINES_FOR)
    if logs is None or oldest.empty:
        return TableAnswer(pd.DataFrame({name: [] for name in columns}))
    query = LogQuery(
        Window(oldest["delivered"].min().to_pydatetime(warn=False), ledger.as_of.to_pydatetime(warn=False)),
        correlation_ids=tuple(oldest["correlation_id"].unique()),
        pods=tuple(oldest["pod"].dropna().unique()),
        operations=(Operation.LOG,),
        columns=LAST_LINE_COLUMNS,
    )
    answer = logs.read(query)
    last = answer.events.drop_duplicates(["correlation_id", "pod"], keep="last")
    return TableAnswer(last[columns].reset_index(drop=True), answer.problems)
