"""The completed event nearest to a trace, and where the two differ."""

import pandas as pd
import pytest

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.many import assemble_many
from eventrail.analysis.twin import find_twin
from eventrail.analysis.twin_words import twin_sentences
from eventrail.analysis.usual import learn_usual
from eventrail.model.events import Outcome
from eventrail.model.usual import DIFFERENCE_COLUMNS, Twin
from eventrail.testing.builders import EventBook
from tests.analysis.flow_model import ARROW, PURCHASE, REFUSAL, Player


def twin_of(book: EventBook, event: str, at: float, event_type: str = "card.authorised") -> Twin | None:
    events = book.events()
    routes = events[events["queue"].notna()][["vhost", "exchange", "routing_key", "queue", "service"]].drop_duplicates()
    many = assemble_many(events, book.time(at), routes)
    usual = learn_usual(event_type, many)
    return find_twin(
        assemble_trace(event, events[events["correlation_id"] == event], book.time(at), routes), many, usual
    )


def rows(twin: Twin) -> pd.DataFrame:
    return twin.difference.assign(name=twin.difference["path"].str.split(ARROW).str[-1]).set_index("name")


def payment(
    book: EventBook,
    event: str,
    at: float,
    *,
    held_seconds: float = 0.2,
    waited_seconds: float = 0.01,
    pod: str = "payments-1",
) -> None:
    """Let a card be used and payments handle it."""
    book.publish(at, f"{event}-m", pod="cards-1", correlation_id=event, event_type="card.authorised")
    book.handle(at + waited_seconds, f"{event}-m", queue="payments", pod=pod, held_seconds=held_seconds)


def test_the_twin_went_the_same_way_and_began_closest_in_time() -> None:
    player = Player()
    player.play(PURCHASE, "long-ago")
    player.play(REFUSAL, "refused-before")
    player.play(PURCHASE, "just-before")
    player.play(PURCHASE, "bought")
    player.play(REFUSAL, "refused-after")

    twin = twin_of(player.book, "bought", player.clock)

    assert twin is not None
    assert (twin.correlation_id, twin.considered) == ("just-before", 4)
    assert twin.chosen == "began 1.2 s earlier, the closest in time of 2 completed events that went the same way"
    assert list(twin.difference.columns) == list(DIFFERENCE_COLUMNS)
    assert twin.first_difference is None
    assert twin_sentences(twin)[1] == "no step differs"


def test_an_unfinished_event_is_compared_with_one_that_went_the_same_way_so_far() -> None:
    player = Player()
    player.play(PURCHASE, "bought")
    player.play(REFUSAL, "refused")
    player.play(PURCHASE, "stuck", cut="ledger.account-debited", stage="handling")

    twin = twin_of(player.book, "stuck", player.clock + 60.0)

    assert twin is not None
    assert twin.correlation_id == "bought"
    difference = rows(twin)
    held = difference.loc["ledger.account-debited"]
    assert (held["found_in"], held["trace_state"], held["twin_state"]) == ("both", "handling", "complete")
    assert held["trace_took_seconds"] > 60.0
    assert difference.loc["ledger.posted", "found_in"] == "twin"
    assert twin.first_difference == list(difference.index).index("ledger.account-debited")
    said = twin_sentences(twin)
    assert said[1].startswith("first difference: ledger.account-debited: handling for 1 min 0")
    assert said[1].endswith("; 2 more differences")


def test_the_first_difference_is_the_first_in_time() -> None:
    player = Player()
    player.play(PURCHASE, "bought")
    player.play(REFUSAL, "refused")

    twin = twin_of(player.book, "refused", player.clock)

    assert twin is not None
    first = twin.difference.iloc[twin.first_difference or 0]
    assert (first["path"].split(ARROW)[-1], first["found_in"]) == ("payment.rejected", "trace")


def test_slower_is_said_with_ratio_seconds_and_what_is_usual() -> None:
    book = EventBook()
    for number in range(9):
        payment(book, f"usual-{number}", float(number))
    payment(book, "slow", 9.0, held_seconds=1.0)

    twin = twin_of(book, "slow", 60.0)

    assert twin is not None
    row = rows(twin).loc["payments"]
    assert row["slower"]
    assert row["took_ratio"] == pytest.approx(5.0)
    assert row["took_more_seconds"] == pytest.approx(0.8)
    assert row["usual_took_p50_seconds"] == pytest.approx(0.2)
    assert twin_sentences(twin)[1].startswith(
        "first difference: payments: took 1.0 s, in the twin 200 ms (5.0 times as long, usually up to "
    )


def test_what_is_longer_and_still_usual_is_no_difference() -> None:
    book = EventBook()
    for number in range(50):
        payment(book, f"usual-{number}", float(number), held_seconds=2.0 if number % 5 == 0 else 0.2)
    payment(book, "as-usual", 51.0, held_seconds=1.9)

    twin = twin_of(book, "as-usual", 60.0)

    assert twin is not None
    assert rows(twin).loc["payments", "took_ratio"] == pytest.approx(9.5)
    assert twin.first_difference is None


def test_extra_attempts_and_another_pod_are_told() -> None:
    book = EventBook()
    payment(book, "usual", 0.0)
    book.publish(5.0, "m", pod="cards-1", correlation_id="again", event_type="card.authorised")
    book.receive(5.01, "m", queue="payments", pod="payments-1")
    book.settle(5.05, "m", Outcome.REQUEUE, pod="payments-1")
    book.handle(5.1, "m", queue="payments", pod="payments-2", held_seconds=0.2, node="node-b")

    twin = twin_of(book, "again", 60.0)

    assert twin is not None
    row = rows(twin).loc["payments"]
    assert (row["trace_attempts"], row["twin_attempts"], row["extra_attempts"]) == (2, 1, 1)
    assert (row["other_pod"], row["other_node"]) == (True, True)
    assert (row["trace_pod"], row["twin_pod"]) == ("payments-2", "payments-1")
    assert twin_sentences(twin)[1] == "first difference: payments: 2 attempts, in the twin 1"


def test_like_places_are_compared_one_by_one_in_order() -> None:
    book = EventBook()
    for event, items in (("usual", 5), ("short", 4)):
        book.publish(0.0, event, pod="orders-1", correlation_id=event, event_type="order.placed")
        book.receive(0.1, event, queue="stock", pod="stock-1")
        for number in range(items):
            told = {"correlation_id": event, "event_type": "item.reserved", "causation_id": event}
            book.publish(0.2 + number / 100, f"{event}-{number}", pod="stock-1", **told)
        book.settle(0.9, event, pod="stock-1")

    twin = twin_of(book, "short", 60.0, "order.placed")

    assert twin is not None
    reserved = twin.difference[twin.difference["event_type"] == "item.reserved"]
    assert reserved["occurrence"].tolist() == [1, 1, 1, 2, 3]
    assert reserved["found_in"].tolist() == ["both", "both", "both", "both", "twin"]


def test_an_event_that_is_alone_of_its_kind_has_no_twin() -> None:
    player = Player()
    player.play(PURCHASE, "bought")
    player.play(PURCHASE, "stuck", cut="ledger.account-debited", stage="handling")

    assert twin_of(player.book, "bought", player.clock) is None
