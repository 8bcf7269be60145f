"""Many events put together at once are what each is alone."""

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.many import assemble_many
from eventrail.model.events import Outcome, as_events, empty_events
from eventrail.model.usual import MANY_EVENT_COLUMNS, MANY_STEP_COLUMNS
from eventrail.testing.builders import EventBook
from tests.analysis.flow_model import PURCHASE, REFUSAL, Player

OWN_NAMES = ["id", "parent_id"]  # numbered within a trace, so that they differ by design


def same_as_alone(events: pd.DataFrame, at: pd.Timestamp, routes: pd.DataFrame | None) -> None:
    many = assemble_many(events, at, routes)
    known = events[events["correlation_id"].notna() & (events["time"] <= at)]
    assert sorted(many.events["correlation_id"]) == sorted(known["correlation_id"].unique())
    assert many.steps["id"].is_unique
    for event in many.events.to_dict("records"):
        alone = assemble_trace(
            event["correlation_id"], events[events["correlation_id"] == event["correlation_id"]], at, routes
        )
        steps = many.steps[many.steps["correlation_id"] == event["correlation_id"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(
            in_an_order(steps.drop(columns=["correlation_id", *OWN_NAMES])),
            in_an_order(alone.steps.drop(columns=OWN_NAMES)),
        )
        assert causes(steps) == causes(alone.steps)
        assert (event["state"], none_if_missing(event["started"])) == (alone.state, alone.started)
        assert none_if_missing(event["ended"]) == alone.ended
        assert (event["event_type"] if isinstance(event["event_type"], str) else "") == alone.event_type


def none_if_missing(time: Any) -> Any:
    return None if pd.isna(time) else time


def in_an_order(steps: pd.DataFrame) -> pd.DataFrame:
    """Steps of one instant may stand in another order."""
    return steps.sort_values(["start", "kind", "queue", "message_id", "end", "attempt"], ignore_index=True)


def causes(steps: pd.DataFrame) -> list[tuple[str, ...]]:
    """Kind, place and message of each step and of its cause."""
    facts = steps.set_index("id")[["kind", "queue", "service", "message_id"]].fillna("").agg("|".join, axis=1)
    above = steps["parent_id"].map(facts).fillna("")
    return sorted(zip(facts, above, strict=True))


def test_events_are_told_apart_and_each_is_as_it_is_alone() -> None:
    player = Player()
    player.play(PURCHASE, "bought")
    player.play(REFUSAL, "refused")
    player.play(PURCHASE, "stuck", cut="ledger.account-debited", stage="handling")
    player.play(PURCHASE, "waits", cut="payments.card-authorised", stage="published")
    player.book.log(player.clock, "of no event", pod="cards-1", correlation_id=None)

    many = assemble_many(player.events(), player.now, player.routes())

    assert list(many.steps.columns) == list(MANY_STEP_COLUMNS)
    assert many.events.set_index("correlation_id")["state"].to_dict() == {
        "bought": "complete",
        "refused": "complete",
        "stuck": "outstanding",
        "waits": "waiting",
    }
    same_as_alone(player.events(), player.now, player.routes())


def test_no_lines_give_no_events_in_the_form_of_the_tables() -> None:
    many = assemble_many(empty_events(), pd.Timestamp("2026-01-31T09:00:00Z"))

    assert (len(many.steps), len(many.events)) == (0, 0)
    assert list(many.steps.columns) == list(MANY_STEP_COLUMNS)
    assert list(many.events.columns) == list(MANY_EVENT_COLUMNS)


def test_what_a_pod_did_for_one_event_caused_nothing_in_another() -> None:
    """A service without causation IDs starts event-2 while it handles event-1."""
    book = EventBook()
    book.publish(0.0, "m1", pod="cards-1", correlation_id="event-1", event_type="card.used")
    book.receive(0.1, "m1", queue="statements", pod="statements-1")
    book.process(0.1, "m1", pod="statements-1")
    book.publish(0.2, "m2", pod="statements-1", correlation_id="event-2", event_type="statement.requested")
    book.settle(0.3, "m1", pod="statements-1")

    many = assemble_many(book.events(), book.time(1.0))

    steps = many.steps.set_index("message_id").query("kind == 'publish'")
    assert steps.loc["m2", "correlation_id"] == "event-2"
    assert pd.isna(steps.loc["m2", "parent_id"])


def test_two_events_that_use_one_message_id_stay_apart() -> None:
    book = EventBook()
    for event, at in (("event-1", 0.0), ("event-2", 5.0)):
        book.publish(at, "m1", pod="cards-1", correlation_id=event, event_type="card.used")
        book.handle(at + 0.1, "m1", queue="q", pod="payments-1", correlation_id=event, redelivered=False)

    same_as_alone(book.events(), book.time(9.0), None)


def test_a_name_may_hold_the_sign_that_sets_events_apart() -> None:
    book = EventBook()
    hostile = "1\x1em\x1e"
    book.publish(0.0, hostile, pod="\x1ecards-1", correlation_id="\x1e0\x1e", event_type="card.used")
    book.handle(0.1, hostile, queue="\x1eq", pod="0\x1e-1")

    same_as_alone(book.events(), book.time(1.0), None)


@settings(max_examples=8, deadline=None)
@given(
    keep=st.lists(st.booleans(), min_size=40, max_size=40),
    strip=st.sets(
        st.sampled_from(["message_id", "causation_id", "pod", "service", "delivery_tag", "queue"]), max_size=2
    ),
    randomness=st.randoms(use_true_random=False),
)
def test_with_lines_missing_and_out_of_order_too(keep: list[bool], strip: set[str], randomness: Any) -> None:
    player = Player()
    for number in range(3):
        player.play(PURCHASE, f"event-{number}")
    player.book.call(player.clock, pod="cards-1", peer_service="limits", correlation_id="event-0", span_id="s")
    player.book.publish(player.clock, "m99", pod="cards-1", correlation_id="event-1", outcome=Outcome.UNROUTABLE)
    events = player.events()
    chosen = [line for line in range(len(events)) if keep[(line * 7) % len(keep)]]
    mangled = events.iloc[chosen].drop(columns=list(strip)).sample(frac=1, random_state=randomness.randrange(1000))

    same_as_alone(as_events(mangled), player.now, player.routes())
