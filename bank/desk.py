"""What a service's code works with while it handles one message: time, chance, publishing, look-ups, its log."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from eventrail_instrumentation import Call, client_call
from eventrail_instrumentation.eventlog import EventLog

EXCHANGE = "bank.events"
DEAD_LETTER_EXCHANGE = "bank.dead-letter"


class Ask(Protocol):
    """Asks another service something and waits for the answer."""

    def __call__(self, service: str, method: str, question: Mapping[str, object]) -> dict[str, Any]: ...


class Desk:
    """One piece of work. Its chances are drawn from the seed and the work's reference, never from the clock."""

    def __init__(
        self,
        *,
        draw: random.Random,
        publish: Callable[[str, str, str, bytes | Mapping[str, object]], str],
        may_publish: tuple[str, ...],
        ask: Ask,
        event_log: EventLog,
        log: logging.Logger,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.draw = draw
        self.log = log
        self._publish = publish
        self._may_publish = may_publish
        self._ask = ask
        self._event_log = event_log
        self._sleep = sleep

    def work(self, shortest_ms: float, longest_ms: float) -> None:
        """Takes some time, as a database would, without using the processor. Mostly near the shortest."""
        self._sleep(self.draw.triangular(shortest_ms, longest_ms, shortest_ms) / 1000)

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens to this piece of work."""
        return self.draw.random() < probability

    def publish(self, event_type: str, body: Mapping[str, object]) -> None:
        """Tells the bank that something has happened. Only what the flow declares may be published."""
        if event_type not in self._may_publish:
            raise LookupError(f"this step does not declare {event_type!r}; it declares {self._may_publish}")
        self._publish(EXCHANGE, event_type, event_type, body)

    def park(self, queue: str, event_type: str, body: bytes) -> None:
        """Puts a message that has been tried often enough where people look after it."""
        self._publish(DEAD_LETTER_EXCHANGE, queue, event_type, body)

    def ask(self, service: str, method: str, **question: object) -> dict[str, Any]:
        """Asks another service by gRPC. Raises `Requeue` when it cannot be reached."""
        return self._ask(service, method, question)

    def call_partner(self, method: str, shortest_ms: float, longest_ms: float, *, busy: float) -> None:
        """Waits for the partner bank, a system outside; raises TimeoutError with probability `busy`."""
        with client_call(self._event_log, Call("client", "http", "PartnerBank", method, peer="partner-bank")):
            self.work(shortest_ms, longest_ms)
            if self.happens(busy):
                raise TimeoutError("the partner bank is busy")
