"""A flow as a tree, played into an event book: a message goes to queues, and handling it may publish further ones."""

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from eventrail.testing.builders import EventBook

# How far a delivery goes: what is logged of it, in order. "settled" logs all.
STAGES: Final = ("published", "received", "handling", "unsettled", "settled")
STEP_SECONDS: Final = 0.01
ARROW: Final = " → "


@dataclass(frozen=True)
class Queue:
    """A queue `service.event-type` and the messages that handling one from it publishes."""

    service: str
    publishes: tuple["Message", ...] = ()


@dataclass(frozen=True)
class Message:
    """An event type and the queues it goes to."""

    event_type: str
    queues: tuple[Queue, ...] = ()

    def queue_name(self, queue: Queue) -> str:
        return f"{queue.service}.{self.event_type.replace('.', '-')}"

    def paths(self, above: str = "") -> list[str]:
        """Give the path of this message and of all that follows from it."""
        own = above + self.event_type
        found = [own]
        for queue in self.queues:
            at = own + ARROW + self.queue_name(queue)
            found.append(at)
            found += [path for message in queue.publishes for path in message.paths(at + ARROW)]
        return found


@dataclass
class Player:
    """Plays events of a flow; `cut` is the queue at which an event goes no further than `stage`."""

    book: EventBook = field(default_factory=EventBook)
    clock: float = 0.0
    messages: int = 0

    def play(
        self, flow: Message, event: str, *, cut: str = "", stage: str = "settled", starter: str = "start-1"
    ) -> None:
        """Let one event happen, a step every STEP_SECONDS; the next one begins after it."""
        self._publish(flow, event, starter, None, cut, STAGES.index(stage))
        self.clock += 1.0

    def events(self, event: str | None = None) -> pd.DataFrame:
        table = self.book.events()
        return table if event is None else table[table["correlation_id"] == event].reset_index(drop=True)

    @property
    def now(self) -> pd.Timestamp:
        return self.book.time(self.clock)

    def routes(self) -> pd.DataFrame:
        """Give where messages went, as a log source would."""
        names = ["vhost", "exchange", "routing_key", "queue", "service"]
        table = self.book.events()
        return table[table["queue"].notna()][names].drop_duplicates()

    def _tick(self) -> float:
        self.clock += STEP_SECONDS
        return self.clock

    def _publish(self, message: Message, event: str, pod: str, cause: str | None, cut: str, stage: int) -> None:
        self.messages += 1
        message_id = f"m{self.messages}"
        facts = {"correlation_id": event, "event_type": message.event_type, "causation_id": cause}
        self.book.publish(self._tick(), message_id, pod=pod, **facts)
        for queue in message.queues:
            name, holder = message.queue_name(queue), f"{queue.service}-1"
            reached = stage if name == cut else STAGES.index("settled")
            if reached >= STAGES.index("received"):
                self.book.receive(self._tick(), message_id, queue=name, pod=holder)
            if reached >= STAGES.index("handling"):
                self.book.process(self._tick(), message_id, pod=holder, queue=name)
            if reached >= STAGES.index("unsettled"):
                for further in queue.publishes:
                    self._publish(further, event, holder, message_id, cut, stage)
            if reached >= STAGES.index("settled"):
                self.book.settle(self._tick(), message_id, pod=holder, queue=name)


PURCHASE: Final = Message(
    "card.authorised",
    (
        Queue("rewards"),
        Queue(
            "payments",
            (
                Message(
                    "payment.requested",
                    (
                        Queue(
                            "accounts",
                            (
                                Message(
                                    "account.debited",
                                    (
                                        Queue("ledger", (Message("ledger.posted", (Queue("reporting"),)),)),
                                        Queue("notifications"),
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    ),
)
# The same until the accounts refuse.
REFUSAL: Final = Message(
    "card.authorised",
    (
        Queue("rewards"),
        Queue(
            "payments",
            (
                Message(
                    "payment.requested",
                    (Queue("accounts", (Message("payment.rejected", (Queue("notifications"),)),)),),
                ),
            ),
        ),
    ),
)
