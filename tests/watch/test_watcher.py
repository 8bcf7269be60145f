"""The watch over time: what it shows while a message is held, and what it shows while a source is silent."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from eventrail.investigate.watching import Chosen
from eventrail.model.answers import LogAnswer, LogQuery, SourceCheck, TableAnswer
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.table import conform
from eventrail.sources.ports import Sources
from eventrail.sources.rabbitmq.source import QUEUES
from eventrail.sources.table_logs import LogTable
from eventrail.testing.builders import EventBook
from eventrail.watch import watcher as module
from eventrail.watch.watcher import Watcher, WatchSettings
from tests.investigate.told import ToldLogs, gauges_of, running, told
from tests.watch.reading import Samples, labels, scraped

QUEUE = labels(vhost="/", queue="payments")
LEDGER = "eventrail_oldest_unacked_seconds"
NOW = 120.0


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], datetime]:
    """Set the present, in seconds of the story, for the wall clock and the monotonic one."""

    def set_to(second: float) -> datetime:
        now = EventBook().time(second).to_pydatetime()
        monkeypatch.setattr("eventrail.clock.now", lambda: now)
        monkeypatch.setattr(module.time, "monotonic", lambda: second)
        return now

    set_to(NOW)
    return set_to


def held_book(settled_at: float | None = None) -> EventBook:
    """Payments-1 takes a message at 20 s."""
    book = EventBook()
    for second in range(0, 601, 5):
        book.heartbeat(second, pod="payments-1")
    book.publish(19, "m1", pod="orders-1")
    book.receive(20, "m1", queue="payments", pod="payments-1")
    if settled_at is not None:
        book.settle(settled_at, "m1", pod="payments-1", queue="payments")
    return book


def sources_of(book: EventBook, until: float = 600.0) -> Sources:
    return told(book, gauges_of(book, until) | running(book, until, "payments-1"))


@dataclass(frozen=True)
class FlakyLogs(ToldLogs):
    """Logs that give nothing while there are faults."""

    faults: list[Problem] = field(default_factory=list)

    def read(self, query: LogQuery) -> LogAnswer:
        return LogAnswer(empty_events(), tuple(self.faults)) if self.faults else super().read(query)


def test_a_held_message_ages_and_goes_to_zero_when_it_is_settled(at: Callable[[float], datetime]) -> None:
    watcher = Watcher(sources_of(held_book(settled_at=130.0)), WatchSettings())
    seen = []
    for second in (100.0, 120.0, 140.0):
        at(second)
        watcher.evaluate()
        seen.append(scraped(watcher))

    assert [one[LEDGER][QUEUE] for one in seen] == [80.0, 100.0, 0.0]
    holder = labels(
        vhost="/", queue="payments", holder_service="payments", holder_pod="payments-1", holder_node="node-a"
    )
    assert seen[1]["eventrail_holder_oldest_unacked_seconds"] == {holder: 100.0}
    assert "eventrail_holder_oldest_unacked_seconds" not in seen[2]
    assert seen[1]["eventrail_consumer_timeout_remaining_seconds"] == {QUEUE: 1700.0}
    assert seen[1]["eventrail_as_of_timestamp_seconds"][labels()] == EventBook().time(120).timestamp()


def test_without_a_gauge_a_held_message_stays_longer_than_the_search_goes_back(at: Callable[[float], datetime]) -> None:
    book = held_book(settled_at=4000.0)
    for second in range(600, 5000, 60):
        book.heartbeat(second, pod="payments-1")
    watcher = Watcher(replace(sources_of(book), metrics=None), WatchSettings())
    ages = []
    for second in (120.0, 1620.0, 3120.0, 4020.0):
        at(second)
        watcher.evaluate()
        ages.append(scraped(watcher).get(LEDGER, {}).get(QUEUE))

    assert ages == [100.0, 1600.0, 3100.0, None]


def test_late_logs_hold_the_age_at_the_instant_to_which_they_are_complete(at: Callable[[float], datetime]) -> None:
    book = held_book()
    known = book.events()[book.events()["time"] <= book.time(100)]
    late = replace(sources_of(book), logs=ToldLogs("told logs", "memory", "", (), LogTable.of(known)))

    watcher = Watcher(late, WatchSettings())
    watcher.evaluate()
    seen = scraped(watcher)

    assert seen[LEDGER][QUEUE] == 80.0
    assert seen["eventrail_logs_behind_seconds"][labels()] == 20.0
    assert seen["eventrail_node_logs_behind_seconds"] == {labels(log_node="node-a"): 20.0}


def test_a_silent_source_takes_the_ledger_away_and_is_counted_and_logged_once(
    at: Callable[[float], datetime], caplog: pytest.LogCaptureFixture
) -> None:
    book = held_book()
    logs = FlakyLogs("told logs", "memory", "", (), LogTable.of(book.events()))
    watcher = Watcher(replace(sources_of(book), logs=logs), WatchSettings())
    watcher.evaluate()
    before = scraped(watcher)

    logs.faults.append(Problem("told logs", "connection refused", "start it", "error"))
    with caplog.at_level(logging.INFO, "eventrail"):
        watcher.evaluate()
        watcher.evaluate()
        during = scraped(watcher)
        logs.faults.clear()
        watcher.evaluate()

    assert LEDGER in before
    assert not [name for name in during if "unacked" in name or "timeout" in name or "behind" in name]
    assert during["eventrail_evaluation_success"][labels()] == 0.0
    assert during["eventrail_source_up"] == {labels(source="logs"): 0.0, labels(source="metrics"): 1.0}
    assert during["eventrail_source_errors_total"][labels(source="logs")] == 2.0
    assert during["eventrail_last_success_timestamp_seconds"] == before["eventrail_last_success_timestamp_seconds"]
    said = [record.getMessage() for record in caplog.records]
    assert said == ["told logs: connection refused → start it", "told logs answers again"]
    assert scraped(watcher)[LEDGER] == before[LEDGER]


def test_a_fault_of_eventrail_itself_is_outlived_counted_and_logged(
    at: Callable[[float], datetime], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher(sources_of(held_book()), WatchSettings())
    watcher.evaluate()

    def fails(*_: Any, **__: Any) -> None:
        raise KeyError("queue")

    monkeypatch.setattr(module, "investigate_watch", fails)
    assert watcher.evaluate() is None
    seen = scraped(watcher)

    assert LEDGER not in seen
    assert seen["eventrail_source_errors_total"][labels(source="eventrail")] == 1.0
    assert seen["eventrail_evaluation_success"][labels()] == 0.0
    assert "KeyError: 'queue'" in caplog.text


def test_figures_of_an_evaluation_that_is_not_followed_by_another_vanish(at: Callable[[float], datetime]) -> None:
    watcher = Watcher(sources_of(held_book()), WatchSettings(interval_seconds=30.0))
    watcher.evaluate()

    def seen_at(second: float) -> Samples:
        at(second)
        return scraped(watcher)

    assert LEDGER in seen_at(NOW + 90)
    assert LEDGER not in seen_at(NOW + 91)
    assert seen_at(NOW + 91)["eventrail_evaluations_total"][labels()] == 1.0


def test_a_queue_that_is_gone_takes_its_series_along(at: Callable[[float], datetime]) -> None:
    book = held_book(settled_at=60.0)
    watcher = Watcher(sources_of(book, until=120.0), WatchSettings())
    watcher.evaluate()
    there = scraped(watcher)
    at(600.0)
    watcher.evaluate()

    assert there[LEDGER] == {QUEUE: 0.0}
    assert LEDGER not in scraped(watcher), "the gauge was last sampled eight minutes ago"


@pytest.mark.parametrize(
    ("chosen", "watched"),
    [
        (Chosen(), True),
        (Chosen(queues=("payments",)), True),
        (Chosen(queues=("receipts",)), False),
        (Chosen(vhosts=("/",)), True),
        (Chosen(vhosts=("bank",)), False),
    ],
)
def test_only_chosen_queues_are_told(at: Callable[[float], datetime], chosen: Chosen, watched: bool) -> None:
    watcher = Watcher(sources_of(held_book()), WatchSettings(chosen=chosen))
    watcher.evaluate()

    assert (QUEUE in scraped(watcher).get(LEDGER, {})) is watched


@dataclass
class ToldBroker:
    """A broker of 3.12 whose queue has a timeout of its own, or that does not answer."""

    answers: bool = True
    name: str = "RabbitMQ"
    lists_asked: int = 0

    def check(self) -> SourceCheck:
        down = Problem("RabbitMQ", "nothing answers", "start it", "error")
        return SourceCheck(
            "RabbitMQ", "", self.answers, "3.12.1" if self.answers else "", (), () if self.answers else (down,)
        )

    def queues(self) -> TableAnswer:
        self.lists_asked += 1
        told = {"vhost": ["/"], "queue": ["payments"], "kind": ["classic"], "consumer_timeout_seconds": [600.0]}
        return TableAnswer(conform(told, QUEUES))

    def channels(self) -> TableAnswer:
        raise AssertionError("the watch does not ask for channels")

    bindings = channels


def test_a_queues_own_timeout_counts_and_a_silent_broker_costs_nothing_else(at: Callable[[float], datetime]) -> None:
    broker = ToldBroker()
    watcher = Watcher(replace(sources_of(held_book()), broker=broker), WatchSettings())
    watcher.evaluate()
    own = scraped(watcher)
    broker.answers = False
    watcher.evaluate()
    silent = scraped(watcher)

    assert own["eventrail_consumer_timeout_remaining_seconds"] == {QUEUE: 500.0}
    assert own["eventrail_source_up"][labels(source="broker")] == 1.0
    assert silent["eventrail_source_up"][labels(source="broker")] == 0.0
    assert silent["eventrail_evaluation_success"][labels()] == 1.0
    assert silent[LEDGER] == own[LEDGER]


def test_the_brokers_queues_are_listed_every_five_minutes_only(at: Callable[[float], datetime]) -> None:
    broker = ToldBroker()
    watcher = Watcher(replace(sources_of(held_book()), broker=broker), WatchSettings())
    for second in (0.0, 15.0, 299.0, 301.0):
        at(second)
        watcher.evaluate()

    assert broker.lists_asked == 2
