"""For the tests of a service: reads back what it logged."""

import io
import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.02
Line = dict[str, Any]


class LogLines(io.StringIO):
    """A stream for `Service(stream=…)` whose lines can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = threading.Lock()

    def write(self, text: str) -> int:
        with self._guard:
            return super().write(text)

    def all(self) -> list[Line]:
        """Every line so far, parsed."""
        with self._guard:
            return [json.loads(line) for line in self.getvalue().splitlines()]

    def matching(self, **wanted: object) -> list[Line]:
        """The lines whose short-named fields have the given values; see SHORT."""
        return [line for line in self.all() if all(line.get(SHORT[name]) == value for name, value in wanted.items())]

    def wait(self, count: int = 1, within_seconds: float = 20, **wanted: object) -> list[Line]:
        """Waits until at least `count` lines match, and gives them."""
        return wait_for(lambda: self.matching(**wanted), lambda found: len(found) >= count, within_seconds)


SHORT = {
    "operation": "messaging.operation.type",
    "outcome": "messaging.operation.outcome",
    "message_id": "messaging.message.id",
    "correlation_id": "messaging.message.conversation_id",
    "queue": "messaging.destination.subscription.name",
    "action": "event.action",
    "text": "message",
    "kind": "span.kind",
    "type": "messaging.message.type",
}


def wait_for(read: Callable[[], T], enough: Callable[[T], bool], within_seconds: float = 20) -> T:
    """Polls `read` until its value is enough; fails with the last value when time is up."""
    deadline = time.monotonic() + within_seconds
    while not enough(value := read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_seconds} s; last seen: {value}")
        time.sleep(_POLL_SECONDS)
    return value
