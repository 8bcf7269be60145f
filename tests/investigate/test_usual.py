"""What is usual of a trace, learned from a source: which events are read, what is said where there is little."""

from dataclasses import replace
from itertools import pairwise

import pandas as pd
import pytest

from eventrail.analysis.assemble import assemble_trace
from eventrail.investigate.usual import FEW_EVENTS, investigate_usual
from eventrail.model.events import Operation
from eventrail.model.trace import Trace
from eventrail.model.window import Window
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from tests.investigate.told import DeadLogs, ToldLogs, told

DAY = 24 * 3600.0


def purchase(book: EventBook, event: str, at: float, *, stuck: bool = False) -> None:
    """Let a card be used: payments handles it and publishes, ledger books."""
    book.publish(at, f"{event}-1", pod="cards-1", correlation_id=event, event_type="card.used")
    book.receive(at + 0.1, f"{event}-1", queue="payments", pod="payments-1")
    book.process(at + 0.1, f"{event}-1", pod="payments-1")
    if stuck:
        return
    told_of = {"correlation_id": event, "event_type": "paid", "causation_id": f"{event}-1"}
    book.publish(at + 0.2, f"{event}-2", pod="payments-1", **told_of)
    book.settle(at + 0.3, f"{event}-1", pod="payments-1")
    book.handle(at + 0.4, f"{event}-2", queue="ledger", pod="ledger-1")


def stuck_among(book: EventBook, events: int, *, apart_seconds: float = 1.0) -> tuple[Sources, Trace]:
    """Give sources with so many completed events and then one that is stuck for a minute."""
    for number in range(events):
        purchase(book, f"usual-{number}", number * apart_seconds)
    last = events * apart_seconds
    purchase(book, "stuck", last, stuck=True)
    lines = book.events()
    return told(book, None), assemble_trace("stuck", lines[lines["correlation_id"] == "stuck"], book.time(last + 60.0))


def queries(sources: Sources) -> list[tuple[str, ...]]:
    assert isinstance(sources.logs, ToldLogs)
    return [query.correlation_ids for query in sources.logs.queries if query.correlation_ids]


def test_the_answer_names_what_is_missing_the_twin_and_what_they_rest_on() -> None:
    sources, trace = stuck_among(EventBook(), 30)

    answer = investigate_usual(sources, trace)

    assert (answer.usual.event_type, answer.usual.events, answer.usual.read) == ("card.used", 30, 30)
    assert (answer.found, answer.found_more, answer.problems) == (31, False, ())
    assert answer.missing["event_type"].tolist() == ["paid"]
    assert answer.missing["nothing_seconds"].tolist() == pytest.approx([60.0])
    assert answer.twin is not None
    assert answer.twin.correlation_id == "usual-29"


def test_only_lines_of_messages_and_calls_are_read_and_their_texts_are_not_asked_for() -> None:
    sources, trace = stuck_among(EventBook(), 30)

    investigate_usual(sources, trace)

    assert isinstance(sources.logs, ToldLogs)
    for query in sources.logs.queries:
        assert query.operations
        assert Operation.LOG not in query.operations
        assert query.columns
        assert "message" not in query.columns


def test_of_many_events_some_are_read_the_nearest_and_others_spread_over_the_window() -> None:
    sources, trace = stuck_among(EventBook(), 300)

    answer = investigate_usual(sources, trace, events_max=150)

    (read,) = queries(sources)
    numbers = sorted(int(event.removeprefix("usual-")) for event in read if event != "stuck")
    assert len(read) == 150
    assert numbers[-99:] == list(range(201, 300))
    assert numbers[0] == 0
    assert max(b - a for a, b in pairwise(numbers)) <= 5
    assert (answer.usual.events, answer.found) == (149, 301)


def test_many_events_are_asked_for_in_several_questions() -> None:
    sources, trace = stuck_among(EventBook(), 300)

    investigate_usual(sources, trace)

    assert sorted(map(len, queries(sources))) == [51, 250]


def test_where_few_completed_in_the_hour_before_the_day_is_looked_at() -> None:
    sources, trace = stuck_among(EventBook(), 30, apart_seconds=1800.0)

    answer = investigate_usual(sources, trace)

    assert answer.usual.events == 30
    assert answer.window.seconds == pytest.approx(DAY + 60.0)


def test_a_window_that_was_asked_for_is_kept_and_little_to_learn_from_is_said() -> None:
    sources, trace = stuck_among(EventBook(), 30, apart_seconds=1800.0)
    window = Window.before(trace.as_of.to_pydatetime(), 3700.0)

    answer = investigate_usual(sources, trace, window=window)

    assert answer.window == window
    assert answer.usual.events < FEW_EVENTS
    (problem,) = answer.problems
    assert problem.severity == "info"
    assert "3 events begin with card.used from 2026-01-31 22:59 to 2026-02-01 00:01 UTC, of which 2" in problem.what


def test_an_event_of_another_kind_that_has_such_a_message_on_its_way_is_not_learned_from() -> None:
    book = EventBook()
    for number in range(5):
        at = 10.0 * number
        book.publish(at, f"o{number}", pod="shop-1", correlation_id=f"order-{number}", event_type="order.placed")
        book.receive(at + 0.1, f"o{number}", queue="cards", pod="cards-1")
        told_of = {"correlation_id": f"order-{number}", "event_type": "card.used", "causation_id": f"o{number}"}
        book.publish(at + 0.2, f"c{number}", pod="cards-1", **told_of)
        book.settle(at + 0.3, f"o{number}", pod="cards-1")
    sources, trace = stuck_among(book, 25)

    answer = investigate_usual(sources, trace)

    assert (answer.found, answer.usual.events) == (26, 25)
    assert queries(sources) == [(*(f"usual-{number}" for number in range(25)), "stuck")]


def test_the_future_of_the_instant_is_not_known() -> None:
    sources, trace = stuck_among(EventBook(), 30)
    early = replace(trace, as_of=EventBook().time(10.05))

    assert investigate_usual(sources, early).usual.events == 10


def test_without_logs_or_event_types_the_answer_says_why_it_is_empty() -> None:
    sources, trace = stuck_among(EventBook(), 1)
    untyped = replace(
        trace, steps=trace.steps.assign(event_type=pd.Series(pd.NA, index=trace.steps.index, dtype="str"))
    )

    for answer, said in (
        (investigate_usual(replace(sources, logs=None), trace), "no log source is configured"),
        (investigate_usual(replace(sources, logs=DeadLogs()), trace), "connection refused"),
        (investigate_usual(sources, untyped), "no line of the event states an event type"),
    ):
        assert (answer.usual.events, len(answer.missing), answer.twin) == (0, 0, None)
        assert said in " ".join(problem.what for problem in answer.problems).lower()
