"""A source that answers is looked at once a minute; one that does not, or is doubted, at once."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pandas as pd

from eventrail.investigate.checking import CHECK_SECONDS, check_sources
from eventrail.investigate.kept_checks import KeptChecks
from eventrail.investigate.overview import investigate_overview
from eventrail.model.answers import LogAnswer, LogQuery, SourceCheck, TableAnswer
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.progress import OnProgress
from eventrail.model.window import Window
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable
from eventrail.testing.builders import EventBook

OUTAGE = Problem("Elasticsearch", "reading log lines failed: nothing answers", "start it", "error")


@dataclass
class Server:
    """Whether it answers, and which windows it was asked to take a sample of."""

    answers: bool = True
    sampled: list[Window] = field(default_factory=list)


@dataclass(frozen=True)
class ServedLogs(FileLogs):
    """Logs of a server that may be down."""

    server: Server = field(default_factory=Server)

    def check(self, window: Window) -> SourceCheck:
        self.server.sampled.append(window)
        return replace(super().check(window), reachable=self.server.answers)

    def read(self, query: LogQuery, on_progress: OnProgress | None = None) -> LogAnswer:
        return super().read(query) if self.server.answers else LogAnswer(empty_events(), (OUTAGE,))

    def freshness(self, window: Window) -> TableAnswer:
        answer = super().freshness(window)
        return answer if self.server.answers else TableAnswer(answer.frame.iloc[:0], (OUTAGE,))


@dataclass
class CountedBroker:
    """A broker that answers nothing but that it is there."""

    asked: int = 0
    name: str = "RabbitMQ"

    def check(self) -> SourceCheck:
        self.asked += 1
        return SourceCheck(self.name, "memory", reachable=True)

    def queues(self) -> TableAnswer:
        return TableAnswer(pd.DataFrame())

    def channels(self) -> TableAnswer:
        return TableAnswer(pd.DataFrame())

    def bindings(self) -> TableAnswer:
        return TableAnswer(pd.DataFrame())


def served(server: Server, broker: CountedBroker | None = None) -> tuple[Sources, datetime]:
    """Give the sources, and an instant at which a log line is ten seconds old."""
    book = EventBook()
    book.log(0.0, "a line", pod="cards-1")
    logs = ServedLogs("Elasticsearch", "memory", "8", (), LogTable.of(book.events()), server)
    now = book.time(10.0).to_pydatetime()
    return Sources(logs=logs, metrics=None, broker=broker, description="served by a test"), now


def ask(kept: KeptChecks, now: datetime) -> SourceCheck:
    return kept.ask(now=now, window=Window.before(now, CHECK_SECONDS))[0]


def test_a_page_drawn_every_five_seconds_has_a_sample_taken_once_a_minute() -> None:
    server = Server()
    sources, now = served(server)
    kept = KeptChecks(sources)

    for refresh in range(0, 120, 5):
        investigate_overview(sources, now=now + timedelta(seconds=refresh), kept_checks=kept)

    assert len(server.sampled) == 2


def test_the_broker_whose_outage_shows_nowhere_else_is_asked_each_time() -> None:
    broker = CountedBroker()
    sources, now = served(Server(), broker)
    kept = KeptChecks(sources)

    for refresh in range(3):
        ask(kept, now + timedelta(seconds=refresh))

    assert broker.asked == 3


def test_a_source_that_is_down_is_asked_each_time_so_that_its_return_shows_at_once() -> None:
    server = Server(answers=False)
    sources, now = served(server)
    kept = KeptChecks(sources)

    down = ask(kept, now)
    server.answers = True
    up = ask(kept, now + timedelta(seconds=5))

    assert (down.reachable, up.reachable) == (False, True)


def test_an_outage_shows_in_the_same_answer_although_the_last_check_was_good() -> None:
    server = Server()
    sources, now = served(server)
    kept = KeptChecks(sources)

    before = investigate_overview(sources, now=now, kept_checks=kept)
    server.answers = False
    after = investigate_overview(sources, now=now + timedelta(seconds=5), kept_checks=kept)

    assert [check.reachable for check in (*before.checks, *after.checks)] == [True, False]


def test_an_error_that_lasts_has_the_source_asked_once_a_refresh() -> None:
    server = Server(answers=False)
    sources, now = served(server)
    kept = KeptChecks(sources)

    for refresh in range(4):
        investigate_overview(sources, now=now + timedelta(seconds=5 * refresh), kept_checks=kept)

    assert len(server.sampled) == 4


def test_another_stretch_of_time_has_a_sample_of_its_own() -> None:
    server = Server()
    sources, now = served(server)
    kept = KeptChecks(sources)
    hour = Window.before(now, 3600)

    ask(kept, now)
    kept.ask(now=now, window=hour)

    assert server.sampled == [Window.before(now, CHECK_SECONDS), hour]


def test_who_keeps_nothing_always_asks() -> None:
    server = Server()
    sources, now = served(server)

    for _ in range(3):
        check_sources(sources, now=now)

    assert len(server.sampled) == 3
