"""Following an event asks where messages go, in words that stay the same for a minute: a source can keep the answer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eventrail.investigate.tracing import investigate_trace
from eventrail.model.answers import TableAnswer
from eventrail.model.trace import TraceState
from eventrail.model.window import Window
from eventrail.sources.file_logs import FileLogs
from eventrail.sources.ports import Sources
from eventrail.sources.table_logs import LogTable
from eventrail.testing.builders import EventBook


@dataclass(frozen=True)
class ListeningLogs(FileLogs):
    """Logs that remember which windows they were asked for routes of."""

    asked: list[Window] = field(default_factory=list)

    def routes(self, window: Window) -> TableAnswer:
        self.asked.append(window)
        return super().routes(window)


def sources() -> tuple[ListeningLogs, Sources, datetime]:
    """Let fraud and audit get the first event's message, and only fraud the second one's."""
    book = EventBook()
    for number, consumers in enumerate((("fraud", "audit"), ("fraud",)), start=1):
        message, at = f"m{number}", float(number)
        book.publish(at, message, pod="cards-1", event_type="card.requested", correlation_id=f"event-{number}")
        for consumer in consumers:
            book.handle(at + 0.1, message, queue=f"{consumer}.card-requested", pod=f"{consumer}-1")
    logs = ListeningLogs("memory", "memory", "8", (), LogTable.of(book.events()))
    return logs, Sources(logs, None, None, "told by a test"), book.time(5.0).to_pydatetime()


def test_a_message_that_one_of_its_queues_delivered_still_waits_in_the_other() -> None:
    _, told, now = sources()

    first, second = (investigate_trace(told, event, now=now, as_of=now).trace for event in ("event-1", "event-2"))

    assert first is not None
    assert first.state is TraceState.COMPLETE
    assert second is not None
    assert second.state is TraceState.WAITING
    assert second.steps.query("state == 'waiting'")["queue"].to_list() == ["audit.card-requested"]


def test_look_ups_of_one_minute_ask_for_the_same_routes_and_the_next_minute_for_others() -> None:
    logs, told, now = sources()

    for seconds in (0, 20, 54, 56, 70):
        at = now + timedelta(seconds=seconds)
        investigate_trace(told, "event-1", now=at, as_of=at)

    windows = list(dict.fromkeys(logs.asked))
    assert [logs.asked.count(window) for window in windows] == [3, 2]
    assert windows[0].start < now < windows[0].end
    assert windows[1].end - windows[0].end == timedelta(minutes=1)
