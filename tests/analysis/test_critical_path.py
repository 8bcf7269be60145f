"""Which steps, and which part of each, determine when an event ended.

Every case opens with a picture of its steps: p publish, . waiting in a queue, r received into the client's buffer,
= handling, c call; + marks the critical path below the steps. One character is a second.
"""

from dataclasses import replace

import pandas as pd
import pytest

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.critical_path import critical_path
from eventrail.model.events import Outcome, empty_events
from eventrail.model.paths import PATH_COLUMNS, CriticalPath
from eventrail.model.table import conform
from eventrail.model.trace import STEP_COLUMNS, Trace, TraceState
from eventrail.testing.builders import EventBook

ROUTES = pd.DataFrame({"exchange": ["bank.events"], "routing_key": ["card.authorised"], "queue": ["payments.q"]})


def assemble(book: EventBook, at: float = 100.0) -> Trace:
    return assemble_trace("event-1", book.events(), book.time(at), ROUTES)


def told(trace: Trace, path: CriticalPath) -> list[str]:
    """Say each section in words: who, what, from second, to second."""
    steps = trace.steps.set_index("id")
    began = trace.steps["start"].min()

    def second(instant: pd.Timestamp) -> str:
        return f"{(instant - began).total_seconds():g}"

    return [
        f"{steps.loc[row.step_id, 'service']} {row.part} {second(row.start)} to {second(row.end)}"
        for row in path.sections.itertuples()
    ]


def delivery(book: EventBook, message: str, pod: str, received: float, taken: float, settled: float) -> None:
    """Let a pod receive, take and ack a message from its service's queue."""
    book.receive(received, message, queue=f"{pod.split('-', maxsplit=1)[0]}.q", pod=pod)
    book.process(taken, message, pod=pod)
    book.settle(settled, message, pod=pod)


def test_a_chain_is_critical_up_to_where_each_handling_published() -> None:
    """Fraud goes on for 3 s after its publish, which nobody waits for.

    cards     p
    fraud      ..r====
    payments      ....=====
              ++++++++++++++
    second    0   4   8   13
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 2, 3, 7)
    book.publish(4, "m2", pod="fraud-1", causation_id="m1")
    delivery(book, "m2", "payments-1", 8, 8, 13)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path) == [
        "cards publish 0 to 0",
        "fraud wait 0 to 2",
        "fraud received 2 to 3",
        "fraud handle 3 to 4",
        "fraud publish 4 to 4",
        "payments wait 4 to 8",
        "payments handle 8 to 13",
    ]
    assert (path.started, path.ended, path.open) == (trace.started, trace.ended, False)
    assert path.seconds == 13.0


def test_of_many_branches_the_one_that_ends_last_is_critical() -> None:
    """Audit began last and waited longest, and still was done before payments.

    cards     p
    payments   .=========
    audit      .....====
              +++++++++++
    second    0    5    10
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "payments-1", 1, 1, 10)
    delivery(book, "m1", "audit-1", 5, 5, 9)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path) == ["cards publish 0 to 0", "payments wait 0 to 1", "payments handle 1 to 10"]


def test_a_handling_that_outlasts_what_it_caused_is_critical_to_its_own_end() -> None:
    """Fraud's effect is over long before fraud is; no step of it counts.

    cards     p
    fraud      =============
    payments     .==
              ++++++++++++++
    second    0    5   9   13
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 0, 0, 13)
    book.publish(2, "m2", pod="fraud-1", causation_id="m1")
    delivery(book, "m2", "payments-1", 3, 3, 5)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path) == ["cards publish 0 to 0", "fraud wait 0 to 0", "fraud handle 0 to 13"]


def test_calls_explain_the_part_of_a_handling_in_which_it_waited_for_them() -> None:
    """Of two calls side by side the later end counts; then the one that was over before that one began.

    cards     p
    fraud      =============
     limits      ccc
     scores          ccccc
     names            ccc
              ++++++++++++++
    second    0 2  5 7   12 13
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 0, 0, 13)
    for peer, begin, end in (("limits", 2, 5), ("scores", 7, 12), ("names", 8, 11)):
        book.call(end, pod="fraud-1", peer_service=peer, causation_id="m1", duration_seconds=end - begin, span_id=peer)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path)[2:] == [
        "fraud handle 0 to 2",
        "fraud call 2 to 5",
        "fraud handle 5 to 7",
        "fraud call 7 to 12",
        "fraud handle 12 to 13",
    ]
    assert [step for step in path.step_ids if step.startswith("call:")] == ["call:limits.client", "call:scores.client"]


def test_the_called_side_explains_the_call_and_a_call_after_the_publish_explains_nothing() -> None:
    """Payments waits for the publish at 6, so what fraud asked for at 7 is of no account.

    cards     p
    fraud      ==========
     limits      ccc
      served      c
     names            cc
    payments         ...=====
              ++++++++++++++
    second    0 2  5 6  9   13
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 0, 0, 10)
    book.call(5, pod="fraud-1", peer_service="limits", causation_id="m1", duration_seconds=3, span_id="a")
    book.call(
        4, pod="limits-1", peer_service="fraud", span_kind="server", duration_seconds=1, span_id="b", parent_span_id="a"
    )
    book.call(9, pod="fraud-1", peer_service="names", causation_id="m1", duration_seconds=2, span_id="c")
    book.publish(6, "m2", pod="fraud-1", causation_id="m1")
    delivery(book, "m2", "payments-1", 9, 9, 14)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path)[2:] == [
        "fraud handle 0 to 2",
        "fraud call 2 to 3",
        "limits call 3 to 4",
        "fraud call 4 to 5",
        "fraud handle 5 to 6",
        "fraud publish 6 to 6",
        "payments wait 6 to 9",
        "payments handle 9 to 14",
    ]


def test_every_attempt_and_the_delay_before_a_retry_are_critical() -> None:
    """Given back at 3, handed out again at 9.

    cards     p
    fraud      ===
    fraud         ......====
              ++++++++++++++
    second    0  3     9   13
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    book.receive(0, "m1", queue="fraud.q", pod="fraud-1")
    book.process(0, "m1", pod="fraud-1")
    book.settle(3, "m1", Outcome.REQUEUE, pod="fraud-1")
    delivery(book, "m1", "fraud-2", 9, 9, 13)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path)[1:] == [
        "fraud wait 0 to 0",
        "fraud handle 0 to 3",
        "fraud wait 3 to 9",
        "fraud handle 9 to 13",
    ]


def test_time_in_which_no_step_went_on_is_told_as_such() -> None:
    """The service publishes the reminder 4 s after it settled.

    cards     p
    fraud      ===
    (nothing)     ....
    payments          .=====
              ++++++++++++++
    second    0  3   7 8   13
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 0, 0, 3)
    book.publish(7, "m2", pod="fraud-1", causation_id="m1")
    delivery(book, "m2", "payments-1", 8, 8, 13)
    trace = assemble(book)

    path = critical_path(trace)

    assert told(trace, path)[2:5] == ["fraud handle 0 to 3", "fraud between 3 to 7", "fraud publish 7 to 7"]
    assert path.sections["seconds"].sum() == path.seconds == 13.0


def test_an_unfinished_event_has_run_as_long_as_its_open_step_goes_on() -> None:
    """Fraud holds the message since 4 and has not settled; that audit was done at 9 explains nothing.

    cards     p
    audit      .........
    fraud      ....======>
              +++++++++++
    second    0    4     11 (as of)
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "audit-1", 8, 8, 9)
    book.receive(4, "m1", queue="fraud.q", pod="fraud-1")
    book.process(4, "m1", pod="fraud-1")
    trace = assemble(book, at=11)

    path = critical_path(trace)

    assert trace.state is TraceState.OUTSTANDING
    assert told(trace, path)[1:] == ["fraud wait 0 to 4", "fraud handle 4 to 11"]
    assert (path.ended, path.open) == (trace.as_of, True)


def test_of_several_open_steps_the_one_that_began_first_is_critical() -> None:
    """What fraud published waits since 6, but fraud itself holds its message since 2.

    cards     p
    fraud      ..rrrrrrrr>
    payments         .....>
              +++++++++++
    second    0  2   6   11 (as of)
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    book.receive(2, "m1", queue="fraud.q", pod="fraud-1")
    book.publish(6, "m2", pod="fraud-1", causation_id="m1", event_type="card.authorised")
    trace = assemble(book, at=11)

    path = critical_path(trace)

    assert sorted(trace.steps["state"][trace.steps["end"].isna()]) == ["outstanding", "waiting"]
    assert told(trace, path)[1:] == ["fraud wait 0 to 2", "fraud received 2 to 11"]


def test_a_clock_that_is_ahead_makes_sections_short_but_never_negative() -> None:
    """Payments' clock is 6 s behind: it seems to be done with m2 before fraud has published it.

    cards     p
    fraud      ..=====
    payments  .==
              +++
    second    0 2  5 7
    """
    book = EventBook()
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 2, 2, 7)
    book.publish(7, "m2", pod="fraud-1", causation_id="m1")
    delivery(book, "m2", "payments-1", 1, 1, 8)
    trace = assemble(book)

    path = critical_path(trace)

    assert (path.sections["seconds"] >= 0).all()
    assert path.sections["start"].iloc[1:].to_list() == path.sections["end"].iloc[:-1].to_list()
    assert len(path.step_ids) == 6


def test_causes_that_run_in_a_circle_end_the_walk() -> None:
    """Two messages that name each other as cause; the circle is cut above its first step.

    cards     p<---------+
    fraud      .===p     |
    cards           .===-+
              ++++++++++
    audit     p..=
    """
    book = EventBook()
    book.publish(0, "m0", pod="cards-1")
    delivery(book, "m0", "audit-1", 3, 3, 4)
    book.publish(0, "m1", pod="cards-1")
    delivery(book, "m1", "fraud-1", 1, 1, 4)
    book.publish(4, "m2", pod="fraud-1", causation_id="m1")
    delivery(book, "m2", "cards-1", 5, 5, 8)
    trace = assemble(book)
    steps = trace.steps.set_index("id", drop=False)
    steps.loc["publish:m1", "parent_id"] = "handle:cards.q:m2"

    path = critical_path(replace(trace, steps=steps.reset_index(drop=True)))

    assert path.seconds == 8.0
    assert len(path.step_ids) == 6


@pytest.mark.parametrize("parent", ["a", "b", "nowhere", None])
def test_a_step_that_names_itself_or_nobody_is_a_start(parent: str | None) -> None:
    began = pd.Timestamp("2026-01-31T09:00:00Z")
    step = {"id": ["a"], "parent_id": [parent], "kind": ["handle"], "state": ["complete"], "start": [began]}
    steps = conform(pd.DataFrame(step | {"end": [began + pd.Timedelta(2, unit="s")]}), STEP_COLUMNS)
    trace = Trace("event-1", began, began, began, TraceState.COMPLETE, steps, empty_events(), ())

    assert critical_path(trace).sections["seconds"].to_list() == [2.0]


def test_an_event_without_steps_has_no_path() -> None:
    trace = assemble_trace("event-1", empty_events(), EventBook().time(0))

    path = critical_path(trace)

    assert (len(path.sections), path.started, path.ended, path.seconds) == (0, None, None, 0.0)
    assert list(path.sections.columns) == list(PATH_COLUMNS)
