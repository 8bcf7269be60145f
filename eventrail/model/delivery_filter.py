"""Which outstanding deliveries are wanted: the filters of the page Unacknowledged and of `eventrail unacked`."""

from dataclasses import dataclass
from typing import Final

LINE: Final = "line"
INFERRED: Final = "inferred"
KNOWN: Final = (LINE, INFERRED)
AGAIN: Final = "again"
# The values of ledger.Stage, which needs pandas: a command line says its help without loading that.
STAGES: Final = ("received", "handling")


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """All must hold; an empty one holds for every delivery.

    queue, vhost, consumer (tag), pod, node, event_type, stage: equal. correlation: a part of the correlation ID, in
    large or small letters. attempt: AGAIN for those delivered before. known: LINE for those whose every column a line
    states, INFERRED for the others.
    """

    queue: str = ""
    vhost: str = ""
    consumer: str = ""
    pod: str = ""
    node: str = ""
    event_type: str = ""
    correlation: str = ""
    stage: str = ""
    attempt: str = ""
    known: str = ""

    @property
    def narrowed(self) -> dict[str, str]:
        """Give the filters that are set, by name."""
        found = {name: str(getattr(self, name)) for name in self.__dataclass_fields__}
        return {name: text for name, text in found.items() if text}


EVERY: Final = DeliveryFilter()
