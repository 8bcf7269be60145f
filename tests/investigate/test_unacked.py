"""The list of unacknowledged messages, from metrics and logs together."""

from dataclasses import replace

import pandas as pd

from eventrail.investigate.answers import UnackedAnswer
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.events import Operation
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable
from eventrail.testing.builders import EventBook
from tests.investigate.told import DeadLogs, ToldLogs, gauges_of, running, told

QUEUE = "payments.card-authorised"
BUFFERED = "support.case-opened"
NOW = 600.0


def beat(book: EventBook, *pods: str, until: float = NOW) -> None:
    for pod in pods:
        for second in range(0, int(until) + 1, 5):
            book.heartbeat(second, pod=pod)


def stuck_book() -> EventBook:
    """Payments-2 takes two messages at 300 s and hangs; payments-1 goes on."""
    book = EventBook()
    for number in range(60):
        book.publish(
            number * 10, f"m{number}", pod="cards-1", event_type="card.authorised", correlation_id=f"e{number}"
        )
        if number not in (30, 31):
            book.handle(number * 10 + 0.1, f"m{number}", queue=QUEUE, pod="payments-1")
    book.receive(300.2, "m30", queue=QUEUE, pod="payments-2")
    book.process(300.3, "m30", pod="payments-2")
    book.log(300.4, "waiting for lock on accounts row 8812", pod="payments-2", correlation_id="e30")
    book.receive(310.2, "m31", queue=QUEUE, pod="payments-2")
    return book


def ask(sources: Sources, book: EventBook, at: float = NOW) -> UnackedAnswer:
    return investigate_unacked(sources, now=book.time(at).to_pydatetime())


def test_what_a_hung_pod_holds_is_listed_with_holder_age_stage_and_its_last_line() -> None:
    book = stuck_book()
    beat(book, "payments-1", "payments-2", "cards-1")
    sources = told(book, gauges_of(book, NOW) | running(book, NOW, "payments-1", "payments-2", "cards-1"))

    answer = ask(sources, book)

    (ledger,) = answer.ledger.queues
    assert ledger.agrees
    assert (ledger.gauge, ledger.explained, ledger.unexplained, ledger.surplus) == (2, 2, 0, 0)
    assert ledger.deliveries["message_id"].to_list() == ["m30", "m31"]
    assert ledger.deliveries["stage"].to_list() == ["handling", "received"]
    assert set(ledger.deliveries["pod"]) == {"payments-2"}
    assert ledger.deliveries["age_seconds"].round(1).to_list() == [299.8, 289.8]
    assert answer.last_lines["message"].to_list() == ["waiting for lock on accounts row 8812"]
    assert answer.sentence.level == "bad"
    assert "held by payments-2 on node-a" in answer.sentence.headline
    assert answer.problems == ()


def test_the_search_in_the_logs_begins_where_the_gauge_last_counted_nothing() -> None:
    book = stuck_book()
    beat(book, "payments-1", "payments-2")
    sources = told(book, gauges_of(book, NOW) | running(book, NOW, "payments-1", "payments-2"))

    answer = ask(sources, book)

    assert isinstance(sources.logs, ToldLogs)
    searched = next(query for query in sources.logs.queries if Operation.SETTLE in query.operations)
    assert book.time(293) < searched.window.start < book.time(300)
    assert "last counted none" in answer.searched_from["/", QUEUE]


def test_while_shipping_is_stopped_the_answer_is_older_and_nothing_is_wrongly_unacknowledged() -> None:
    book = EventBook()
    for number in range(60):
        book.publish(number * 10, f"m{number}", pod="cards-1", event_type="card.authorised")
        book.handle(number * 10 + 0.1, f"m{number}", queue=QUEUE, pod="payments-1", held_seconds=4.0)
    beat(book, "payments-1", "cards-1")
    complete = gauges_of(book, NOW) | running(book, NOW, "payments-1", "cards-1")
    shipped = book.events()
    # Lines of payments-1 stop arriving in the middle of a handling, a minute before now.
    late = (shipped["pod"] == "payments-1") & (shipped["time"] > book.time(542))
    sources = told(book, complete)
    assert isinstance(sources.logs, ToldLogs)
    arrived = replace(sources.logs, table=LogTable.of(shipped[~late]))

    answer = investigate_unacked(replace(sources, logs=arrived), now=book.time(NOW).to_pydatetime(), queue=QUEUE)

    assert answer.moment.as_of == book.time(540.101)
    assert answer.moment.behind_seconds > 55
    assert "node-a" in str(answer.problems[0])
    assert [len(queue.deliveries) for queue in answer.ledger.queues] == [1]
    assert answer.ledger.queues[0].oldest_age_seconds is not None
    assert answer.ledger.queues[0].oldest_age_seconds < 1


def buffered() -> tuple[EventBook, dict[str, pd.DataFrame]]:
    """Support-2 handles m10 and has m11, m13, m15 and m17 in its buffer, which no line tells of; and the gauges."""
    book = EventBook()
    for number in range(20):
        book.publish(number * 10, f"m{number}", pod="cards-1", event_type="case.opened")
    for number in range(10):
        book.process(number * 10 + 0.1, f"m{number}", queue=BUFFERED, pod=f"support-{number % 2 + 1}")
        book.settle(number * 10 + 0.2, f"m{number}", pod=f"support-{number % 2 + 1}")
    book.process(100.1, "m10", queue=BUFFERED, pod="support-2")
    for number in (12, 14, 16, 18, 19):
        book.process(number * 10 + 0.1, f"m{number}", queue=BUFFERED, pod="support-1")
        book.settle(number * 10 + 0.2, f"m{number}", pod="support-1")
    frames = gauges_of(book, 200)
    unacked = frames["queue_messages_unacked"]
    # The broker also counts m11, m13, m15 and m17, which lie unseen in the buffer of support-2.
    for published in (110, 130, 150, 170):
        unacked["value"] += (unacked["time"] >= book.time(published)).astype(float)
    return book, frames


def test_consumers_without_receive_lines_have_their_buffers_inferred() -> None:
    book, frames = buffered()

    answer = ask(told(book, frames), book, at=200)

    (ledger,) = answer.ledger.queues
    assert ledger.deliveries["message_id"].to_list() == ["m10", "m11", "m13", "m15", "m17"]
    assert set(ledger.deliveries["pod"]) == {"support-2"}
    assert ledger.deliveries["inferred"].str.contains("stage").to_list() == [False, True, True, True, True]
    assert (ledger.unexplained, ledger.surplus) == (0, 0)


def test_what_was_settled_before_the_search_begins_is_not_inferred_to_be_buffered() -> None:
    book, frames = buffered()
    # Nothing was unacknowledged at 90 s, and yet the queue was last counted empty long before.
    never_empty = pd.Series(book.time(20) < frames["queue_messages_ready"]["time"])
    frames["queue_messages_ready"]["value"] += never_empty.astype(float)

    answer = ask(told(book, frames), book, at=200)

    (ledger,) = answer.ledger.queues
    assert ledger.deliveries["message_id"].to_list() == ["m10", "m11", "m13", "m15", "m17"]


def test_without_prometheus_the_list_stands_alone_and_says_so() -> None:
    book = stuck_book()
    beat(book, "payments-1", "payments-2")

    answer = ask(told(book, None), book)

    (ledger,) = answer.ledger.queues
    assert ledger.gauge is None
    assert ledger.deliveries["message_id"].to_list() == ["m30", "m31"]
    assert any("no count of unacknowledged messages" in problem.what for problem in answer.problems)


def test_without_logs_the_gauge_is_unexplained_and_the_dead_source_named() -> None:
    book = stuck_book()
    sources = told(book, gauges_of(book, NOW))
    dead = Sources(logs=DeadLogs(), metrics=sources.metrics, broker=None, description="half dead")

    answer = ask(dead, book)

    (ledger,) = answer.ledger.queues
    assert (ledger.gauge, ledger.explained, ledger.unexplained) == (2, 0, 2)
    assert any("connection refused" in problem.what for problem in answer.problems)


def test_without_any_source_nothing_is_claimed() -> None:
    book = EventBook()

    answer = ask(Sources(None, None, None, "nothing"), book)

    assert answer.sentence.level == "unknown"
    assert answer.ledger.queues == ()


def test_a_gauge_that_counts_nothing_leaves_only_the_last_moments_to_search() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    book.handle(1, "m1", queue=QUEUE, pod="payments-1")
    beat(book, "payments-1")
    sources = told(book, gauges_of(book, NOW) | running(book, NOW, "payments-1"))

    answer = ask(sources, book)

    assert answer.ledger.queues == ()
    assert answer.sentence.headline == "No message is unacknowledged."
    assert isinstance(sources.logs, ToldLogs)
    assert all(query.window.seconds < 10 for query in sources.logs.queries)


def test_what_was_delivered_since_the_gauge_counted_nothing_is_listed() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    book.handle(1, "m1", queue=QUEUE, pod="payments-1")
    frames = gauges_of(book, NOW)
    book.publish(597.0, "m2", pod="cards-1")
    book.receive(597.1, "m2", queue=QUEUE, pod="payments-1")

    answer = ask(told(book, frames), book, at=599)

    (ledger,) = answer.ledger.queues
    assert (ledger.gauge, ledger.explained, ledger.surplus) == (0, 0, 1)
    assert ledger.deliveries["message_id"].to_list() == ["m2"]
    assert [reason.kind for reason in ledger.reasons] == ["delivered-since-sample"]


def test_servers_that_do_not_answer_are_not_taken_for_quiet_ones() -> None:
    book = EventBook()
    silent = told(book, {}).metrics

    answer = ask(Sources(DeadLogs(), silent, None, "all down"), book)

    assert answer.sentence.level == "unknown"
    assert "nothing can be said" in answer.sentence.headline


def test_logs_without_a_delivery_line_do_not_say_that_all_is_well() -> None:
    book = EventBook()
    book.log(1, "hello", pod="web-1")

    assert ask(told(book, None), book, at=60).sentence.level == "unknown"
