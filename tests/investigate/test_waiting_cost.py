"""However many messages wait, a bounded number of lines is read, from the head of the queue on."""

import pandas as pd
import pytest

from eventrail.analysis.reconcile import GaugeReading
from eventrail.investigate import waiting_lines
from eventrail.investigate.waiting import investigate_waiting
from eventrail.investigate.waiting_gauges import QueueSeen
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from tests.investigate.told import ToldLogs, ToldMetrics, told

QUEUE = "ledger.posted"
MESSAGES, DELIVERED = 200, 120
NOW = 600.0


def busy_book() -> EventBook:
    """One message a second, the oldest 120 of 200 delivered, two seconds after one another."""
    book = EventBook()
    for number in range(MESSAGES):
        book.publish(number, f"m{number}", pod="bank-1", event_type="posted", correlation_id=f"event-{number}")
        if number < DELIVERED:
            book.handle(2 * number + 0.5, f"m{number}", queue=QUEUE, pod="ledger-1")
    for second in range(0, int(NOW) + 1, 5):
        book.heartbeat(second, pod="bank-1")
    return book


def never_empty(book: EventBook) -> dict[str, pd.DataFrame]:
    times = pd.Series([book.time(second) for second in range(0, int(NOW) + 1, 5)])
    values = {"queue_messages_ready": MESSAGES - DELIVERED, "queue_messages_unacked": 0, "queue_consumers": 1}
    return {
        name: pd.DataFrame({"vhost": "/", "queue": QUEUE, "time": times, "value": float(value)})
        for name, value in values.items()
    }


def test_a_queue_that_is_never_empty_is_read_from_its_head() -> None:
    book = busy_book()
    logs = told(book, None).logs
    assert isinstance(logs, ToldLogs)
    seen = QueueSeen(GaugeReading(80, book.time(NOW)), 0, 1, None, False, None, book.time(-600))

    lines = waiting_lines.queue_lines(logs, seen, QUEUE, ("posted",), book.time(NOW), 1800.0, lines_max=60)

    assert not lines.whole
    assert lines.deliveries["message_id"].nunique() == 20, "three lines a delivery, the newest 60"
    published = lines.sends["message_id"].to_list()
    assert len(published) == 60
    assert published[0] == "m119", "the newest that a line delivers is the head; nothing before it waits"


def test_the_oldest_are_listed_and_the_others_counted_and_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    book = busy_book()
    monkeypatch.setattr(waiting_lines.queue_lines, "__defaults__", (60,))
    logs = told(book, None).logs
    sources = Sources(logs, ToldMetrics(never_empty(book)), None, "told by a test")

    answer = investigate_waiting(sources, now=book.time(NOW).to_pydatetime(), queue=QUEUE)

    (waiting,) = answer.queues
    assert waiting.ready == MESSAGES - DELIVERED
    assert waiting.messages["message_id"].to_list() == [f"m{number}" for number in range(120, 179)]
    (reason,) = waiting.reasons
    assert (reason.side, reason.kind, reason.messages) == ("unexplained", "not-read", 21)
    assert "the oldest 60 publishes" in reason.what
