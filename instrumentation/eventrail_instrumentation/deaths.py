"""What the header `x-death` says of a message's last death. Publishers may have written it: it may hold anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

DEATHS_HEADER = "x-death"


@dataclass(frozen=True, slots=True)
class Death:
    """Where a message died, why, how often so, and when first (ISO 8601, UTC); None where the header does not say."""

    queue: str
    reason: str | None
    count: int
    time: str | None


def last_death(headers: Mapping[str, object]) -> Death | None:
    """The newest death: the broker puts it first. None for a message that never died."""
    listed = headers.get(DEATHS_HEADER)
    newest = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(newest, Mapping):
        return None
    queue, reason = newest.get("queue"), newest.get("reason")
    if not isinstance(queue, str) or not queue:
        return None
    return Death(queue, reason if isinstance(reason, str) else None, _count(newest.get("count")), _time(newest))


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 < value < 2**63 else 1


def _time(death: Mapping[str, object]) -> str | None:
    # pika gives AMQP's timestamps as naive datetimes in UTC.
    time = death.get("time")
    if not isinstance(time, datetime):
        return None
    known = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return known.replace(tzinfo=None).isoformat() + "Z"
