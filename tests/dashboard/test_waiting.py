"""The section Waiting of the page Unacknowledged."""

from pathlib import Path

import pandas as pd

from dashboard.shaping import waiting as shaping
from eventrail.investigate.answers import WaitingAnswer
from eventrail.investigate.waiting import investigate_waiting
from eventrail.sources.recording import open_recording
from eventrail.testing.builders import START
from tests.dashboard.conftest import OpenPage
from tests.dashboard.test_pages import words

SHIPPED = Path(__file__).parents[2] / "recordings/hung-consumer.eventrail"


def shipped(queue: str | None = None) -> WaitingAnswer:
    return investigate_waiting(open_recording(SHIPPED), now=START, queue=queue)


def test_the_shipped_recording_shows_dead_letters_that_nobody_takes_and_how_they_came() -> None:
    answer = shipped()

    rows = shaping.queue_table(answer)
    assert rows["queue"].iloc[0] == "documents.dead-letter"
    assert rows["why"].iloc[0].startswith("no consumer since at least")
    assert rows["tone"].to_list() == ["warn", "warn", "plain"], "a delay queue is none to worry about"
    messages = shaping.message_table(answer.queues)
    assert messages["age"].is_monotonic_decreasing
    assert messages["history"].str.contains("documents.dead-letter waiting").all()
    assert set(messages["publisher"]) == {"accounts", "onboarding"}


def test_what_left_unhandled_is_counted_by_way_and_what_comes_back_is_not_listed_one_by_one() -> None:
    answer = shipped()

    gone = shaping.gone_table(answer).set_index("queue")
    assert gone["to"]["documents.statement-collected"] == "documents.dead-letter"
    assert gone["to"]["partner-gateway.transfer-funded"] == "back, after a delay"
    each = shaping.gone_messages_table(answer)
    assert len(each) == gone["messages"].sum() - gone["messages"]["partner-gateway.transfer-funded"]
    assert (each["why"] == "discarded by its consumer").all()


def test_one_queue_keeps_what_came_to_it_and_what_left_it() -> None:
    answer = shaping.of_queue(shipped(), "documents.dead-letter", "bank")

    assert [queue.queue for queue in answer.queues] == ["documents.dead-letter"]
    assert set(answer.gone["queue"]) == {"documents.statement-collected", "documents.onboarding-requested"}
    assert shaping.of_queue(answer, "no-such-queue", "").queues == ()
    assert shaping.difference(answer.queues[0]) == "10 of 11"
    assert shaping.reasons(answer.queues[0])[0].startswith("counted, not listed: 1 ")


def test_the_command_and_the_page_list_the_same_for_one_queue() -> None:
    asked = shipped("documents.dead-letter")
    narrowed = shaping.of_queue(shipped(), "documents.dead-letter", "")

    pd.testing.assert_frame_equal(asked.queues[0].messages, narrowed.queues[0].messages)


def test_where_nothing_waits_the_page_says_so(open_page: OpenPage) -> None:
    app = open_page("unacknowledged")

    assert "No message is waiting." in words(app)
