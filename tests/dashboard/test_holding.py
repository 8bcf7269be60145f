"""The bars of a queue's time line: who holds which delivery since when."""

import pandas as pd
import pytest

from dashboard.shaping import curves
from dashboard.shaping.holding import MOST_BARS, MOST_HOLDERS, NOBODY, holding
from eventrail.model.ledger import DELIVERY_COLUMNS
from eventrail.model.table import conform

START = pd.Timestamp("2026-01-31T14:03:00Z").as_unit("ns")
AS_OF = START + pd.Timedelta("10min")


def held_by(**numbers: int) -> pd.DataFrame:
    """Give deliveries of these pods, one a second, pod after pod."""
    pods = [pod for pod, number in numbers.items() for _ in range(number)]
    table = conform(
        {
            "delivered": pd.Series([START + pd.Timedelta(seconds=number) for number in range(len(pods))]),
            "pod": pd.Series(pods, dtype="str"),
            "service": pd.Series(pods, dtype="str"),
            "correlation_id": pd.Series([f"<e{number}>" for number in range(len(pods))], dtype="str"),
        },
        DELIVERY_COLUMNS,
    )
    return table.assign(stage=["handling", *["received"] * len(pods)][: len(pods)])


def test_few_deliveries_have_a_bar_each_under_their_holder() -> None:
    drawn = holding(held_by(a=2, b=1), AS_OF)

    assert drawn is not None
    assert [(held.holder, held.deliveries, len(held.bars)) for held in drawn.holders] == [("a", 2, 2), ("b", 1, 1)]
    assert [bar.words for bar in drawn.holders[0].bars] == ["<e0>, handling", "<e1>, received"]
    assert [bar.handling for bar in drawn.holders[0].bars] == [True, False]
    assert (drawn.mark, drawn.end) == (START, AS_OF)
    assert drawn.sentence == (
        "a holds 2 of 3, and was handed the first of them at 14:03:00 UTC, 10 min 00 s before this instant."
    )


@pytest.mark.parametrize("holders", [1, 2, MOST_HOLDERS, MOST_HOLDERS + 1, 500])
def test_many_are_folded_by_holder_and_none_is_lost(holders: int) -> None:
    drawn = holding(held_by(**{f"pod{number}": 300 for number in range(holders)}), AS_OF)

    assert drawn is not None
    bars = [bar for held in drawn.holders for bar in held.bars]
    assert len(bars) <= MOST_BARS
    assert sum(bar.deliveries for bar in bars) == sum(held.deliveries for held in drawn.holders) == 300 * holders
    assert len(drawn.holders) == min(holders, MOST_HOLDERS)
    if holders > MOST_HOLDERS:
        assert drawn.holders[-1].holder == f"{holders - MOST_HOLDERS + 1} more holders"


def test_a_fold_says_how_many_it_holds_and_since_when() -> None:
    drawn = holding(held_by(a=235), AS_OF)

    assert drawn is not None
    folded = drawn.holders[0].bars[-1]
    assert (folded.words, folded.deliveries) == ("+ 212 more since 14:03:23", 212)


def test_a_delivery_that_no_line_gives_a_holder_has_one_in_words() -> None:
    drawn = holding(held_by(a=1).assign(pod=pd.Series([None], dtype="str")), AS_OF)

    assert drawn is not None
    assert drawn.holders[0].holder == NOBODY
    assert drawn.sentence.startswith(f"{NOBODY} holds the only one, since 14:03:00 UTC")
    assert holding(held_by(), AS_OF) is None


def test_bars_begin_at_whole_microseconds_since_drawings_know_no_less() -> None:
    exact = held_by(a=1)
    drawn = holding(exact.assign(delivered=exact["delivered"] + pd.Timedelta("1001ns")), AS_OF + pd.Timedelta("1ns"))

    assert drawn is not None
    assert drawn.mark == drawn.holders[0].bars[0].begin == START + pd.Timedelta("1us")
    assert drawn.end == AS_OF


def test_the_rates_of_a_queue_share_a_panel_and_what_was_not_measured_is_left_out() -> None:
    points = pd.DataFrame({"time": [START], "value": [1.5], "vhost": ["/"], "queue": ["payments"]})
    none = points.head(0)
    measured = {"queue_messages_unacked": points, "queue_messages_ready": none}
    rates = {"queue_deliver_rate": points, "queue_settle_rate": points, "queue_redeliver_rate": none}

    panels = curves.queue_panels(measured | rates, {"payments": "payments"})
    assert [(panel.title, [curve.name for curve in panel.curves]) for panel in panels] == [
        ("unacknowledged messages", ["payments"]),
        ("messages a second", ["delivered", "acknowledged"]),
    ]
    assert curves.queue_panels({}, {}) == ()
