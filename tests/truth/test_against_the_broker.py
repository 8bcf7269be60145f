"""With one pod hung, the ledger beside Prometheus' gauge and the living broker, at twenty instants."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest

from bank.client import Bank, PodState
from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import count_bounds
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS, STATISTICS_INTERVAL_SECONDS
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.answers import LogQuery
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS
from eventrail.model.ledger import Ledger
from eventrail.model.window import Window
from eventrail.sources.ports import Sources
from tests.truth.figures import Figures
from tests.truth.living_broker import LivingBroker, Snapshot
from tests.truth.waiting import until, until_logs_are_complete_to

INSTANTS = 20
SECONDS_BETWEEN = 4.0
SERVICE = "ledger"
UNCERTAINTY = pd.Timedelta(seconds=STATISTICS_INTERVAL_SECONDS + BOOKKEEPING_SECONDS)
SLACK = pd.Timedelta(seconds=BOOKKEEPING_SECONDS)

pytestmark = [pytest.mark.bank, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def hung(bank: Bank, broker: LivingBroker, live: Sources) -> Iterator[PodState]:
    pod = bank.hang(SERVICE)
    until(lambda: broker.pods()[pod.name] >= 10, 60, f"{pod.name} holds ten messages")
    until(lambda: longest_held(live, pod) > 3 * UNCERTAINTY.total_seconds(), 120, f"{pod.name} has held some for long")
    yield pod
    bank.release(SERVICE)


def longest_held(live: Sources, pod: PodState) -> float:
    """Give how many seconds the pod has held its oldest message, as a page would say."""
    answer = investigate_unacked(live, now=datetime.now(tz=UTC))
    held = pd.concat(
        [queue.deliveries for queue in answer.ledger.queues] or [pd.DataFrame(columns=["pod", "age_seconds"])]
    )
    return float(held["age_seconds"][held["pod"] == pod.name].max())


@pytest.fixture(scope="module")
def compared(hung: PodState, broker: LivingBroker, live: Sources) -> list[tuple[Snapshot, Ledger]]:
    """Snapshots of the living broker, and for each the ledger of the same instant once its lines have arrived."""
    snapshots = []
    for _ in range(INSTANTS):
        snapshots.append(broker.snapshot())
        time.sleep(SECONDS_BETWEEN)
    until_logs_are_complete_to(snapshots[-1].answered, live)
    return [(snapshot, ledger_at(live, snapshot.answered)) for snapshot in snapshots]


def ledger_at(live: Sources, instant: pd.Timestamp) -> Ledger:
    answer = investigate_unacked(live, now=instant.to_pydatetime(), as_of=instant.to_pydatetime())
    assert answer.moment.as_of == instant, "the logs are complete to the instant"
    return answer.ledger


def test_every_count_adds_up_at_every_instant(compared: list[tuple[Snapshot, Ledger]]) -> None:
    for _, ledger in compared:
        assert ledger.queues
        for queue in ledger.queues:
            assert queue.gauge is not None
            assert queue.explained + queue.unexplained == queue.gauge
            assert queue.explained + queue.surplus == len(queue.deliveries)
            assert sum(reason.messages for reason in queue.reasons) == queue.unexplained + queue.surplus


def test_the_ledger_agrees_with_the_broker_within_the_gauges_uncertainty(
    compared: list[tuple[Snapshot, Ledger]], live: Sources, figures: Figures
) -> None:
    agreeing = 0
    odd = []
    for snapshot, _ in compared:
        wrong = differing_queues(live, snapshot)
        agreeing += not wrong
        odd += [(str(snapshot.answered), wrong)] if wrong else []
    figures.note("instants compared with the living broker", len(compared))
    figures.note("of them the ledger agrees at", agreeing)
    figures.note("queues that differed", odd)

    assert agreeing >= INSTANTS - 1, odd


def differing_queues(live: Sources, snapshot: Snapshot) -> dict[str, tuple[int, int, int]]:
    """Give the queues whose count by the broker lies outside the ledger's own bounds: count, lowest, highest."""
    window = Window.before((snapshot.answered + SLACK).to_pydatetime(), 900.0)
    assert live.logs is not None
    answer = live.logs.read(LogQuery(window, operations=(*DELIVERY_OPERATIONS, *CHANNEL_OPERATIONS)))
    deliveries, _ = match_deliveries(clean(answer.events)[0])
    logged = deliveries[~deliveries["inferred"].str.contains("delivered")]
    quiet = set(deliveries["queue"].dropna()) - set(logged["queue"].dropna())
    wrong = {}
    for queue, count in snapshot.unacked_of_queue.items():
        own = deliveries[deliveries["queue"] == queue]
        lowest, highest = count_bounds(own, snapshot.asked - UNCERTAINTY, snapshot.answered + SLACK)
        if queue not in quiet and not lowest <= count <= highest:
            wrong[queue] = (count, lowest, highest)
    return wrong


def test_deliveries_older_than_the_uncertainty_match_the_broker_one_for_one(
    compared: list[tuple[Snapshot, Ledger]], hung: PodState
) -> None:
    for snapshot, ledger in compared:
        deliveries = pd.concat([queue.deliveries for queue in ledger.queues])
        old = deliveries[deliveries["delivered"] < snapshot.asked - UNCERTAINTY]
        young = deliveries[deliveries["delivered"] >= snapshot.asked - UNCERTAINTY]
        held, arriving = (old["pod"] == hung.name).sum(), (young["pod"] == hung.name).sum()
        assert held <= snapshot.unacked_of_pod[hung.name] <= held + arriving


def test_the_holder_named_is_the_hung_pod_every_time(compared: list[tuple[Snapshot, Ledger]], hung: PodState) -> None:
    for snapshot, ledger in compared:
        deliveries = pd.concat([queue.deliveries for queue in ledger.queues])
        old = deliveries[deliveries["delivered"] < snapshot.asked - UNCERTAINTY]
        assert set(old["pod"]) == {hung.name}
        assert set(old["node"]) == {hung.node}
