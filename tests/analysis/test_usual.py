"""What is learned of completed events, and what an event lacks of it."""

import pandas as pd
import pytest

from eventrail.analysis.many import assemble_many
from eventrail.analysis.usual import learn_usual
from eventrail.model.events import Outcome, empty_events
from eventrail.model.usual import ROUTE_COLUMNS, VARIANT_COLUMNS, UsualRoute
from eventrail.testing.builders import EventBook
from tests.analysis.flow_model import ARROW, PURCHASE, REFUSAL, Message, Player, Queue


def learned(player: Player, event_type: str = "card.authorised") -> UsualRoute:
    return learn_usual(event_type, assemble_many(player.events(), player.now, player.routes()))


def path(*names: str) -> str:
    return ARROW.join(names)


def test_the_route_is_the_steps_of_completed_events_in_the_order_they_come() -> None:
    player = Player()
    for number in range(4):
        player.play(PURCHASE, f"event-{number}")

    usual = learned(player)

    assert (usual.events, usual.read) == (4, 4)
    assert list(usual.steps.columns) == list(ROUTE_COLUMNS)
    assert list(usual.variants.columns) == list(VARIANT_COLUMNS)
    assert sorted(usual.steps["path"]) == sorted(PURCHASE.paths())
    assert (usual.steps["share"] == 1.0).all()
    assert usual.steps["since_start_p50_seconds"].is_monotonic_increasing
    known = {""} | set(usual.steps["path"])
    assert set(usual.steps["parent_path"]) <= known


def test_times_are_counted_from_the_publish_before_and_from_the_start() -> None:
    book = EventBook()
    for number, held in enumerate((0.1, 0.2, 0.3)):
        event = f"event-{number}"
        at = 10.0 * number
        book.publish(at, f"a{number}", pod="cards-1", correlation_id=event, event_type="card.used")
        book.receive(at + 1, f"a{number}", queue="payments", pod="payments-1")
        book.process(at + 1, f"a{number}", pod="payments-1")
        book.publish(
            at + 1.05,
            f"b{number}",
            pod="payments-1",
            correlation_id=event,
            event_type="paid",
            causation_id=f"a{number}",
        )
        book.settle(at + 1 + held, f"a{number}", pod="payments-1")
        book.handle(at + 2, f"b{number}", queue="ledger", pod="ledger-1", held_seconds=held)

    usual = learn_usual("card.used", assemble_many(book.events(), book.time(60.0)))

    steps = usual.steps.set_index("path")
    handled = steps.loc[path("card.used", "payments")]
    assert handled["since_parent_p50_seconds"] == pytest.approx(1.0)
    assert handled["took_p50_seconds"] == pytest.approx(0.2)
    assert handled["done_p50_seconds"] == pytest.approx(1.2)
    assert handled["took_p99_seconds"] == pytest.approx(0.298)
    published = steps.loc[path("card.used", "payments", "paid")]
    assert published["since_parent_p50_seconds"] == pytest.approx(1.05)
    posted = steps.loc[path("card.used", "payments", "paid", "ledger")]
    assert posted["since_parent_p50_seconds"] == pytest.approx(0.95)
    assert posted["since_start_p50_seconds"] == pytest.approx(2.0)
    assert usual.took_p50_seconds == pytest.approx(2.2)


def test_only_events_of_the_type_with_nothing_open_and_nothing_given_up_are_learned_from() -> None:
    player = Player()
    player.play(PURCHASE, "bought")
    player.play(PURCHASE, "stuck", cut="ledger.account-debited", stage="handling")
    player.play(PURCHASE, "waits", cut="ledger.account-debited", stage="published")
    player.play(Message("card.declined", (Queue("notifications"),)), "declined")
    player.book.publish(
        player.clock,
        "m-lost",
        pod="cards-1",
        correlation_id="lost",
        event_type="card.authorised",
        outcome=Outcome.UNROUTABLE,
    )

    usual = learned(player)

    assert (usual.events, usual.read) == (1, 5)


def test_steps_that_some_events_have_come_with_their_share() -> None:
    player = Player()
    for number in range(3):
        player.play(PURCHASE, f"event-{number}")
    player.play(REFUSAL, "refused")

    shares = learned(player).steps.set_index("path")["share"]

    accounts = path("card.authorised", "payments.card-authorised", "payment.requested", "accounts.payment-requested")
    assert shares[accounts] == 1.0
    assert shares[path(accounts, "account.debited")] == 0.75
    assert shares[path(accounts, "payment.rejected")] == 0.25


def test_messages_of_one_type_after_one_step_are_numbered_and_many_share_a_number() -> None:
    book = EventBook()
    book.publish(0.0, "order", pod="orders-1", event_type="order.placed")
    book.receive(0.1, "order", queue="stock", pod="stock-1")
    for number in range(5):
        book.publish(
            0.2 + number / 100, f"item-{number}", pod="stock-1", event_type="item.reserved", causation_id="order"
        )
    book.settle(0.9, "order", pod="stock-1")

    steps = learn_usual("order.placed", assemble_many(book.events(), book.time(60.0))).steps.set_index("path")

    reserved = path("order.placed", "stock", "item.reserved")
    assert steps.loc[[reserved, f"{reserved} #2", f"{reserved} #3+"], "times"].tolist() == [1, 1, 3]


def test_all_attempts_of_a_message_from_a_queue_are_one_step() -> None:
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", event_type="card.used")
    book.receive(0.1, "m1", queue="payments", pod="payments-1")
    book.settle(0.2, "m1", Outcome.REQUEUE, pod="payments-1")
    book.handle(0.5, "m1", queue="payments", pod="payments-2", held_seconds=0.3)

    steps = learn_usual("card.used", assemble_many(book.events(), book.time(60.0))).steps.set_index("path")

    held = steps.loc[path("card.used", "payments")]
    assert held["times"] == 1
    assert held["since_parent_p50_seconds"] == pytest.approx(0.1)
    assert held["took_p50_seconds"] == pytest.approx(0.4)
    assert held["done_p50_seconds"] == pytest.approx(0.8)


def test_causes_that_run_in_a_circle_begin_at_the_earliest_step_and_nothing_goes_wrong() -> None:
    book = EventBook()
    book.publish(0.0, "m0", pod="cards-1", event_type="card.used")
    book.publish(0.1, "m1", pod="a-1", event_type="a", causation_id="m2")
    book.handle(0.2, "m1", queue="qa", pod="b-1")
    book.publish(0.25, "m2", pod="b-1", event_type="b", causation_id="m1")
    book.handle(0.3, "m2", queue="qb", pod="a-1")

    usual = learn_usual("card.used", assemble_many(book.events(), book.time(60.0)))

    assert usual.steps["path"].tolist() == [
        "card.used",
        "a",
        path("a", "qa"),
        path("a", "qa", "b"),
        path("a", "qa", "b", "qb"),
    ]


def test_nothing_to_learn_from_gives_an_empty_route() -> None:
    usual = learn_usual("card.used", assemble_many(empty_events(), pd.Timestamp("2026-01-31T09:00:00Z")))

    assert (usual.events, len(usual.steps), usual.took_p50_seconds) == (0, 0, None)
    assert list(usual.steps.columns) == list(ROUTE_COLUMNS)
