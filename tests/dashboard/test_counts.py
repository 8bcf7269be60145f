"""The three counts of a queue as the page says them."""

import pandas as pd

from dashboard.shaping.counts import count_cards, differences
from dashboard.shaping.overview import Answering
from eventrail.model.counts import QueueCounts
from eventrail.model.ledger import QueueLedger
from eventrail.testing.builders import EventBook
from tests.analysis.test_counts import compared, ledgers
from tests.analysis.test_holders import NOT_ASKED, broker, channel, hold

UP = Answering(logs=True, metrics=True)


def five_listed(*channels: dict[str, object], gauge: int = 12) -> tuple[QueueCounts, QueueLedger]:
    book = EventBook()
    hold(book, *(f"m{number}" for number in range(5)))
    (ledger,) = ledgers(book, 60, **{"card-authorised": gauge})
    (counts,) = compared((ledger,), broker(*channels) if channels else NOT_ASKED, book.time(60)).queues
    return counts, ledger


def words(counts: QueueCounts, ledger: QueueLedger, answering: Answering = UP) -> dict[str, tuple[str, str]]:
    return {fact.name: (fact.words, fact.tone) for fact in differences(counts, ledger, answering)}


def test_a_consumer_that_no_line_speaks_of_is_the_named_difference() -> None:
    counts, ledger = five_listed(channel("payments-1", 5), channel("legacy-1", 7, number=2, prefetch=7))

    cards = {card.label: (card.figure, card.remark) for card in count_cards(counts, ledger, UP)}
    said = words(counts, ledger)

    assert cards["Prometheus’ gauge"][0] == "12"
    assert cards["broker’s channels"] == ("12", "on 2 channels · 7 of them in no line")
    assert cards["listed from the logs"] == ("5", "0 handling · 5 received · 0 inferred")
    told, tone = said["channels and list"]
    assert told.startswith("12 = 5 listed + 7 unknown. Counted, not listed: 7 held by channel ")
    assert "of legacy-1 at 10.2.4.17:41822 with prefetch 7" in told
    assert tone == "warn"
    assert said["gauge and channels"] == ("12 and 12: no difference", "plain")


def test_counts_of_two_moments_are_no_cause_for_alarm() -> None:
    told, tone = words(*five_listed(channel("payments-1", 5), gauge=4))["gauge and channels"]

    assert told == (
        "4 and 5. On the channels: 1 the gauge does not count: the gauge was read 3.0 s before the channels, each up "
        "to 5.0 s old."
    )
    assert tone == "plain"


def test_equal_counts_are_said_to_be_equal() -> None:
    said = words(*five_listed(channel("payments-1", 5), gauge=5))

    assert [told for told, _ in said.values()] == [
        "5 = 5 listed + 0 unknown: no difference",
        "5 and 5: no difference",
        "5 = 5 listed + 0 unexplained: no difference",
    ]


def test_of_a_silent_source_nothing_is_claimed() -> None:
    counts, ledger = five_listed(channel("payments-1", 5))

    cards = count_cards(counts, ledger, Answering(logs=False, metrics=False))

    assert [card.figure for card in cards] == ["–", "5", "–"]
    assert list(words(counts, ledger, Answering(logs=False, metrics=True))) == ["gauge and channels"]


def test_for_the_past_the_broker_is_not_compared() -> None:
    counts, ledger = five_listed()
    past = QueueCounts(
        *("/", ledger.queue, None, ledger.gauge, ledger.gauge_time, None, 0, 5, 5, 0, 0, ()), pd.DataFrame()
    )
    assert counts.channels["pod"].tolist() == ["payments-1"], "the channel that is gone"

    assert count_cards(past, ledger, UP)[1].figure == "–"
    assert list(words(past, ledger)) == ["gauge and list"]
