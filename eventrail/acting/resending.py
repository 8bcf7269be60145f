"""The message that is sent for a dead letter: the same, but for what the broker would obey or refuse.

What is taken off is kept under `eventrail-was-…`, so that nothing is forgotten (docs/acting.md).
"""

import copy
from typing import Final

from eventrail.acting.exact_properties import ExactProperties
from eventrail.acting.header_table import RawHeaders, raw
from eventrail.acting.letters import REDRIVEN_ACT, REDRIVEN_COUNT, DeadLetter

KEPT_AS: Final = "eventrail-was-"
REDRIVEN_FROM: Final = "eventrail-redriven-from"
PERHAPS_TWICE: Final = "eventrail-perhaps-twice"

# A broker before 4.0 drops a message that dies without a rejection in a queue that its x-death names already, and
# counts retries on from the old ones; CC and BCC would lead it to further queues.
_KEPT: Final = frozenset({b"x-death", b"cc", b"bcc"})
DEATH_FACTS: Final = ("queue", "reason", "exchange")
# Said by x-death, or true of the old queue only.
_DROPPED: Final = frozenset(
    {
        *(f"x-{which}-death-{what}".encode() for which in ("first", "last") for what in DEATH_FACTS),
        b"x-delivery-count",
        b"x-acquired-count",
    }
)
_OWN: Final = frozenset(name.encode() for name in (REDRIVEN_FROM, REDRIVEN_ACT, REDRIVEN_COUNT, PERHAPS_TWICE))


def resent(
    properties: ExactProperties, letter: DeadLetter, queue: str, act: str, username: str, *, perhaps_twice: bool
) -> ExactProperties:
    """Give the properties to publish with.

    queue: the dead-letter queue it is taken from; username: who publishes, since a broker refuses another's user ID.
    """
    made = copy.copy(properties)
    kept: dict[bytes, bytes] = {}
    rest = []
    for name, value in properties.raw_headers:
        lower = name.lower()
        if lower in _KEPT:
            kept[KEPT_AS.encode() + lower] = value
        elif lower not in _DROPPED and lower not in _OWN:
            rest.append((name, value))
    if properties.expiration is not None:
        kept[f"{KEPT_AS}expiration".encode()] = raw(properties.expiration)
        made.expiration = None
    if properties.user_id is not None and properties.user_id != username:
        kept[f"{KEPT_AS}user-id".encode()] = raw(properties.user_id)
        made.user_id = None
    marks: RawHeaders = (
        (REDRIVEN_FROM.encode(), raw(queue)),
        (REDRIVEN_ACT.encode(), raw(act)),
        (REDRIVEN_COUNT.encode(), raw(letter.redriven + 1)),
        *(((PERHAPS_TWICE.encode(), raw(value=True)),) if perhaps_twice else ()),
    )
    made.raw_headers = (*(entry for entry in rest if entry[0] not in kept), *kept.items(), *marks)
    return made
