"""The ledger's lines from the delivery index, where there is one that can answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS
from eventrail.investigate.gauges import QueueGauge, QueueKey
from eventrail.model.answers import LogAnswer
from eventrail.model.delivery_index import OutstandingQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, Operation, empty_events
from eventrail.model.ledger import BY_LOGS, LedgerWay
from eventrail.model.problem import Problem
from eventrail.sources.ports import DeliveryIndex

_NO_LINES: Final = LogAnswer(empty_events())


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the delivery index gave: `usable` where it did, its lines as event tables, and the words about it."""

    usable: bool
    way: LedgerWay = BY_LOGS
    deliveries: LogAnswer = _NO_LINES
    channels: LogAnswer = _NO_LINES
    problems: tuple[Problem, ...] = ()

    def of_queue(self, queue: str) -> pd.DataFrame:
        """Give the delivery lines of a queue."""
        lines = self.deliveries.events
        return lines[lines["queue"] == queue].reset_index(drop=True)

    def answers_for(self, key: QueueKey, gauge: QueueGauge) -> bool:
        """Whether a queue's ledger can be had from it.

        What consumers hold that log no receive lines follows from the order of the queue, and that from all lines.
        """
        return self.usable and (
            not gauge.reading.value or bool((self.of_queue(key[1])["operation"] == Operation.RECEIVE).any())
        )


def ask_index(
    index: DeliveryIndex | None,
    gauges: Mapping[QueueKey, QueueGauge],
    begins: Mapping[QueueKey, pd.Timestamp | None],
    names: tuple[str, ...],
    as_of: pd.Timestamp,
) -> Indexed:
    """Ask for the deliveries outstanding at `as_of`, and for those that a gauge may have counted just before.

    begins: queue → deliveries whose lines are all older were not outstanding, None where that is not known. names: the
    queues where there are no gauges; none: all.
    """
    if index is None:
        return Indexed(usable=False)
    queues: dict[str, pd.Timestamp | None] = dict.fromkeys(names)
    for (_, queue), begin in begins.items():
        known = queues.get(queue, begin)
        queues[queue] = None if known is None or begin is None else min(known, begin)
    slack = pd.Timedelta(seconds=BOOKKEEPING_SECONDS)
    counted = [
        gauge.reading.time - pd.Timedelta(seconds=gauge.reading.uncertainty_seconds) - slack
        for gauge in gauges.values()
    ]
    asked = OutstandingQuery(
        as_of=as_of.ceil("us").to_pydatetime(),
        ended_since=min([as_of, *counted]).floor("us").to_pydatetime(),
        queues={queue: None if begin is None else begin.floor("us").to_pydatetime() for queue, begin in queues.items()},
    )
    answer = index.outstanding(asked)
    if answer.unusable:
        problem = Problem(
            index.name,
            f"not used: {answer.unusable}; the logs were searched instead",
            "see that `eventrail index` runs and keeps up",
            "info",
        )
        return Indexed(usable=False, problems=(problem,))
    lines = _with_queues(answer.lines.events)
    told = lines["operation"]
    age = "" if answer.current_at is None else f", {_seconds_before(answer.current_at, as_of)}"
    newer = f", and {answer.newer_lines:,} newer log lines" if answer.newer_lines else ""
    return Indexed(
        usable=True,
        way=LedgerWay(by_index=True, words=f"{index.name}{age}{newer}"),
        deliveries=LogAnswer(lines[told.isin(DELIVERY_OPERATIONS)].reset_index(drop=True)),
        channels=LogAnswer(lines[told.isin(CHANNEL_OPERATIONS)].reset_index(drop=True)),
        problems=answer.lines.problems,
    )


def _seconds_before(current_at: object, as_of: pd.Timestamp) -> str:
    """Say how old the index is at the instant the answer speaks about."""
    behind_seconds = (as_of - pd.Timestamp(str(current_at))).total_seconds()
    return f"{behind_seconds:.1f} s behind" if behind_seconds > 0 else "complete to this instant"


def _with_queues(lines: pd.DataFrame) -> pd.DataFrame:
    """Give each line the queue that another line about the same delivery names, where it names none itself."""
    nameless = lines["queue"].isna() & lines["channel_id"].notna() & lines["delivery_tag"].notna()
    if not nameless.any():
        return lines
    telling = lines[lines["queue"].notna()].drop_duplicates(["channel_id", "delivery_tag"])
    found = lines[["channel_id", "delivery_tag"]].merge(
        telling[["channel_id", "delivery_tag", "queue"]], on=["channel_id", "delivery_tag"], how="left"
    )
    return lines.assign(queue=lines["queue"].where(~nameless, found["queue"].array))
