"""What becomes of the list where the count that guides its search is missing or ambiguous."""

from dataclasses import replace

import pandas as pd

from eventrail.investigate.carried import Carried, carry
from eventrail.investigate.ledgers import LedgersBuilt, build_ledgers
from eventrail.investigate.moment import find_moment
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.answers import LogQuery, TableAnswer
from eventrail.model.tallies import TagTally
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable
from eventrail.testing.builders import EventBook
from tests.investigate.told import ToldLogs, gauges_of, told

QUEUE = "payments"
NOW = 600.0


def held_since(second: float, until: float = NOW, vhost: str | None = "/") -> EventBook:
    """Payments-1 settles a message every 10 s; payments-2 takes one and keeps it."""
    book = EventBook()
    for at in range(0, int(until), 10):
        book.publish(at, f"m{at}", pod="cards-1", correlation_id=f"e{at}", vhost=vhost)
        book.handle(at + 0.1, f"m{at}", queue=QUEUE, pod="payments-1")
    book.publish(second, "stuck", pod="cards-1", correlation_id="c", vhost=vhost)
    book.receive(second + 0.1, "stuck", queue=QUEUE, pod="payments-2")
    book.heartbeat(until, pod="payments-1")
    return book


def before(frames: dict[str, pd.DataFrame], instant: pd.Timestamp) -> dict[str, pd.DataFrame]:
    return {name: frame[frame["time"] <= instant] for name, frame in frames.items()}


def test_what_a_queue_holds_stays_listed_when_its_node_is_no_longer_scraped() -> None:
    book = held_since(300)
    other = gauges_of(book, NOW)
    ended = before(gauges_of(book, NOW), book.time(450))
    frames = {
        name: pd.concat([ended[name].assign(instance="a"), frame.assign(queue="fraud", value=0.0, instance="b")])
        for name, frame in other.items()
    }

    answer = investigate_unacked(told(book, frames), now=book.time(NOW).to_pydatetime())

    (ledger,) = answer.ledger.queues
    assert ledger.gauge is None
    assert ledger.deliveries["message_id"].to_list() == ["stuck"]
    assert answer.searched_from["/", QUEUE] == "no present count; the last of none was at 2026-01-31 09:05:00 UTC"
    assert any("payments was last counted at 2026-01-31 09:07:30 UTC" in problem.what for problem in answer.problems)


class CountingLogs(ToldLogs):
    """Counts by itself, as a server does: only what is read are lines that the ledger asked for."""

    def _served(self) -> FileLogs:
        return FileLogs(self.name, self.file_name, self.version, (), self.table)

    def tally(self, query: LogQuery) -> TagTally:
        return self._served().tally(query)

    def processes(self, query: LogQuery) -> TableAnswer:
        return self._served().processes(query)


def test_of_a_busy_queue_that_is_no_longer_counted_only_what_it_holds_is_read() -> None:
    book = held_since(300, until=3600.0)
    logs = CountingLogs("told logs", "memory", "", (), LogTable.of(book.events()))
    sources = replace(told(book, before(gauges_of(book, 3600.0), book.time(600))), logs=logs)

    answer = investigate_unacked(sources, now=book.time(3600).to_pydatetime())

    (ledger,) = answer.ledger.queues
    assert ledger.gauge is None
    assert ledger.deliveries["message_id"].to_list() == ["stuck"]
    asked = [query for query in logs.queries if query.queues == (QUEUE,)]
    read, logged = sum(len(FileLogs.read(logs, query).events) for query in asked), len(book.events())
    assert read < 30 < logged / 10


def test_a_queue_that_counted_nothing_when_its_node_was_lost_is_searched_from_there() -> None:
    book = held_since(500)
    frames = before(gauges_of(book, NOW), book.time(450))

    answer = investigate_unacked(told(book, frames), now=book.time(NOW).to_pydatetime())

    (ledger,) = answer.ledger.queues
    assert ledger.deliveries["message_id"].to_list() == ["stuck"]
    assert answer.sentence.level != "unknown"


def two_hosts(vhost: str | None, held_in_test: float) -> tuple[EventBook, dict[str, pd.DataFrame]]:
    book = held_since(300, vhost=vhost)
    mine = gauges_of(book, NOW)
    twin = {name: frame.assign(vhost="test", value=0.0) for name, frame in mine.items()}
    late = twin["queue_messages_unacked"]["time"] > book.time(300)
    twin["queue_messages_unacked"].loc[late, "value"] = held_in_test
    return book, {name: pd.concat([mine[name].assign(vhost="/"), twin[name]]) for name in mine}


def test_lines_without_a_virtual_host_are_about_the_queue_that_counts_something() -> None:
    book, frames = two_hosts(None, held_in_test=0.0)

    answer = investigate_unacked(told(book, frames), now=book.time(NOW).to_pydatetime(), queue=QUEUE)

    listed = {ledger.vhost: len(ledger.deliveries) for ledger in answer.ledger.queues}
    assert listed == {"/": 1, "test": 0}
    assert all(ledger.surplus == 0 for ledger in answer.ledger.queues)


def test_lines_without_a_virtual_host_where_two_queues_count_something_are_said_to_be_of_either() -> None:
    book, frames = two_hosts(None, held_in_test=1.0)

    answer = investigate_unacked(told(book, frames), now=book.time(NOW).to_pydatetime())

    assert {ledger.vhost: len(ledger.deliveries) for ledger in answer.ledger.queues} == {"/": 1, "test": 1}
    assert any("lines about payments without a virtual host, and / and test" in p.what for p in answer.problems)


def test_queues_of_one_name_whose_lines_say_the_virtual_host_are_apart() -> None:
    book, frames = two_hosts("/", held_in_test=1.0)

    answer = investigate_unacked(told(book, frames), now=book.time(NOW).to_pydatetime())

    found = {ledger.vhost: (len(ledger.deliveries), ledger.unexplained) for ledger in answer.ledger.queues}
    assert found == {"/": (1, 0), "test": (0, 1)}
    assert not any("without a virtual host" in problem.what for problem in answer.problems)


def test_a_settlement_without_a_virtual_host_is_of_the_delivery_that_names_one() -> None:
    book, frames = two_hosts("/", held_in_test=1.0)
    sources = told(book, frames)
    assert isinstance(sources.logs, ToldLogs)
    events = book.events()
    events["vhost"] = events["vhost"].where(events["operation"] != "settle")
    quiet = replace(sources, logs=replace(sources.logs, table=type(sources.logs.table).of(events)))

    answer = investigate_unacked(quiet, now=book.time(NOW).to_pydatetime())

    assert {ledger.vhost: len(ledger.deliveries) for ledger in answer.ledger.queues} == {"/": 1, "test": 0}


def evaluate(sources: Sources, book: EventBook, at: float, carried: Carried | None) -> LedgersBuilt:
    found = find_moment(sources, book.time(at).to_pydatetime(), None)
    return build_ledgers(sources, found, None, None, 1800.0, carried)


def test_an_old_delivery_stays_known_from_one_evaluation_to_the_next_until_a_line_settles_it() -> None:
    book = held_since(300, until=7200.0)
    book.settle(5000.0, "stuck", pod="payments-2")
    sources = told(book, None)
    carried, listed = None, {}

    for at in range(600, 7200, 600):
        built = evaluate(sources, book, at, carried)
        listed[at] = [len(queue.deliveries) for queue in built.ledger.queues]
        carried = carry(built.ledger.queues, built.ledger.as_of)

    assert [at for at, counts in listed.items() if counts == [1]] == list(range(600, 5000, 600))
    assert evaluate(sources, book, 4800, None).ledger.queues == (), "a watch that was restarted has the 30 min alone"


def test_a_message_that_keeps_its_queues_count_from_zero_for_more_than_a_day_stays_known() -> None:
    day = 24 * 3600.0
    book = EventBook()
    book.publish(300, "stuck", pod="cards-1", correlation_id="c")
    book.receive(300.1, "stuck", queue=QUEUE, pod="payments-2")
    times = [book.time(second) for second in range(0, int(day) + 7200, 60)]
    count = [float(at > book.time(300)) for at in times]
    unacked = pd.DataFrame({"vhost": "/", "queue": QUEUE, "time": times, "value": count})
    sources = told(book, {"queue_messages_unacked": unacked})

    within = evaluate(sources, book, day, None)
    known = evaluate(sources, book, day + 3600, carry(within.ledger.queues, within.ledger.as_of))
    forgotten = evaluate(sources, book, day + 3600, None)

    assert [(one.gauge, one.explained) for one in known.ledger.queues] == [(1, 1)]
    assert [(one.gauge, one.unexplained) for one in forgotten.ledger.queues] == [(1, 1)]
    assert "older deliveries may be missing" in forgotten.searched_from["/", QUEUE]


def test_a_delivery_without_message_id_keeps_the_search_as_long_as_it_is_held() -> None:
    book = held_since(300, until=7200.0)
    events = book.events().assign(message_id=None)
    sources = told(book, None)
    assert isinstance(sources.logs, ToldLogs)
    nameless = replace(sources, logs=replace(sources.logs, table=type(sources.logs.table).of(events)))
    carried = None

    for at in (600, 1800, 3000, 4200):
        built = evaluate(nameless, book, at, carried)
        carried = carry(built.ledger.queues, built.ledger.as_of)

    assert carried is not None
    assert carried.since == book.time(300.1)


def test_after_an_outage_the_search_reaches_back_to_the_last_evaluation() -> None:
    book = held_since(700, until=7200.0)
    sources = told(book, None)

    last = evaluate(sources, book, 600, None)
    built = evaluate(sources, book, 7000, carry(last.ledger.queues, last.ledger.as_of))

    assert [len(queue.deliveries) for queue in built.ledger.queues] == [1]
