"""Any interleaving of what a broker and its consumers do, with lines missing, doubled and out of order."""

from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import count_bounds, outstanding_at
from eventrail.analysis.reconcile import Circumstances, GaugeReading, reconcile
from eventrail.model.events import DELIVERY_OPERATIONS, Outcome, as_events
from tests.analysis.broker_model import QUEUE, BrokerModel, Channel

PODS = ("payments-1", "payments-2", "payments-3")

acts = st.one_of(
    st.tuples(st.just("publish")),
    st.tuples(st.just("deliver"), st.sampled_from(PODS)),
    st.tuples(st.just("process"), st.sampled_from(PODS), st.integers(0, 9)),
    st.tuples(
        st.just("settle"),
        st.sampled_from(PODS),
        st.integers(0, 9),
        st.sampled_from([Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD]),
    ),
    st.tuples(st.just("lose_channel"), st.sampled_from(PODS)),
    st.tuples(st.just("kill"), st.sampled_from(PODS)),
)
stories = st.lists(acts, min_size=1, max_size=60)


def play(story: list[tuple[Any, ...]]) -> BrokerModel:
    broker = BrokerModel({pod: Channel(pod) for pod in PODS})
    broker.publish()
    for name, *arguments in story:
        getattr(broker, name)(*arguments)
    return broker


def held(deliveries: pd.DataFrame, at: pd.Timestamp) -> set[tuple[str, str, int]]:
    listed = outstanding_at(deliveries, at)
    return set(zip(listed["message_id"], listed["pod"], listed["delivery_tag"], strict=True))


@given(story=stories, randomness=st.randoms(use_true_random=False))
def test_with_no_line_missing_the_ledger_is_the_broker_at_every_instant(story: Any, randomness: Any) -> None:
    broker = play(story)
    shuffled = broker.events().sample(frac=1, random_state=randomness.randrange(1000))

    lines, problems = clean(shuffled)
    deliveries, more = match_deliveries(lines)

    assert problems == more == ()
    for line, truth in enumerate(broker.held_at):
        assert held(deliveries, broker.time(line)) == truth
        assert count_bounds(deliveries, broker.time(line), broker.time(line))[1] >= len(truth)


@given(
    story=stories,
    keep=st.lists(st.integers(0, 2), min_size=61, max_size=61),
    strip=st.sets(
        st.sampled_from(["message_id", "channel_id", "delivery_tag", "pod", "instance_id", "queue", "outcome"])
    ),
    gauge=st.integers(0, 20),
    randomness=st.randoms(use_true_random=False),
)
def test_lines_missing_doubled_and_out_of_order_never_raise_and_every_row_is_counted(
    story: Any, keep: list[int], strip: set[str], gauge: int, randomness: Any
) -> None:
    broker = play(story)
    events = broker.events()
    chosen = [line for line in range(len(events)) for _ in range(keep[line % len(keep)])]
    mangled = events.iloc[chosen].drop(columns=list(strip)).sample(frac=1, random_state=randomness.randrange(1000))
    mangled = as_events(mangled)

    lines, problems = clean(mangled)
    dropped = len(mangled) - len(lines)
    deliveries, more = match_deliveries(lines)

    assert dropped == len(chosen) - len(set(chosen))
    assert bool(dropped) == bool(problems)
    about_deliveries = lines["operation"].isin(DELIVERY_OPERATIONS)
    silent = about_deliveries & ~(
        (lines["channel_id"].notna() & lines["delivery_tag"].notna())
        | lines["message_id"].notna()
        | lines["correlation_id"].notna()
    )
    assert len(deliveries) <= about_deliveries.sum() - silent.sum()
    assert bool(silent.sum()) == bool(more)
    if more:
        assert f"{silent.sum():,} delivery lines" in more[0].what

    at = broker.time(len(events))
    ledger = reconcile("/", QUEUE, deliveries, at, GaugeReading(gauge, at), Circumstances())
    assert ledger.explained + ledger.unexplained == gauge
    assert ledger.explained + ledger.surplus == len(ledger.deliveries)
    by_side = {side: sum(r.messages for r in ledger.reasons if r.side == side) for side in ("unexplained", "surplus")}
    assert by_side == {"unexplained": ledger.unexplained, "surplus": ledger.surplus}
    assert ledger.lowest <= ledger.highest


@given(story=stories)
def test_the_bounds_of_a_count_hold_every_count_between(story: Any) -> None:
    broker = play(story)
    deliveries, _ = match_deliveries(clean(broker.events())[0])
    last = len(broker.held_at) - 1

    lowest, highest = count_bounds(deliveries, broker.time(0), broker.time(last))

    counts = [len(truth) for truth in broker.held_at]
    assert lowest <= min(counts)
    assert highest >= max(counts)
