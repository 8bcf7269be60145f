"""Whatever a queue and its consumers do, waits are those of the broker: a simple one is asked, delivery by delivery."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from eventrail.analysis.assemble import assemble_trace
from eventrail.model.events import Operation, Outcome, as_events
from eventrail.model.trace import Trace

pytestmark = pytest.mark.slow

START = pd.Timestamp("2026-01-31T09:00:00Z")
QUEUE = "fraud.card-requested"
ROUTES = pd.DataFrame(
    {
        "exchange": ["bank.events", ""],
        "routing_key": ["card.requested", QUEUE],
        "queue": [QUEUE, QUEUE],
    }
)
# The phase that explains a failure traces every line that runs, through all of pandas.
NO_EXPLANATION = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


@dataclass
class Copy:
    """One publish in the broker's hands; `since` is the line at which its present wait began."""

    message: str
    since: int
    attempt: int = 1
    redelivered: bool = False
    exchange: str = "bank.events"


@dataclass
class Queue:
    """One queue, and consumers that hold what they got; each line is logged a millisecond after the one before."""

    ready: list[Copy] = field(default_factory=list)
    held: dict[int, Copy] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    waits: dict[int, int] = field(default_factory=dict)  # line of a delivery → line at which its wait began
    published: int = 0

    def publish(self) -> None:
        self.published += 1
        self.publish_again(self.published - 1)

    def publish_again(self, choice: int) -> None:
        message = f"m{1 + choice % self.published}"
        self.ready.append(Copy(message, len(self.rows)))
        told = {"exchange": "bank.events", "routing_key": "card.requested", "outcome": Outcome.CONFIRMED}
        self._write(Operation.SEND, message_id=message, **told)

    def deliver(self) -> None:
        if self.ready:
            copy = self.ready.pop(0)
            line = len(self.rows)
            self.held[line], self.waits[line] = copy, copy.since
            told = {"redelivered": copy.redelivered, "attempt": copy.attempt, "exchange": copy.exchange}
            self._write_delivery(Operation.RECEIVE, line, copy, **told)

    def settle(self, choice: int, outcome: Outcome) -> None:
        if not self.held:
            return
        tag = sorted(self.held)[choice % len(self.held)]
        copy = self.held.pop(tag)
        if outcome is Outcome.REQUEUE:
            self.ready.insert(0, Copy(copy.message, len(self.rows), copy.attempt + 1, True, copy.exchange))
        if outcome is Outcome.DISCARD:
            self.ready.append(Copy(copy.message, len(self.rows), copy.attempt + 1, False, ""))
        self._write_delivery(Operation.SETTLE, tag, copy, outcome=outcome)

    def trace(self) -> Trace:
        return assemble_trace("event-1", as_events(pd.DataFrame(self.rows)), self.time(len(self.rows)), ROUTES)

    def time(self, line: int) -> pd.Timestamp:
        return START + pd.Timedelta(line, unit="ms")

    def _write_delivery(self, operation: Operation, tag: int, copy: Copy, **told: Any) -> None:
        place = {"queue": QUEUE, "channel_id": "fraud-1.1/1/1", "delivery_tag": tag, "pod": "fraud-1"}
        self._write(operation, message_id=copy.message, **(place | told))

    def _write(self, operation: Operation, **told: Any) -> None:
        number = len(self.rows)
        self.rows.append({"time": self.time(number), "document_id": f"d{number}", "operation": operation, **told})


def acts_of(*names: str, outcomes: tuple[Outcome, ...]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    settlements = st.tuples(st.just("settle"), st.integers(0, 9), st.sampled_from(outcomes))
    chosen = {"publish_again": (st.integers(0, 9),)}
    others = [st.tuples(st.just(name), *chosen.get(name, ())) for name in names]
    return st.lists(st.one_of(*others, settlements), max_size=50)


def play(story: list[tuple[Any, ...]]) -> Queue:
    queue = Queue()
    queue.publish()
    for name, *arguments in story:
        getattr(queue, name)(*arguments)
    return queue


@settings(max_examples=100, deadline=None, phases=NO_EXPLANATION)
@given(story=acts_of("publish", "deliver", "deliver", outcomes=(Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD)))
def test_each_message_waited_since_it_came_into_the_queue_and_those_ready_wait_still(story: Any) -> None:
    queue = play(story)

    trace = queue.trace()

    waits = trace.steps[trace.steps["kind"] == "wait"]
    ended = waits[waits["end"].notna()]
    assert dict(zip(ended["end"], ended["start"], strict=True)) == {
        queue.time(delivered): queue.time(since) for delivered, since in queue.waits.items()
    }
    open_waits = waits[waits["end"].isna()]
    assert sorted(zip(open_waits["message_id"], open_waits["start"], open_waits["attempt"], strict=True)) == sorted(
        (copy.message, queue.time(copy.since), copy.attempt) for copy in queue.ready
    )
    assert (open_waits["state"] == "waiting").all()
    handles = trace.steps[trace.steps["kind"] == "handle"]
    assert set(handles["message_id"][handles["state"] == "outstanding"]) == {
        copy.message for copy in queue.held.values()
    }
    assert trace.warnings == ()


@settings(max_examples=100, deadline=None, phases=NO_EXPLANATION)
@given(story=acts_of("publish", "deliver", "deliver", "publish_again", outcomes=(Outcome.ACK, Outcome.REQUEUE)))
def test_of_messages_published_again_as_many_copies_wait_as_are_in_the_queue(story: Any) -> None:
    queue = play(story)

    steps = queue.trace().steps

    waiting = steps["message_id"][steps["state"] == "waiting"]
    assert (
        waiting.value_counts().to_dict() == pd.Series([copy.message for copy in queue.ready]).value_counts().to_dict()
    )
    held = steps["message_id"][steps["state"] == "outstanding"]
    assert (
        held.value_counts().to_dict()
        == pd.Series([copy.message for copy in queue.held.values()]).value_counts().to_dict()
    )
    deliveries = steps[steps["kind"] == "handle"]
    assert set(deliveries["parent_id"]) <= set(steps["id"][steps["kind"] == "wait"])
