"""What an event lacks of its usual route: the first step of each branch, since when, and what was last seen."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.many import assemble_many
from eventrail.analysis.missing import find_missing
from eventrail.analysis.missing_words import missing_sentences
from eventrail.analysis.usual import learn_usual
from eventrail.model.events import Operation, Outcome
from eventrail.model.trace import Trace
from eventrail.model.usual import MISSING_COLUMNS, UsualRoute
from eventrail.testing.builders import EventBook
from tests.analysis.flow_model import ARROW, PURCHASE, REFUSAL, Message, Player, Queue

LEDGER = "ledger.account-debited"
LEARNED = 20


def learned(player: Player, flow: Message = PURCHASE, events: int = LEARNED) -> UsualRoute:
    """Let events of the flow complete and learn their route."""
    for number in range(events):
        player.play(flow, f"usual-{number}")
    return route_of(player, flow)


def route_of(player: Player, flow: Message = PURCHASE) -> UsualRoute:
    return learn_usual(flow.event_type, assemble_many(player.events(), player.now, player.routes()))


def trace_of(player: Player, event: str, events: pd.DataFrame | None = None, *, known_routes: bool = True) -> Trace:
    lines = player.events(event) if events is None else events
    return assemble_trace(event, lines, player.now, player.routes() if known_routes else None)


def names(missing: pd.DataFrame) -> list[tuple[str, str]]:
    return [(row.expected, row.path.rsplit(ARROW, 1)[-1]) for row in missing.itertuples()]


@pytest.mark.parametrize(
    ("stage", "state", "said"),
    [
        ("published", "waiting", "last seen: published to ledger.account-debited, waiting"),
        ("received", "received", "received by ledger-1 on node-a from ledger.account-debited, no handler has taken it"),
        ("handling", "handling", "last seen: being handled by ledger-1 on node-a from ledger.account-debited"),
    ],
)
def test_the_step_that_an_open_delivery_should_have_led_to_is_named_with_how_far_it_came(
    stage: str, state: str, said: str
) -> None:
    player = Player()
    usual = learned(player)
    player.play(PURCHASE, "stuck", cut=LEDGER, stage=stage)
    player.clock += 840.0

    missing = find_missing(trace_of(player, "stuck"), usual)

    assert list(missing.columns) == list(MISSING_COLUMNS)
    assert names(missing) == [("step", "ledger.posted")]
    row = missing.iloc[0]
    assert (row["event_type"], row["queue"], row["service"]) == ("ledger.posted", LEDGER, "ledger")
    assert (row["share"], row["times"], row["descendants"]) == (1.0, LEARNED, 1)
    assert (row["last_state"], row["after_path"]) == (state, row["path"].rsplit(ARROW, 1)[0])
    assert LEDGER in row["after_step_id"]
    (sentence,) = missing_sentences(missing)
    assert sentence.startswith("expected ledger.posted within ")
    assert "(p99 of 20), nothing for 14 min" in sentence
    assert sentence.endswith(said)


def test_an_open_delivery_from_which_nothing_follows_is_missing_its_own_end() -> None:
    player = Player()
    usual = learned(player)
    player.play(PURCHASE, "stuck", cut="rewards.card-authorised", stage="received")
    player.clock += 60.0

    missing = find_missing(trace_of(player, "stuck"), usual)

    assert names(missing) == [("end", "rewards.card-authorised")]
    (sentence,) = missing_sentences(missing)
    assert sentence.startswith("expected rewards to settle card.authorised from rewards.card-authorised within ")


def test_what_is_not_late_yet_is_expected_by_an_instant() -> None:
    player = Player()
    usual = learned(player)
    player.play(PURCHASE, "fresh", cut=LEDGER, stage="handling")
    lines = player.events("fresh")
    received = lines["time"][(lines["queue"] == LEDGER) & (lines["operation"] == Operation.RECEIVE)].iloc[0]
    just_now = assemble_trace("fresh", lines, received, player.routes())

    missing = find_missing(just_now, usual)

    assert ("step", "ledger.posted") in names(missing)
    assert (missing["age_seconds"] < 0).all()
    sentence = missing_sentences(missing)[0]
    assert sentence.startswith(f"expected ledger.posted by {missing['due'].iloc[0]:%H:%M:%S} UTC, within ")
    assert "nothing for" not in sentence


def test_another_way_that_events_take_is_nothing_missing() -> None:
    player = Player()
    for number in range(40):
        player.play(REFUSAL if number % 10 == 0 else PURCHASE, f"usual-{number}")
    usual = route_of(player)

    assert names(find_missing(trace_of(player, "usual-0"), usual)) == []
    assert names(find_missing(trace_of(player, "usual-1"), usual)) == []


def test_what_only_some_events_have_is_not_expected() -> None:
    player = Player()
    with_receipt = Message("order.placed", (Queue("shop", (Message("receipt.sent"),)),))
    without = Message("order.placed", (Queue("shop"),))
    for number in range(20):
        player.play(with_receipt if number % 3 == 0 else without, f"usual-{number}")
    usual = route_of(player, without)
    player.play(without, "stuck", cut="shop.order-placed", stage="handling")

    missing = find_missing(trace_of(player, "stuck"), usual)

    assert names(missing) == [("end", "shop.order-placed")]
    assert names(find_missing(trace_of(player, "usual-1"), usual)) == []


def test_of_what_came_so_far_follows_what_is_expected_next() -> None:
    """Refusals are rare, but once the payment is rejected the notification is expected and the debit is not."""
    player = Player()
    for number in range(40):
        player.play(REFUSAL if number % 10 == 0 else PURCHASE, f"usual-{number}")
    usual = route_of(player)
    player.play(REFUSAL, "refused", cut="notifications.payment-rejected", stage="published")
    player.clock += 60.0

    missing = find_missing(trace_of(player, "refused"), usual)

    assert names(missing) == [("end", "notifications.payment-rejected")]
    assert missing["share"].tolist() == [0.1]


def test_a_discarded_message_lacks_what_should_have_followed() -> None:
    player = Player()
    usual = learned(player)
    player.play(PURCHASE, "poison", cut=LEDGER, stage="handling")
    message = player.book.events().query("queue == @LEDGER")["message_id"].iloc[-1]
    player.book.settle(player.clock, message, Outcome.DISCARD, pod="ledger-1", queue=LEDGER, error_type="BadAmount")
    player.clock += 60.0

    missing = find_missing(trace_of(player, "poison"), usual)

    assert names(missing) == [("step", "ledger.posted")]
    assert missing_sentences(missing)[0].endswith(
        "last seen: given up by ledger-1 on node-a from ledger.account-debited (BadAmount)"
    )


def test_without_known_routes_a_message_that_nobody_received_lacks_its_arrival() -> None:
    player = Player()
    usual = learned(player)
    player.play(PURCHASE, "waits", cut=LEDGER, stage="published")

    missing = find_missing(trace_of(player, "waits", known_routes=False), usual)

    assert names(missing) == [("step", LEDGER)]
    assert missing_sentences(missing)[0].startswith(f"expected ledger to receive account.debited from {LEDGER} within")


@pytest.mark.parametrize("operation", [Operation.SEND, Operation.RECEIVE])
def test_a_step_whose_lines_alone_are_missing_is_said_to_have_come(operation: Operation) -> None:
    """What follows is there: the publish's or the delivery's lines were lost, the event was not."""
    player = Player()
    usual = learned(player)
    player.play(PURCHASE, "gap")
    lines = player.events("gap")
    debited = lines["event_type"] == "account.debited"
    lost = debited & (lines["operation"] == operation)
    if operation is Operation.RECEIVE:
        lost = debited & (lines["queue"] == LEDGER)

    missing = find_missing(trace_of(player, "gap", lines[~lost]), usual)

    assert missing["implied"].tolist() == [True]
    (sentence,) = missing_sentences(missing)
    shows = (
        "account.debited being published"
        if operation is Operation.SEND
        else f"ledger handling account.debited from {LEDGER}"
    )
    assert sentence.startswith(f"no line shows {shows}, though what follows from it is there; last seen: ")


def test_an_event_of_which_nothing_was_learned_or_nothing_is_known_misses_nothing() -> None:
    player = Player()
    nothing = route_of(player)
    usual = learned(player)
    player.book.log(player.clock, "of no step", pod="cards-1", correlation_id="silent")

    assert names(find_missing(trace_of(player, "usual-0"), nothing)) == []
    assert names(find_missing(trace_of(player, "silent"), usual)) == []


def test_a_step_of_each_of_many_like_messages_is_missing_for_each() -> None:
    book = EventBook()
    for event, held in (("usual", 8), ("stuck", 4)):
        book.publish(0.0, event, pod="orders-1", correlation_id=event, event_type="order.placed")
        book.receive(0.1, event, queue="stock", pod="stock-1")
        for number in range(8):
            message = f"{event}-{number}"
            told = {"correlation_id": event, "event_type": "item.reserved", "causation_id": event}
            book.publish(0.2, message, pod="stock-1", **told)
            book.receive(0.3, message, queue="shelf", pod="shelf-1")
            if number < held:
                book.publish(
                    0.4, f"{message}x", pod="shelf-1", **told | {"event_type": "item.packed", "causation_id": message}
                )
                book.settle(0.5, message, pod="shelf-1")
        book.settle(0.6, event, pod="stock-1")
    events = book.events()
    usual = learn_usual("order.placed", assemble_many(events, book.time(60.0)))

    missing = find_missing(assemble_trace("stuck", events[events["correlation_id"] == "stuck"], book.time(60.0)), usual)

    assert missing["event_type"].tolist() == ["item.packed"] * 4
    assert missing["after_step_id"].nunique() == 4


QUEUES = st.deferred(
    lambda: st.lists(st.tuples(st.sampled_from("abc"), MESSAGES), max_size=3, unique_by=lambda each: each[0])
)
MESSAGES = st.deferred(lambda: st.one_of(st.none(), QUEUES))


def flow_of(queues: list[tuple[str, object]], event_type: str = "start") -> Message:
    """Make a flow of drawn shape: each handling publishes nothing or one message; names are unique by their place."""
    made = []
    for service, further in queues:
        published = () if further is None else (flow_of(further, f"{event_type}-{service}"),)
        made.append(Queue(service, published))
    return Message(event_type, tuple(made))


def handlings(flow: Message) -> list[tuple[str, tuple[Message, ...]]]:
    """Give each queue of the flow and what handling a message from it publishes."""
    found = [(flow.queue_name(queue), queue.publishes) for queue in flow.queues]
    return found + [each for queue in flow.queues for message in queue.publishes for each in handlings(message)]


@settings(max_examples=8, deadline=None)
@given(shape=QUEUES)
def test_a_completed_event_of_the_learned_kind_misses_nothing(shape: list[tuple[str, object]]) -> None:
    player = Player()
    flow = flow_of(shape)
    usual = learned(player, flow, events=3)
    player.play(flow, "another")

    assert names(find_missing(trace_of(player, "another"), usual)) == []


@settings(max_examples=15, deadline=None)
@given(
    shape=QUEUES.filter(len),
    choice=st.integers(0, 1000),
    stage=st.sampled_from(["published", "received", "handling", "unsettled"]),
)
def test_a_branch_that_ends_early_lacks_exactly_its_first_step(
    shape: list[tuple[str, object]], choice: int, stage: str
) -> None:
    player = Player()
    flow = flow_of(shape)
    usual = learned(player, flow, events=3)
    places = handlings(flow)
    cut, publishes = places[choice % len(places)]
    player.play(flow, "stuck", cut=cut, stage=stage)
    player.clock += 3600.0

    missing = find_missing(trace_of(player, "stuck"), usual)

    first = [("step", message.event_type) for message in publishes if stage != "unsettled"] or [("end", cut)]
    assert names(missing) == first
    assert (missing["age_seconds"] > 0).all()
