"""What a dead letter's headers say about how it died. Publishers may have written them: any value may stand there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from eventrail.acting.header_table import count_of, text_of, time_of

FIRST_QUEUE: Final = "x-first-death-queue"
DEATHS: Final = "x-death"


@dataclass(frozen=True, slots=True)
class Death:
    """One entry of x-death: all deaths in one queue for one reason.

    time: of the first of them, UTC, to the second; count: how many.
    """

    queue: str
    reason: str | None
    exchange: str | None
    routing_keys: tuple[str, ...]
    time: datetime | None
    count: int


@dataclass(frozen=True, slots=True)
class Deaths:
    """A letter's deaths, newest first, and the queue of the very first."""

    entries: tuple[Death, ...]
    first_queue: str | None

    @property
    def last(self) -> Death | None:
        """The death that brought it here."""
        return self.entries[0] if self.entries else None

    @property
    def count(self) -> int:
        """How often it died."""
        return sum(entry.count for entry in self.entries)


def read_deaths(headers: Mapping[str, Any]) -> Deaths:
    """Give the deaths that headers tell of; entries that are none, or name no queue, are passed over."""
    listed = headers.get(DEATHS)
    entries = tuple(
        death for entry in (listed if isinstance(listed, list) else ()) if (death := _death(entry)) is not None
    )
    first = text_of(headers.get(FIRST_QUEUE))
    return Deaths(entries, first or (entries[-1].queue if entries else None))


def _death(entry: Any) -> Death | None:
    if not isinstance(entry, Mapping) or (queue := text_of(entry.get("queue"))) is None:
        return None
    keys = entry.get("routing-keys")
    return Death(
        queue,
        text_of(entry.get("reason")),
        text_of(entry.get("exchange")),
        tuple(key for each in (keys if isinstance(keys, list) else ()) if (key := text_of(each)) is not None),
        time_of(entry.get("time")),
        count_of(entry.get("count")) or 1,
    )
