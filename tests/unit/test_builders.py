"""The stories that tests tell come out as the lines that services would log."""

from datetime import UTC, datetime

import pandas as pd

from eventrail.model.events import EVENT_COLUMNS, Operation, Outcome
from eventrail.testing.builders import EventBook


def test_a_message_published_handled_and_acked_says_the_same_of_itself_on_every_line() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="orders-1", correlation_id="c1", event_type="payment.requested")
    book.handle(0.5, "m1", queue="payments", pod="payments-2", held_seconds=0.25)

    events = book.events()

    assert list(events.columns) == list(EVENT_COLUMNS)
    assert list(events["operation"]) == [Operation.SEND, Operation.RECEIVE, Operation.PROCESS, Operation.SETTLE]
    assert set(events["correlation_id"]) == {"c1"}
    assert set(events["message_id"]) == {"m1"}
    assert set(events["queue"].dropna()) == {"payments"}
    assert list(events["service"]) == ["orders", "payments", "payments", "payments"]
    assert list(events["delivery_tag"].dropna()) == [1, 1, 1]
    assert events["time"].iloc[-1] == pd.Timestamp("2026-01-31T09:00:00.75Z")
    assert events["document_id"].is_unique


def test_a_second_delivery_is_redelivered_with_its_own_attempt_and_a_restarted_pod_has_a_new_channel() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="orders-1")
    book.receive(1, "m1", queue="payments", pod="payments-1")
    book.restart("payments-1")
    book.receive(2, "m1", queue="payments", pod="payments-1")
    book.settle(3, "m1", Outcome.DISCARD, pod="payments-1", error_type="ValueError")

    received = book.events().query("operation == 'receive'")

    assert list(received["attempt"]) == [1, 2]
    assert list(received["redelivered"]) == [False, True]
    assert list(received["channel_id"]) == ["payments-1.1/1/1", "payments-1.2/1/1"]
    assert book.events()["channel_id"].iloc[-1] == "payments-1.2/1/1"


def test_columns_can_be_overridden_and_left_out() -> None:
    book = EventBook()
    book.publish(
        datetime(2026, 2, 1, tzinfo=UTC), "m1", pod="orders-1", node="node-b", causation_id="m0", exchange=None
    )
    book.process(1, "m1", queue="payments", pod="payments-1", instance_id=None)

    process, send = book.events().to_dict("records")

    assert (send["node"], send["causation_id"]) == ("node-b", "m0")
    assert pd.isna(send["exchange"])
    assert pd.isna(process["instance_id"])
    assert (process["queue"], process["event_type"]) == ("payments", "payment.requested")


def test_one_pod_may_hold_the_same_message_from_two_queues() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="orders-1")
    book.receive(1, "m1", queue="payments", pod="payments-1")
    book.receive(1, "m1", queue="audit", pod="payments-1", channel=2)
    book.process(2, "m1", queue="payments", pod="payments-1")

    assert list(book.events()["channel_id"].dropna()) == ["payments-1.1/1/1", "payments-1.1/1/2", "payments-1.1/1/1"]


def test_a_service_without_receive_lines_counts_each_handling_as_a_delivery_of_its_own() -> None:
    book = EventBook()
    book.publish(0, "m1", pod="orders-1")
    book.process(1, "m1", queue="payments", pod="payments-1")
    book.settle(2, "m1", Outcome.REQUEUE, pod="payments-1")
    book.process(3, "m1", queue="payments", pod="payments-1")

    assert list(book.events()["attempt"].dropna()) == [1, 1, 2]
    assert list(book.events()["delivery_tag"].dropna()) == [1, 1, 2]


def test_a_line_that_is_in_the_log_twice_keeps_its_document_id() -> None:
    book = EventBook()
    book.log(0, "hello", pod="orders-1")
    book.copy_last_line()

    assert list(book.events()["document_id"]) == ["document-000001", "document-000001"]
