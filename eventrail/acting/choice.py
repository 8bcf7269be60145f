"""Which dead letters are meant, and where each would go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from eventrail.acting.letters import DeadLetter

Origin = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a letter must be to be chosen; an empty tuple or None asks for nothing.

    fingerprints: of letters that were seen; all copies of one have the same.
    died_in: the queue it died in first or last. died_from, died_until: when it died last, both included; a letter
    without that time is chosen only where neither is given.
    """

    message_ids: tuple[str, ...] = ()
    correlation_ids: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    died_in: tuple[str, ...] = ()
    died_from: datetime | None = None
    died_until: datetime | None = None
    fingerprints: frozenset[str] = frozenset()

    def takes(self, letter: DeadLetter) -> bool:
        """Say whether a letter is chosen."""
        last = letter.deaths.last
        queues = {letter.deaths.first_queue, last.queue if last else None}
        return (
            _among(letter.message_id, self.message_ids)
            and _among(letter.correlation_id, self.correlation_ids)
            and _among(letter.event_type, self.event_types)
            and _among(letter.reason, self.reasons)
            and (not self.fingerprints or letter.fingerprint in self.fingerprints)
            and (not self.died_in or not queues.isdisjoint(self.died_in))
            and self._in_time(last.time if last else None)
        )

    def _in_time(self, died: datetime | None) -> bool:
        if died is None:
            return self.died_from is None and self.died_until is None
        return (self.died_from is None or died >= self.died_from) and (
            self.died_until is None or died <= self.died_until
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be sent back.

    origin: to the queue where a letter died first, or last; to_queue: to this queue instead.
    limit: at most so many are sent; scan: at most so many are looked at, from the head.
    """

    vhost: str
    queue: str
    choice: Choice = Choice()
    origin: Origin = "first"
    to_queue: str | None = None
    limit: int = 100
    scan: int = 10_000

    def target(self, letter: DeadLetter) -> str | None:
        """Give the queue that a letter goes to; None where nothing says where it came from."""
        if self.to_queue is not None:
            return self.to_queue
        if self.origin == "first":
            return letter.deaths.first_queue
        return letter.deaths.last.queue if letter.deaths.last else None


def _among(value: str | None, wanted: tuple[str, ...]) -> bool:
    return not wanted or value in wanted
