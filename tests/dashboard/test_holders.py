"""What a holder's card says."""

from typing import Any

import pandas as pd
import pytest

from dashboard.shaping.holders import holder_cards, patience_text, worth_a_card
from dashboard.shaping.words import bytes_text
from eventrail.analysis.consumer_timeouts import ConsumerTimeouts, QueueSetting
from eventrail.analysis.holder_states import STATE_COLUMNS, holder_states
from eventrail.model.holders import HOLDER_COLUMNS, KnownBy
from eventrail.model.table import conform

AS_OF = pd.Timestamp("2026-01-31 09:14:20", tz="UTC")
QUEUE = "payments.card-authorised"
NO_STATES = conform({}, STATE_COLUMNS)


def holder(age_seconds: float | None = 600.0, **columns: Any) -> dict[str, Any]:
    oldest = None if age_seconds is None else AS_OF - pd.Timedelta(seconds=age_seconds)
    return {
        "vhost": "/",
        "pod": "payments-1",
        "node": "node-b",
        "queues": QUEUE,
        "listed": 37,
        "handling": 10,
        "received": 27,
        "partly_inferred": 0,
        "attempted": 0,
        "oldest_delivered": oldest,
        "oldest_age_seconds": age_seconds,
        "closes": None if oldest is None else oldest + pd.Timedelta(minutes=30),
        "known_by": KnownBy.CHANNEL,
    } | columns


def held(*rows: dict[str, Any]) -> pd.DataFrame:
    return conform(pd.DataFrame(rows), HOLDER_COLUMNS)


def said(row: dict[str, Any], states: pd.DataFrame = NO_STATES) -> dict[str, str]:
    (card,) = holder_cards(held(row), states, AS_OF)
    return {fact.name: fact.words for fact in card.facts}


def test_a_stuck_holder_says_what_it_holds_and_when_the_broker_takes_it_back() -> None:
    words = said(holder(counted=37, attempted=2))

    assert words["holds"] == f"37 of {QUEUE}: 10 being handled, 27 in its buffer; the broker counts as many"
    assert words["oldest"] == "10 min 00 s"
    assert words["channel closes"] == (
        "in 20 min 00 s (09:34:20 UTC); 37 messages are then handed out again, 2 of them not for the first time"
    )


def test_a_holder_whose_lines_are_missing_says_what_is_not_known() -> None:
    words = said(holder(None, listed=0, handling=0, received=0, counted=7, known_by=KnownBy.CONNECTION_NAME))

    assert words["holds"] == f"of {QUEUE}: none is in the logs; the broker counts 7 on this channel"
    assert "channel" not in words
    assert words["channel closes"] == "unknown: since when it holds them is in no line"
    assert "oldest" not in words


def test_what_a_consumer_without_instrumentation_holds_is_told_as_far_as_the_broker_knows_it() -> None:
    silent = holder(
        *(None,),
        pod=None,
        node=None,
        channel="10.2.4.17:41822 -> 10.0.0.1:5672 (1)",
        peer_address="10.2.4.17:41822",
        consumer_tags="ctag1",
        prefetch=7,
        listed=0,
        handling=0,
        received=0,
        counted=7,
        unknown=7,
        surplus=0,
        difference="7 held by this channel, of which no line speaks: a consumer without instrumentation",
        connected=AS_OF - pd.Timedelta(minutes=12),
        idle_since=AS_OF - pd.Timedelta(minutes=10),
        known_by=KnownBy.BROKER,
    )

    words = said(silent)

    assert words["channel"] == "10.2.4.17:41822 -> 10.0.0.1:5672 (1) · prefetch 7 · consumer ctag1"
    assert words["counted, not listed"].endswith("a consumer without instrumentation")
    assert words["unlisted ones held"] == (
        "at least 10 min 00 s: nothing happened on the channel since 09:04:20 UTC; "
        "at most since it connected, 09:02:20 UTC"
    )
    assert words["unknown of them"] == "which messages, and how often tried"
    assert "oldest" not in words


def test_a_channel_past_its_time_closes_any_moment() -> None:
    assert said(holder(1830.0))["channel closes"].startswith("any moment; 37 messages")


def test_the_state_of_pod_and_node_is_said_for_now_and_for_when_the_oldest_was_taken() -> None:
    row = holder(600.0)
    times = [AS_OF - pd.Timedelta(seconds=seconds) for seconds in (610, 5)]
    frames = {
        "pod_cpu_cores": pd.DataFrame({"time": times, "value": [0.52, 0.02], "pod": "payments-1"}),
        "pod_cpu_throttled_ratio": pd.DataFrame({"time": times, "value": [0.02, 0.96], "pod": "payments-1"}),
        "pod_memory_working_set_bytes": pd.DataFrame({"time": times, "value": [2.0**26, 2.0**27], "pod": "payments-1"}),
        "pod_memory_limit_bytes": pd.DataFrame({"time": times, "value": [2.0**27, 2.0**27], "pod": "payments-1"}),
        "pod_restarts_total": pd.DataFrame({"time": times, "value": [1.0, 2.0], "pod": "payments-1"}),
        "node_cpu_ratio": pd.DataFrame({"time": times, "value": [0.31, 0.31], "node": "node-b"}),
    }

    words = said(row, holder_states(frames, held(row), AS_OF))

    assert words["processor"] == "0.020 cores (then 0.52 cores); held back 96 % (then 2.0 %) of the time"
    assert words["memory"] == "128 MiB of 128 MiB, then 64 MiB"
    assert words["restarts"] == "1 since then"
    assert words["its node"] == "processor 31 %"


def test_of_all_queues_only_what_is_stuck_or_in_no_line_has_a_card_of_a_chosen_queue_everything() -> None:
    moving = holder(0.2, pod="payments-2")
    silent = holder(None, pod="payments-3", listed=0, counted=4, queues="ledger.posted")
    holders = held(holder(600.0), moving, silent)

    assert worth_a_card(holders, "", "")["pod"].tolist() == ["payments-1", "payments-3"]
    assert worth_a_card(holders, QUEUE, "/")["pod"].tolist() == ["payments-1", "payments-2"]
    assert worth_a_card(holders, QUEUE, "other").empty


def test_where_nobody_holds_anything_there_is_no_card() -> None:
    assert worth_a_card(conform({}, HOLDER_COLUMNS), "", "").empty
    assert worth_a_card(conform({}, HOLDER_COLUMNS), QUEUE, "/").empty


@pytest.mark.parametrize(
    ("timeouts", "words"),
    [
        (ConsumerTimeouts("3.10.8"), "30 min 00 s (the default of its version"),
        (ConsumerTimeouts("3.10.8", 60.0), "(as configured here)"),
        (ConsumerTimeouts("3.13.0", 60.0, {("/", QUEUE): QueueSetting("quorum", 7200.0)}), "(set for this queue)"),
        (ConsumerTimeouts("3.7.28"), "no time limit"),
    ],
)
def test_the_brokers_patience_is_said_with_how_it_is_known(timeouts: ConsumerTimeouts, words: str) -> None:
    assert words in patience_text(timeouts, QUEUE, "/")


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (1023, "1,023 B"), (1536, "1.5 KiB"), (44187648, "42 MiB"), (2.0**40, "1.0 TiB"), (None, "–")],
)
def test_sizes_are_said_in_units_of_1024(size: float | None, words: str) -> None:
    assert bytes_text(size) == words
