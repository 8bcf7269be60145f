"""Which step a log line belongs to."""

import pytest

from dashboard.shaping.line_steps import steps_of_lines
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook


@pytest.fixture
def book() -> EventBook:
    """Payments handles a message, and asks limits meanwhile."""
    book = EventBook()
    book.log(0.0, "order taken", pod="cards-1")
    book.publish(0.010, "m-1", pod="cards-1")
    book.receive(0.030, "m-1", queue="payments", pod="payments-1")
    book.process(0.040, "m-1", pod="payments-1")
    book.log(0.050, "looking the account up", pod="payments-1")
    book.call(0.090, pod="payments-1", peer_service="limits", causation_id="m-1", span_id="s-1", duration_seconds=0.03)
    book.log(0.070, "asking for the limit", pod="payments-1")
    book.log(0.100, "limit is enough", pod="payments-1")
    book.settle(0.120, "m-1", pod="payments-1")
    return book


def told(book: EventBook) -> tuple[Trace, dict[str, str | None]]:
    trace = assemble_trace("event-1", book.events(), book.time(600))
    kinds = trace.steps.set_index("id")["kind"]
    found = steps_of_lines(trace.log_lines, trace.steps)
    return trace, {
        line: kinds.get(step) for line, step in zip(trace.log_lines["message"], found.astype("object"), strict=True)
    }


def test_a_line_belongs_to_what_its_pod_did_then_the_innermost_of_it(book: EventBook) -> None:
    _, belongs = told(book)
    assert belongs == {
        "order taken": "publish",
        "looking the account up": "handle",
        "asking for the limit": "call",
        "limit is enough": "handle",
    }


def test_a_line_of_another_pod_or_of_long_after_belongs_to_no_step(book: EventBook) -> None:
    book.log(0.060, "unrelated", pod="audit-1")
    book.log(300.0, "reconciled", pod="payments-1")
    _, belongs = told(book)
    assert belongs["unrelated"] is None
    assert belongs["reconciled"] is None


def test_while_a_message_is_held_its_pods_lines_belong_to_it() -> None:
    book = EventBook()
    book.publish(0.0, "m-1", pod="cards-1")
    book.receive(0.030, "m-1", queue="payments", pod="payments-1")
    book.log(300.0, "still waiting for a lock", pod="payments-1")
    assert told(book)[1] == {"still waiting for a lock": "handle"}


def test_of_two_messages_handled_at_once_the_line_belongs_to_the_one_it_names() -> None:
    book = EventBook()
    for number in (1, 2):
        book.publish(number / 100, f"m-{number}", pod="cards-1")
        book.receive(0.1 + number / 100, f"m-{number}", queue="payments", pod="payments-1")
    book.log(0.2, "of the first", pod="payments-1", message_id="m-1")
    book.log(0.2, "of either", pod="payments-1")
    trace, _ = told(book)
    found = steps_of_lines(trace.log_lines, trace.steps)
    messages = trace.steps.set_index("id")["message_id"]
    assert dict(zip(trace.log_lines["message"], found.map(messages), strict=True)) == {
        "of the first": "m-1",
        "of either": "m-2",
    }


def test_a_line_belongs_to_the_span_that_it_names() -> None:
    book = EventBook()
    book.call(1.0, pod="cards-1", peer_service="limits", span_id="s-1", duration_seconds=0.5)
    book.call(0.9, pod="cards-1", peer_service="rates", span_id="s-2", duration_seconds=0.1)
    book.log(0.85, "asking limits again", pod="cards-1", span_id="s-1")
    trace, _ = told(book)
    (step,) = steps_of_lines(trace.log_lines, trace.steps)
    assert trace.steps.set_index("id").loc[step, "peer_service"] == "limits"


def test_without_lines_or_steps_there_is_nothing_to_tell(book: EventBook) -> None:
    trace, _ = told(book)
    assert steps_of_lines(trace.log_lines.iloc[:0], trace.steps).empty
    assert steps_of_lines(trace.log_lines, trace.steps.iloc[:0]).isna().all()
