"""Who holds what: the logs' list of each channel beside what the broker counts on it."""

from typing import Any

import numpy as np
import pandas as pd

from eventrail.analysis.channel_differences import Asked
from eventrail.analysis.clean import clean
from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.analysis.counts import compare_counts
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.holders import holders_of
from eventrail.analysis.ledger import outstanding_at
from eventrail.analysis.reconcile import Circumstances, reconcile
from eventrail.model.holders import HOLDER_COLUMNS, KnownBy
from eventrail.model.ledger import DELIVERY_COLUMNS, QueueLedger
from eventrail.model.table import conform
from eventrail.sources.rabbitmq.source import CHANNELS
from eventrail.testing.builders import EventBook

QUEUE = "payments.card-authorised"
HALF_AN_HOUR = ConsumerTimeouts(configured_seconds=1800.0)
NOT_ASKED = conform({}, CHANNELS)


def ledgers(book: EventBook, at: float) -> tuple[QueueLedger, ...]:
    deliveries, _ = match_deliveries(clean(book.events())[0])
    return tuple(
        reconcile("/", str(queue), group, book.time(at), None, Circumstances())
        for queue, group in deliveries.groupby("queue")
    )


def channel(pod: str | None, unacked: int, *, queue: str = QUEUE, number: int = 1, **columns: Any) -> dict[str, Any]:
    return {
        "channel": f"10.2.4.17:4{number} -> 10.0.0.1:5672 ({number})",
        "client_id": None if pod is None else f"{pod}/1",
        "pod": pod,
        "peer_address": "10.2.4.17:41822",
        "vhost": "/",
        "queue": queue,
        "consumer_tag": f"{pod}:{queue}",
        "prefetch": 50,
        "messages_unacknowledged": unacked,
    } | columns


def broker(*channels: dict[str, Any]) -> pd.DataFrame:
    return conform(pd.DataFrame(channels), CHANNELS)


def hold(book: EventBook, *message_ids: str, at: float = 0.0, pod: str = "payments-1", queue: str = QUEUE) -> None:
    for message_id in message_ids:
        book.receive(at, message_id, queue=queue, pod=pod)


def held_by(
    ledgers: tuple[QueueLedger, ...], channels: pd.DataFrame, timeouts: ConsumerTimeouts, as_of: pd.Timestamp
) -> pd.DataFrame:
    asked = Asked(as_of, as_of, 5.0, every_queue=True) if len(channels) else None
    return holders_of(ledgers, channels, timeouts, as_of, compare_counts(ledgers, channels, asked).differences)


def test_a_hung_pod_holds_what_its_channel_counts_and_the_channel_closes_half_an_hour_after_the_oldest() -> None:
    book = EventBook()
    hold(book, "m1", "m2", "m3")
    book.process(1, "m1", pod="payments-1")

    held = held_by(ledgers(book, 600), broker(channel("payments-1", 3)), HALF_AN_HOUR, book.time(600))

    assert list(held.columns) == list(HOLDER_COLUMNS)
    (row,) = held.to_dict("records")
    assert (row["pod"], row["node"], row["queues"]) == ("payments-1", "node-a", QUEUE)
    assert (row["listed"], row["handling"], row["received"], row["counted"]) == (3, 1, 2, 3)
    assert row["oldest_age_seconds"] == 600.0
    assert row["closes"] == book.time(1800)
    assert row["prefetch"] == 50
    assert row["peer_address"] == "10.2.4.17:41822"
    assert row["known_by"] == KnownBy.CHANNEL


def test_a_channel_that_consumes_two_queues_is_one_holder_because_it_closes_as_one() -> None:
    book = EventBook()
    hold(book, "m1", at=0)
    hold(book, "m2", "m3", at=5, queue="payments.refunded")
    counted = broker(channel("payments-1", 3), channel("payments-1", 3, queue="payments.refunded"))

    held = held_by(ledgers(book, 60), counted, HALF_AN_HOUR, book.time(60))

    assert held[["listed", "counted"]].to_numpy().tolist() == [[3, 3]]
    assert held["queues"].tolist() == [f"{QUEUE}, payments.refunded"]
    assert held["closes"].tolist() == [book.time(1800)]


def test_two_channels_of_one_connection_are_two_holders() -> None:
    book = EventBook()
    book.receive(0, "m1", queue=QUEUE, pod="payments-1", channel=1)
    book.receive(9, "m2", queue=QUEUE, pod="payments-1", channel=2)
    counted = broker(channel("payments-1", 1), channel("payments-1", 1, number=2))

    held = held_by(ledgers(book, 60), counted, HALF_AN_HOUR, book.time(60))

    assert held["counted"].tolist() == held["listed"].tolist() == [1, 1]
    assert held["oldest_age_seconds"].tolist() == [60.0, 51.0]


def test_a_consumer_that_logs_nothing_is_named_by_its_connection_with_what_the_broker_counts() -> None:
    held = held_by((), broker(channel("legacy-1", 7)), HALF_AN_HOUR, EventBook().time(60))

    (row,) = held.to_dict("records")
    assert (row["pod"], row["listed"], row["counted"]) == ("legacy-1", 0, 7)
    assert row["known_by"] == KnownBy.CONNECTION_NAME
    assert pd.isna(row["closes"])
    assert pd.isna(row["oldest_age_seconds"])


def test_of_a_connection_without_a_name_only_the_channel_and_the_address_are_known() -> None:
    held = held_by((), broker(channel(None, 7)), HALF_AN_HOUR, EventBook().time(60))

    (row,) = held.to_dict("records")
    assert row["known_by"] == KnownBy.BROKER
    assert row["peer_address"] == "10.2.4.17:41822"
    assert pd.isna(row["pod"])
    assert pd.isna(row["client_id"])


def test_lines_that_name_no_channel_belong_to_the_only_channel_of_their_pod() -> None:
    book = EventBook()
    book.receive(0, "m1", queue=QUEUE, pod="payments-1", channel_id=None, client_id=None)
    hold(book, "m2", at=3)
    counted = broker(channel("payments-1", 2))

    held = held_by(ledgers(book, 60), counted, HALF_AN_HOUR, book.time(60))

    (row,) = held.to_dict("records")
    assert (row["listed"], row["counted"], row["oldest_age_seconds"]) == (2, 2, 60.0)


def test_a_pod_with_two_channels_and_lines_that_name_none_stays_apart_from_both() -> None:
    book = EventBook()
    book.receive(0, "m1", queue=QUEUE, pod="payments-1", channel_id=None, client_id=None)
    counted = broker(channel("payments-1", 1), channel("payments-1", 0, number=2))

    held = held_by(ledgers(book, 60), counted, HALF_AN_HOUR, book.time(60))

    assert held["known_by"].tolist() == [KnownBy.LINES, KnownBy.CONNECTION_NAME]
    assert held["client_id"].isna().tolist() == [True, False]


def test_what_was_tried_before_is_counted_because_the_broker_will_hand_it_out_once_more() -> None:
    book = EventBook()
    hold(book, "m1", pod="payments-2")
    book.channel_closed(5, pod="payments-2")
    hold(book, "m1", "m2", at=6)

    held = held_by(ledgers(book, 60), NOT_ASKED, HALF_AN_HOUR, book.time(60))

    assert held[["pod", "listed", "attempted"]].to_numpy().tolist() == [["payments-1", 2, 1]]
    assert held["counted"].isna().all()


def test_without_a_timeout_no_channel_closes() -> None:
    book = EventBook()
    hold(book, "m1")

    held = held_by(ledgers(book, 60), NOT_ASKED, ConsumerTimeouts(configured_seconds=0), book.time(60))

    assert held["closes"].isna().all()


def test_nothing_held_is_an_empty_table_of_the_same_columns() -> None:
    held = held_by((), broker(channel("payments-1", 0)), HALF_AN_HOUR, EventBook().time(60))

    assert held.empty
    assert list(held.columns) == list(HOLDER_COLUMNS)


def test_a_hundred_thousand_deliveries_are_summed_up_channel_by_channel() -> None:
    count, pods = 100_000, 40
    at = pd.Timestamp("2026-01-31 10:00", tz="UTC")
    number = np.arange(count)
    pod = pd.Series("payments-" + (number % pods).astype(str))
    deliveries = conform(
        {
            "vhost": ["/"] * count,
            "queue": [QUEUE] * count,
            "message_id": number.astype(str),
            "pod": pod,
            "client_id": pod + "/1",
            "channel_id": pod + "/1/1",
            "delivered": at - pd.to_timedelta(number, unit="ms"),
            "redelivered": number % 2 == 0,
        },
        DELIVERY_COLUMNS,
    )
    ledger = QueueLedger("/", QUEUE, at, None, None, count, 0, 0, count, count, (), outstanding_at(deliveries, at))
    counted = broker(*(channel(f"payments-{pod}", count // pods) for pod in range(pods)))

    held = held_by((ledger,), counted, HALF_AN_HOUR, at)

    assert held["listed"].sum() == held["counted"].sum() == count
    assert held["attempted"].sum() == count // 2
    assert len(held) == pods
