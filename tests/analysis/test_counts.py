"""Gauge, channels and list side by side: they always add up, and every difference has a name."""

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from eventrail.analysis.channel_differences import Asked
from eventrail.analysis.clean import clean
from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.analysis.counts import Compared, compare_counts
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.holders import holders_of
from eventrail.analysis.reconcile import Circumstances, GaugeReading, reconcile
from eventrail.model.counts import CHANNEL_SHARE_COLUMNS, QueueCounts
from eventrail.model.ledger import QueueLedger
from eventrail.testing.builders import EventBook
from tests.analysis.test_holders import NOT_ASKED, QUEUE, broker, channel, hold

REFUNDS = "payments.refunded"
SIDES = ("unknown", "surplus", "shared", "gauge", "channels")


def ledgers(book: EventBook, at: float, **gauges: int) -> tuple[QueueLedger, ...]:
    """The ledgers of all queues that lines speak of; gauges: by the queue's last word."""
    time = book.time(at)
    deliveries, _ = match_deliveries(clean(book.events())[0])
    return tuple(
        reconcile("/", str(queue), group, time, _reading(gauges.get(str(queue).rsplit(".")[-1]), time), Circumstances())
        for queue, group in deliveries.groupby("queue")
    )


def _reading(gauge: int | None, time: pd.Timestamp) -> GaugeReading | None:
    return None if gauge is None else GaugeReading(gauge, time - pd.Timedelta(seconds=3))


def compared(
    told: tuple[QueueLedger, ...], channels: pd.DataFrame, at: pd.Timestamp, *, behind: float = 0.0, every: bool = True
) -> Compared:
    """behind: how many seconds after the ledgers' instant the broker was asked."""
    asked = Asked(at + pd.Timedelta(seconds=behind), at, 5.0, every_queue=every)
    return compare_counts(told, channels, asked)


def adds_up(counts: QueueCounts) -> QueueCounts:
    assert counts.counted == counts.explained + counts.unknown
    assert counts.listed == counts.explained + counts.surplus
    for name in ("listed", "counted", "explained", "unknown", "surplus"):
        assert counts.channels[name].sum() == getattr(counts, name)
        assert (counts.channels[name] >= 0).all()
    assert list(counts.channels.columns) == list(CHANNEL_SHARE_COLUMNS)
    gauge = counts.counted if counts.gauge is None else counts.gauge
    expected = {
        "unknown": counts.unknown,
        "surplus": counts.surplus,
        "shared": counts.shared,
        "gauge": max(gauge - counts.counted, 0),
        "channels": max(counts.counted - gauge, 0),
    }
    assert {side: sum(each.messages for each in counts.reasons if each.side == side) for side in SIDES} == expected
    return counts


def kinds(counts: QueueCounts) -> dict[tuple[str, str], int]:
    return {(reason.side, reason.kind): reason.messages for reason in counts.reasons}


def test_what_a_consumer_without_instrumentation_holds_is_counted_and_said_to_be_unknown() -> None:
    book = EventBook()
    hold(book, *(f"m{number}" for number in range(5)))
    legacy = channel(None, 7, number=2, prefetch=7, consumer_tag="ctag1", idle_since=book.time(20))

    (counts,) = compared(ledgers(book, 60, **{"card-authorised": 12}), broker(channel("payments-1", 5), legacy),
                         book.time(60)).queues  # fmt: skip

    adds_up(counts)
    assert (counts.gauge, counts.counted, counts.listed, counts.unknown, counts.surplus) == (12, 12, 5, 7, 0)
    assert kinds(counts) == {("unknown", "no-instrumentation"): 7}
    assert counts.reasons[0].what == (
        "7 held by channel 10.2.4.17:42 -> 10.0.0.1:5672 (2) of 10.2.4.17:41822 with prefetch 7, of which no line "
        "speaks: a consumer without instrumentation"
    )
    silent, told = counts.channels.to_dict("records")
    assert (silent["counted"], silent["listed"], silent["unknown"], silent["consumer_tags"]) == (7, 0, 7, "ctag1")
    assert silent["idle_since"] == book.time(20)
    assert (told["pod"], told["counted"], told["listed"], told["unknown"]) == ("payments-1", 5, 5, 0)


def test_a_channel_that_takes_from_two_queues_counts_over_both() -> None:
    book = EventBook()
    hold(book, "m1", "m2")
    hold(book, "m3", queue=REFUNDS)
    both = broker(channel("payments-1", 5), channel("payments-1", 5, queue=REFUNDS))

    answer = compared(ledgers(book, 60), both, book.time(60))

    for counts, listed in zip(answer.queues, (2, 1), strict=True):
        adds_up(counts)
        assert (counts.listed, counts.counted, counts.shared) == (listed, listed, 2)
        (reason,) = counts.reasons
        assert (reason.side, reason.kind) == ("shared", "several-queues")
    assert answer.differences[["unknown", "surplus"]].to_numpy().tolist() == [[2, 0]]


def test_a_channel_of_several_queues_that_counts_fewer_than_are_listed_says_so() -> None:
    book = EventBook()
    hold(book, "m1", "m2")
    hold(book, "m3", queue=REFUNDS)

    queues = compared(
        ledgers(book, 60), broker(channel("payments-1", 2), channel("payments-1", 2, queue=REFUNDS)), book.time(60)
    ).queues

    assert [adds_up(counts).surplus for counts in queues] == [0, 1]
    assert kinds(queues[1]) == {("surplus", "several-queues"): 1}


def test_what_a_channel_that_is_gone_held_has_been_taken_back() -> None:
    book = EventBook()
    hold(book, "m1", "m2")

    (counts,) = compared(ledgers(book, 60), broker(channel("ledger-1", 0)), book.time(60)).queues

    assert kinds(adds_up(counts)) == {("surplus", "channel-gone"): 2}
    assert "of payments-1" in counts.reasons[0].what


def test_the_brokers_figures_are_seconds_old() -> None:
    book = EventBook()
    hold(book, "m1", "m2", "m3", at=0)
    hold(book, "m4", at=57)
    book.settle(58, "m1", pod="payments-1")
    book.settle(20, "m2", pod="payments-1")

    fewer, more = (
        compared(ledgers(book, 60), broker(channel("payments-1", count)), book.time(60)).queues[0] for count in (1, 3)
    )

    assert kinds(adds_up(fewer)) == {("surplus", "delivered-since"): 1}
    assert kinds(adds_up(more)) == {("unknown", "settled-since"): 1}


def test_lines_that_were_lost_are_told_from_lines_that_are_late() -> None:
    book = EventBook()
    hold(book, "m1", at=0)

    def why(**told: Any) -> dict[tuple[str, str], int]:
        channels = broker(channel("payments-1", 3, **told))
        return kinds(adds_up(compared(ledgers(book, 60), channels, book.time(60), behind=8).queues[0]))

    assert why() == {("unknown", "late-logs"): 2}
    # Since before the logs' instant nothing has happened on the channel: no line about it is on its way.
    assert why(idle_since=book.time(50)) == {("unknown", "no-line"): 2}


def test_a_connection_newer_than_the_logs_is_not_called_uninstrumented() -> None:
    book = EventBook()
    hold(book, "m1")
    new = channel("payments-2", 4, number=2, connected=book.time(63))

    (counts,) = compared(ledgers(book, 60), broker(channel("payments-1", 1), new), book.time(60), behind=8).queues

    assert kinds(adds_up(counts)) == {("unknown", "late-logs"): 4}


def test_what_queue_order_lists_without_a_holder_lies_where_the_channels_have_room() -> None:
    book = EventBook()
    hold(book, "m1", at=0)
    book.receive(1, "m2", queue=QUEUE, pod="payments-9", client_id=None, channel_id=None)
    book.change_last_line(pod=None)

    (counts,) = compared(
        ledgers(book, 60), broker(channel("payments-1", 1), channel("legacy-1", 1, number=2)), book.time(60)
    ).queues

    adds_up(counts)
    assert (counts.listed, counts.counted, counts.reasons) == (2, 2, ())
    assert counts.channels[["pod", "listed", "counted"]].sort_values("pod").to_numpy().tolist() == [
        ["legacy-1", 1, 1],
        ["payments-1", 1, 1],
    ]


def test_messages_taken_without_a_consumer_may_explain_the_gauge() -> None:
    book = EventBook()
    hold(book, "m1")
    pulling = channel("tool-1", 3, number=2, queue=None, consumer_tag=None)

    (counts,) = compared(
        ledgers(book, 60, **{"card-authorised": 6}), broker(channel("payments-1", 1), pulling), book.time(60)
    ).queues

    assert kinds(adds_up(counts)) == {("gauge", "no-consumer"): 3, ("gauge", "read-apart"): 2}
    assert "3.0 s before" in counts.reasons[-1].what


def test_a_queue_that_only_the_broker_knows_is_told_of_unless_one_queue_was_asked_for() -> None:
    only = broker(channel("legacy-1", 7))
    at = EventBook().time(60)

    (counts,) = compared((), only, at).queues

    assert (adds_up(counts).queue, counts.counted, counts.gauge) == (QUEUE, 7, None)
    assert compared((), only, at, every=False).queues == ()


def test_where_the_broker_was_not_asked_nothing_is_unknown() -> None:
    book = EventBook()
    hold(book, "m1")

    answer = compare_counts(ledgers(book, 60), NOT_ASKED, None)

    (counts,) = answer.queues
    assert (counts.asked, counts.counted, counts.listed, counts.differs) == (None, None, 1, False)
    assert answer.differences.empty


CHANNELS = st.lists(
    st.tuples(
        st.sampled_from(["payments-1", "payments-2", "legacy-1", None]),
        st.integers(0, 9),
        st.sets(st.sampled_from([QUEUE, REFUNDS, "ledger.posted"]), max_size=3),
    ),
    max_size=6,
)
HELD = st.lists(
    st.tuples(
        st.sampled_from(["payments-1", "payments-2", "gone-1"]),
        st.sampled_from([QUEUE, REFUNDS]),
        st.integers(0, 60),
        st.booleans(),
        st.sampled_from(["named", "without channel", "without pod"]),
    ),
    max_size=25,
)


@given(
    told=CHANNELS, deliveries=HELD, gauge=st.integers(0, 30), behind=st.sampled_from([0.0, 8.0]), every=st.booleans()
)
def test_whatever_broker_and_logs_say_the_counts_add_up(
    told: Any, deliveries: Any, gauge: int, behind: float, every: bool
) -> None:
    book = EventBook()
    for number, (pod, queue, at, settled, names) in enumerate(deliveries):
        hold(book, f"m{number}", at=at, pod=pod, queue=queue)
        if settled:
            book.settle(at + 1, f"m{number}", pod=pod)
        elif names != "named":
            book.change_last_line(channel_id=None, client_id=None)
            if names == "without pod":
                book.change_last_line(pod=None)
    channels = broker(
        *(
            channel(pod, unacked, number=number, queue=queue)
            for number, (pod, unacked, queues) in enumerate(told, start=1)
            for queue in (sorted(queues) or [None])
        )
    )
    of_queues = ledgers(book, 60, **{"card-authorised": gauge})

    answer = compared(of_queues, channels, book.time(60), behind=behind, every=every)

    for counts, ledger in zip(answer.queues, of_queues, strict=False):
        assert adds_up(counts).listed == len(ledger.deliveries)
    for counts in answer.queues:
        adds_up(counts)
    if every:
        # Lines may tell that a channel takes from a queue more than the broker told; what it counts is still told.
        of_one_queue = sum(unacked for _, unacked, queues in told if len(queues) == 1)
        assert sum((counts.counted or 0) + counts.shared for counts in answer.queues) >= of_one_queue
    held = holders_of(
        of_queues, channels, ConsumerTimeouts(), book.time(60), answer.differences
    )  # fmt: skip
    assert (held["counted"].fillna(0) == held["listed"] + held["unknown"] - held["surplus"]).all()
    assert (held["difference"].notna() == (held["unknown"] + held["surplus"] > 0)).all()
