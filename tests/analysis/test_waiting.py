"""Each message that was published to a queue waits in it, was delivered from it, or died in it, and is listed so."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.queue_order import published_to
from eventrail.analysis.reconcile import GaugeReading
from eventrail.analysis.waiting import waiting_at, waiting_periods
from eventrail.analysis.waiting_reason import Consuming, waiting_cause
from eventrail.analysis.waiting_reconcile import WaitingRead, reconcile_waiting
from eventrail.model.events import Operation, Outcome, empty_events
from eventrail.model.waiting import Cause, QueueWaiting
from eventrail.testing.builders import EventBook

QUEUE = "ledger.posted"
POD = "ledger-1"
NOBODY = pd.DataFrame({"message_id": pd.Series(dtype="str"), "time": pd.Series(dtype="datetime64[ns, UTC]")})
ROUTES = pd.DataFrame([{"vhost": "/", "exchange": "bank.events", "routing_key": "posted", "queue": QUEUE}])
WHOLE = WaitingRead(whole=True, words="all lines", publishers_known=True)


def book_of(*messages: str) -> EventBook:
    book = EventBook()
    for number, message in enumerate(messages):
        book.publish(number, message, pod="bank-1", event_type="posted", correlation_id=f"event-{message}")
    return book


def periods_of(
    book: EventBook, arrived: pd.DataFrame | None = None, died: pd.DataFrame = NOBODY
) -> tuple[pd.DataFrame, pd.DataFrame]:
    events, _ = clean(book.events())
    sends = events[events["operation"] == Operation.SEND]
    deliveries, _ = match_deliveries(events)
    came = NOBODY.assign(from_queue=None) if arrived is None else arrived
    return waiting_periods(published_to(sends, ROUTES, "/", QUEUE), deliveries, came, died), sends


def waiting(book: EventBook, at: float, **told: Any) -> pd.DataFrame:
    periods, sends = periods_of(book, **told)
    return waiting_at(periods, sends, empty_events(), "/", QUEUE, book.time(at))


def test_what_was_published_and_not_delivered_waits_since_its_publish() -> None:
    book = book_of("m0", "m1", "m2")
    book.handle(0.5, "m0", queue=QUEUE, pod=POD)

    listed = waiting(book, 10)

    assert listed["message_id"].to_list() == ["m1", "m2"]
    assert listed["age_seconds"].to_list() == [9.0, 8.0]
    assert set(listed["came_by"]) == {"published"}
    assert listed["correlation_id"].to_list() == ["event-m1", "event-m2"]
    assert set(listed["service"]) == {"bank"}


def test_what_is_held_or_acknowledged_or_discarded_does_not_wait() -> None:
    book = book_of("held", "done", "dead")
    for message in ("held", "done", "dead"):
        book.receive(4, message, queue=QUEUE, pod=POD)
    book.settle(5, "done", pod=POD)
    book.settle(5, "dead", Outcome.DISCARD, pod=POD)

    assert waiting(book, 10).empty
    assert waiting(book, 3)["message_id"].to_list() == ["held", "done", "dead"]


def test_what_was_given_back_waits_again_since_then() -> None:
    book = book_of("m0", "m1")
    book.receive(2, "m0", queue=QUEUE, pod=POD)
    book.settle(3, "m0", Outcome.REQUEUE, pod=POD)
    book.receive(3, "m1", queue=QUEUE, pod=POD)
    book.channel_closed(6, pod=POD)

    listed = waiting(book, 10)

    assert listed["message_id"].to_list() == ["m0", "m1"]
    assert listed["came_by"].to_list() == ["requeued", "returned"]
    assert listed["age_seconds"].to_list() == [7.0, 4.0]
    assert listed["deliveries"].to_list() == [1, 1]


def test_a_dead_letter_waits_where_it_was_sent_and_does_so_once_for_each_round() -> None:
    book = book_of()
    book.publish(0, "m0", pod="bank-1", event_type="other")
    arrived = pd.DataFrame({"message_id": ["m0", "m0"], "time": [book.time(1), book.time(6)], "from_queue": "work"})
    book.handle(2, "m0", queue=QUEUE, pod=POD)

    assert waiting(book, 1.5, arrived=arrived)["came_by"].to_list() == ["dead-lettered"]
    assert waiting(book, 4, arrived=arrived).empty
    (again,) = waiting(book, 10, arrived=arrived).to_dict("records")
    assert (again["age_seconds"], again["from_queue"]) == (4.0, "work")


def test_a_message_that_is_known_to_have_died_in_the_queue_waits_no_longer() -> None:
    book = book_of("m0", "m1")
    died = pd.DataFrame({"message_id": ["m0"], "time": [book.time(5)]})

    assert waiting(book, 4, died=died)["message_id"].to_list() == ["m0", "m1"]
    assert waiting(book, 6, died=died)["message_id"].to_list() == ["m1"]


def test_a_delivery_that_a_late_clock_puts_before_the_publish_ends_the_wait_all_the_same() -> None:
    book = book_of("m0")
    book.receive(-2, "m0", queue=QUEUE, pod=POD)

    assert waiting(book, 5).empty


def test_what_later_messages_have_overtaken_has_probably_left_the_queue() -> None:
    book = book_of("m0", "m1", "m2", "m3", "m4")
    book.handle(4.5, "m3", queue=QUEUE, pod=POD)

    listed = waiting(book, 10)

    assert listed["message_id"].to_list() == ["m0", "m1", "m2", "m4"]
    # m2 was published a second before m3: publishers' clocks may be that far apart.
    assert listed["overtaken"].to_list() == [True, True, False, False]


def reckoned(book: EventBook, at: float, counted: int, read: WaitingRead = WHOLE, sampled: float = 0.0) -> QueueWaiting:
    periods, sends = periods_of(book)
    listed = waiting_at(periods, sends, empty_events(), "/", QUEUE, book.time(at))
    gauge = GaugeReading(counted, book.time(sampled or at))
    cause = Cause("unknown", "")
    return reconcile_waiting(listed, periods, gauge, read, cause, vhost="/", queue=QUEUE, as_of=book.time(at))


def kinds(told: QueueWaiting) -> list[tuple[str, str, int]]:
    return [(reason.side, reason.kind, reason.messages) for reason in told.reasons]


def test_gauge_and_list_that_are_one_leave_no_reason() -> None:
    told = reckoned(book_of("m0", "m1"), at=60, counted=2)

    assert (told.explained, told.unexplained, told.surplus, told.reasons) == (2, 0, 0, ())
    assert told.agrees


def test_messages_that_no_line_speaks_of_are_unexplained_and_say_why() -> None:
    unknown = WaitingRead(whole=True, words="", publishers_known=False)

    assert kinds(reckoned(book_of("m0"), 60, counted=3)) == [("unexplained", "no-line", 2)]
    assert kinds(reckoned(book_of(), 60, counted=3, read=unknown)) == [("unexplained", "no-instrumentation", 3)]


def test_what_was_delivered_or_came_after_the_sample_is_told() -> None:
    book = book_of("m0", "m1")
    book.handle(58, "m0", queue=QUEUE, pod=POD)
    book.publish(59, "m2", pod="bank-1", event_type="posted")

    told = reckoned(book, at=60, counted=2, sampled=50)

    assert (told.explained, told.unexplained, told.surplus) == (1, 1, 1)
    assert kinds(told) == [("unexplained", "delivered-since-sample", 1), ("surplus", "published-since-sample", 1)]


def test_what_left_the_queue_without_a_line_is_surplus() -> None:
    book = book_of("m0", "m1", "m2", "m3", "m4")
    book.handle(4.5, "m3", queue=QUEUE, pod=POD)

    assert kinds(reckoned(book, at=60, counted=1)) == [("surplus", "overtaken", 2), ("surplus", "gone-without-line", 1)]


def test_what_was_not_read_is_counted_and_said() -> None:
    part = WaitingRead(whole=False, words="the oldest 2 publishes", publishers_known=True)

    told = reckoned(book_of("m0", "m1"), at=60, counted=1_000_000, read=part)

    assert kinds(told) == [("unexplained", "not-read", 999_998)]


deeds = st.lists(
    st.tuples(st.sampled_from(["receive", "ack", "requeue", "discard", "die"]), st.integers(0, 5)), max_size=40
)


@given(deeds, st.integers(0, 60), st.integers(0, 12))
def test_every_message_is_waiting_or_delivered_or_gone_and_the_sums_add_up(
    done: list[tuple[str, int]], at: int, counted: int
) -> None:
    book = book_of(*(f"m{number}" for number in range(6)))
    state = dict.fromkeys(range(6), "waiting")
    died: list[tuple[str, pd.Timestamp]] = []
    for step, (deed, number) in enumerate(done):
        second, message = 10 + step, f"m{number}"
        if deed == "receive" and state[number] == "waiting":
            book.receive(second, message, queue=QUEUE, pod=POD)
            state[number] = "held"
        elif deed == "die" and state[number] == "waiting":
            died.append((message, book.time(second)))
            state[number] = "gone"
        elif deed not in ("receive", "die") and state[number] == "held":
            book.settle(second, message, Outcome(deed), pod=POD)
            state[number] = "waiting" if deed == "requeue" else "gone"
    deaths = pd.concat([NOBODY, pd.DataFrame(died, columns=["message_id", "time"])]).astype(dict(NOBODY.dtypes))
    periods, sends = periods_of(book, died=deaths)

    listed = waiting_at(periods, sends, empty_events(), "/", QUEUE, book.time(100))
    assert set(listed["message_id"]) == {f"m{number}" for number, stands in state.items() if stands == "waiting"}

    as_of = book.time(at)
    then = waiting_at(periods, sends, empty_events(), "/", QUEUE, as_of)
    assert not then["message_id"].duplicated().any()
    gauge = GaugeReading(counted, as_of)
    told = reconcile_waiting(then, periods, gauge, WHOLE, Cause("unknown", ""), vhost="/", queue=QUEUE, as_of=as_of)
    assert told.explained + told.unexplained == counted
    assert told.explained + told.surplus == len(then)
    for side, messages in (("unexplained", told.unexplained), ("surplus", told.surplus)):
        assert sum(reason.messages for reason in told.reasons if reason.side == side) == messages
    assert told.lowest <= told.highest


AT = pd.Timestamp("2026-01-31 14:02:00", tz="UTC")


@pytest.mark.parametrize(
    ("consuming", "kind", "sentence"),
    [
        (
            Consuming(consumers=0, idle_since=AT, sure=True),
            "no-consumer",
            "no consumer since 14:02:00 UTC (queue_consumers 0)",
        ),
        (
            Consuming(consumers=0, idle_since=AT, expires=True),
            "no-consumer",
            "no consumer since at least 14:02:00 UTC (queue_consumers 0); its messages go on when they expire",
        ),
        (
            Consuming(consumers=4, prefetch=40, held=40, oldest_held_seconds=720, holder="ledger-7f", settled=0.0),
            "prefetch-full",
            "all 4 consumers at prefetch: 40 of 40 held, the oldest for 12 min 00 s by ledger-7f",
        ),
        (
            Consuming(consumers=1, held=3, oldest_held_seconds=60, settled=0.0),
            "prefetch-full",
            "the one consumer: 3 held and no more taken, the oldest for 1 min 00 s; the prefetch is not known",
        ),
        (
            Consuming(consumers=2, held=20, arriving=12.0, settled=8.1),
            "slow",
            "consumers slow: 12.0/s arrive, 8.1/s are settled, 3.9/s more each second; at this rate 14,140 in an hour",
        ),
        (
            Consuming(consumers=2, held=20, arriving=8.0, settled=12.0),
            "emptying",
            "is being emptied: 8.0/s arrive, 12.0/s are settled; at this rate empty in 25 s",
        ),
        (
            Consuming(consumers=2, held=20, arriving=8.0, settled=8.05),
            "slow",
            "consumers only keep pace: 8.0/s arrive, 8.1/s are settled; the 100 that wait do not become fewer",
        ),
        (Consuming(consumers=2), "unknown", "2 consumers; no metric tells how many arrive and are settled"),
    ],
)
def test_the_reason_is_one_sentence_with_its_arithmetic(consuming: Consuming, kind: str, sentence: str) -> None:
    assert waiting_cause(consuming, 100, 300.0) == Cause(kind, sentence)


def test_what_has_waited_for_a_moment_is_on_its_way() -> None:
    assert waiting_cause(Consuming(consumers=2, arriving=9.0, settled=8.0), 3, 0.2).kind == "moving"
    assert waiting_cause(Consuming(consumers=0, empty_seconds=9.0), 2, None).kind == "moving"
    assert waiting_cause(Consuming(consumers=0, empty_seconds=9.0, sure=True), 2, None).kind == "no-consumer"
    assert waiting_cause(Consuming(), 0, None).sentence == "nothing waits"


def test_a_queue_of_many_is_listed_by_columns() -> None:
    count = 200_000
    times = pd.Series(pd.Timestamp("2026-01-31", tz="UTC") + pd.to_timedelta(np.arange(count), unit="ms"))
    published = pd.DataFrame({"message_id": [f"m{number}" for number in range(count)], "published": times})
    none, _ = match_deliveries(empty_events())

    periods = waiting_periods(published, none, NOBODY.assign(from_queue=None), NOBODY)

    assert len(periods) == count
