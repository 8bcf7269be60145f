"""A dead letter as a reader chooses by it."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from eventrail.acting.deaths import Deaths, read_deaths
from eventrail.acting.exact_properties import ExactProperties
from eventrail.acting.header_table import count_of, text_of

REDRIVEN_COUNT: Final = "eventrail-redriven-count"
REDRIVEN_ACT: Final = "eventrail-redriven-act"
# How much of a body is kept for showing.
BODY_BYTES_SHOWN: Final = 4096
_COUNTS_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message in a dead-letter queue, as far as it can be read.

    position: 1 is the head of the queue. delivery_count: how often a quorum queue saw it given back, None where it does
    not tell. redriven: how often it was sent back before, redriven_act: by which act. body: its begin.
    fingerprint: the same for a copy that a crash left behind, another one once it was sent back again.
    """

    position: int
    message_id: str | None
    correlation_id: str | None
    event_type: str | None
    deaths: Deaths
    redelivered: bool
    delivery_count: int | None
    redriven: int
    redriven_act: str | None
    size_bytes: int
    body: bytes
    fingerprint: str

    @property
    def reason(self) -> str | None:
        """Why it died last: rejected, expired, maxlen or delivery_limit."""
        return self.deaths.last.reason if self.deaths.last else None


def read_letter(position: int, method: Any, properties: ExactProperties, body: bytes) -> DeadLetter:
    """Give what was got from the queue; whatever its properties hold, never an error."""
    headers = properties.headers or {}
    deaths = read_deaths(headers)
    redriven = _count_that_can_grow(headers.get(REDRIVEN_COUNT))
    identity = (properties.message_id, properties.correlation_id, properties.type, deaths.first_queue, redriven)
    digest = hashlib.sha256(repr(identity).encode("utf-8", "backslashreplace"))
    digest.update(body)
    return DeadLetter(
        position,
        text_of(properties.message_id),
        text_of(properties.correlation_id),
        text_of(properties.type),
        deaths,
        bool(method.redelivered),
        count_of(headers.get("x-delivery-count")),
        redriven,
        text_of(headers.get(REDRIVEN_ACT)),
        len(body),
        body[:BODY_BYTES_SHOWN],
        digest.hexdigest(),
    )


def _count_that_can_grow(value: Any) -> int:
    """Give a count that fits into a header when it has grown by one; a made-up one counts as none."""
    counted = count_of(value) or 0
    return counted if counted < _COUNTS_MAX else 0
