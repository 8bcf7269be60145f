"""Compares the ledger of an instant with what the broker held: the sums, the counts, and delivery by delivery."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from bank.flows import FLOWS
from bank.services import SERVICES
from bank.topology import queues
from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import count_bounds
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS, STATISTICS_INTERVAL_SECONDS
from eventrail.model.answers import LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS, Operation
from eventrail.model.ledger import Ledger, QueueLedger
from eventrail.model.window import Window
from eventrail.sources.ports import Sources
from tests.truth.held import Held

SLACK: Final = pd.Timedelta(seconds=BOOKKEEPING_SECONDS)
UNCERTAINTY: Final = pd.Timedelta(seconds=STATISTICS_INTERVAL_SECONDS) + SLACK
# What was outstanding when a run began was delivered at most so long before.
BEFORE_SECONDS: Final = 300.0
# Services that log no receive lines.
QUIET: Final = frozenset(plan.name for plan in SERVICES if not plan.log_receive)
_DELIVERY: Final = ["channel_id", "delivery_tag"]


@dataclass(frozen=True)
class OneForOne:
    """Deliveries older than the gauge's uncertainty, of services that log receive lines.

    compared: how many either side holds. missed: the broker's that the ledger does not list. invented: the ledger's
    that the broker does not hold. Both tables with queue, channel_id, delivery_tag and delivered.
    """

    compared: int
    missed: pd.DataFrame
    invented: pd.DataFrame

    @property
    def exact(self) -> bool:
        """Whether both sides are the same deliveries."""
        return self.missed.empty and self.invented.empty


@dataclass(frozen=True)
class Inferred:
    """Of services that log no receive lines: messages the broker held, by lines that came later, and those listed."""

    held: int
    held_and_listed: int


def failing_sums(ledger: Ledger) -> list[str]:
    """Name the queues of which a sum does not hold."""
    return [
        queue.queue
        for queue in ledger.queues
        if queue.gauge is None
        or queue.explained + queue.unexplained != queue.gauge
        or queue.explained + queue.surplus != len(queue.deliveries)
        or sum(reason.messages for reason in queue.reasons if reason.side == "unexplained") != queue.unexplained
        or sum(reason.messages for reason in queue.reasons if reason.side == "surplus") != queue.surplus
    ]


def read_lines(live: Sources, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Give the run's lines about deliveries and channels, clean and in order."""
    assert live.logs is not None
    start = begin - pd.Timedelta(seconds=BEFORE_SECONDS)
    window = Window(start.to_pydatetime(), (end + UNCERTAINTY).to_pydatetime())
    answer = live.logs.read(LogQuery(window, operations=(*DELIVERY_OPERATIONS, *CHANNEL_OPERATIONS)))
    return clean(answer.events)[0]


def read_published(live: Sources, begin: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """Give what was published to queues whose consumers log no receive lines: queue, time."""
    assert live.logs is not None
    quiet = [queue for queue in queues(FLOWS) if _service(queue.name) in QUIET]
    window = Window((begin - UNCERTAINTY).to_pydatetime(), (end + UNCERTAINTY).to_pydatetime())
    parts = []
    for queue in quiet:
        sent = live.logs.read(LogQuery(window, routing_keys=(queue.routing_key,), operations=(Operation.SEND,))).events
        parts.append(sent[["time"]].assign(queue=queue.name))
    return pd.concat(parts, ignore_index=True)


def differing_queues(
    lines: pd.DataFrame, published: pd.DataFrame, held: Held, ledger: Ledger, uncertainty: pd.Timedelta
) -> dict[str, tuple[int, int, int]]:
    """Give the queues whose count by the broker lies outside the ledger's own bounds: count, lowest, highest.

    lines: of the whole run; what came after the instant is not looked at. uncertainty: how long before the question
    the bounds begin.
    """
    known = _known(lines, held.answered + SLACK)
    ledgers = {one.queue: one for one in ledger.queues}
    wrong = {}
    for queue, count in held.of_queue.items():
        own = known[known["queue"] == queue]
        end = held.answered + SLACK
        if _service(queue) in QUIET:
            sent = published[published["queue"] == queue]["time"]
            lowest, highest = _quiet_bounds(own, sent, ledgers.get(queue), held.asked - uncertainty, end)
        else:
            lowest, highest = count_bounds(own, held.asked - uncertainty, end)
        if not lowest <= count <= highest:
            wrong[queue] = (count, lowest, highest)
    return wrong


def _quiet_bounds(
    deliveries: pd.DataFrame,
    sent: "pd.Series[pd.Timestamp]",
    ledger: QueueLedger | None,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> tuple[int, int]:
    """Give the bounds of a queue whose consumers log no receive lines.

    Its buffers are told by the gauge alone: since that was counted, as many can have gone as were settled, and as many
    can have come as were published or given room by a settlement.
    """
    listed = 0 if ledger is None else len(ledger.deliveries)
    if ledger is not None and ledger.gauge_time is not None:
        start = min(start, ledger.gauge_time - UNCERTAINTY)
    gone, come = int(deliveries["settled"].between(start, end).sum()), int(sent.between(start, end).sum())
    return listed - gone, listed + come + gone


def one_for_one(lines: pd.DataFrame, held: Held, ledger: Ledger) -> OneForOne:
    """Compare what the ledger lists with what the broker's channels hold, by channel and delivery tag."""
    counted = _with_channels(lines, held)
    counted = counted[~_quiet(counted["queue"])]
    listed = _listed(ledger)
    listed = listed[~_quiet(listed["queue"])]
    old = held.asked - UNCERTAINTY
    old_counted, old_listed = counted[counted["delivered"] < old], listed[listed["delivered"] < old]
    missed = _without(old_counted, listed)
    # A settlement is logged before the broker gets it.
    known = _known(lines, held.answered)
    settling = known[known["settled"].between(held.asked - SLACK, held.answered)]
    missed = _without(missed, settling)
    invented = _without(old_listed, counted)
    compared = len(old_counted) + len(_without(old_listed, old_counted))
    return OneForOne(compared, missed, invented)


def inferred(lines: pd.DataFrame, held: Held, ledger: Ledger) -> Inferred:
    """Compare the messages listed for queues without receive lines with those of the broker's older deliveries.

    A message that was in a buffer is known by the handling line that came later; what never came to it is left out.
    """
    counted = _with_channels(lines, held)
    counted = counted[_quiet(counted["queue"]) & (counted["delivered"] < held.asked - UNCERTAINTY)]
    later, _ = match_deliveries(lines)
    named = counted.merge(later[[*_DELIVERY, "message_id", "settled"]], on=_DELIVERY)
    named = named[~(named["settled"] <= held.answered)]
    listed = set(_listed(ledger)["message_id"])
    return Inferred(len(named), int(named["message_id"].isin(listed).sum()))


def _service(queue: str) -> str:
    return queue.split(".", maxsplit=1)[0]


def _quiet(names: "pd.Series[str]") -> "pd.Series[bool]":
    return names.str.extract("^([^.]*)", expand=False).isin(QUIET)


def _known(lines: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Give the deliveries that the lines up to an instant tell of."""
    return match_deliveries(lines[lines["time"] <= until])[0]


def _listed(ledger: Ledger) -> pd.DataFrame:
    columns = ["queue", "message_id", "pod", "node", *_DELIVERY, "delivered"]
    tables = [queue.deliveries[columns] for queue in ledger.queues]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _with_channels(lines: pd.DataFrame, held: Held) -> pd.DataFrame:
    """Name the channels that the broker holds deliveries on as log lines do: process, connection and number.

    The broker knows the connection's name, the pod and a number; the process is the one that spoke last under it.
    """
    spoken = lines[(lines["time"] <= held.answered) & lines["client_id"].notna()]
    processes = spoken.drop_duplicates("client_id", keep="last")[["client_id", "instance_id"]]
    counted = held.deliveries.merge(processes, on="client_id", how="left")
    connection = counted["client_id"].str.extract("([^/]*)$", expand=False)
    return counted.assign(channel_id=counted["instance_id"].fillna("?") + "/" + connection + "/" + counted["number"])


def _without(some: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Give those deliveries of the first table that are not in the second."""
    there = pd.MultiIndex.from_frame(others[_DELIVERY].astype({"delivery_tag": "int64"}))
    own = pd.MultiIndex.from_frame(some[_DELIVERY].astype({"delivery_tag": "int64"}))
    return some[~own.isin(there)][["queue", *_DELIVERY, "delivered"]]
