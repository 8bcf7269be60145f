"""Deliveries as narrow arrays, and as the table of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import (
    NOWHERE,
    Codes,
    Positions,
    Times,
    instants,
    numbered,
    pick,
    texts,
    vocabulary,
    whole_numbers,
)
from eventrail.analysis.inferred import written
from eventrail.analysis.lines import Lines
from eventrail.model.ledger import DELIVERY_COLUMNS, Settlement

# Columns that any line about a delivery may state; the first line that does is believed.
STATED: Final = (
    *("vhost", "queue", "message_id", "correlation_id", "event_type", "exchange", "routing_key"),
    *("service", "service_version", "pod", "node", "instance_id"),
    *("channel_id", "client_id", "consumer_tag", "delivery_tag", "redelivered"),
)
SETTLEMENTS: Final = tuple(Settlement)
_SETTLEMENTS: Final = vocabulary(SETTLEMENTS)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """One element a delivery, ordered by `delivered`.

    stated_by: column → the row of the line that states it, NOWHERE where none does; so texts need not be moved.
    settlement: positions in SETTLEMENTS, NOWHERE while outstanding. inferred: see analysis.inferred.
    """

    lines: Lines
    stated_by: Mapping[str, Positions]
    delivered: Times
    handling_start: Times
    settled: Times
    settlement: Codes
    attempt: Codes
    inferred: Codes

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self.delivered)

    def codes(self, column: str) -> Codes:
        """Give the numbers of a stated column's values; see `Lines.codes`."""
        return pick(self.lines.codes(column), self.stated_by[column], NOWHERE)

    @property
    def flags(self) -> Codes:
        """The broker's redelivered flag: 1 or 0, NOWHERE where no line states it."""
        return pick(self.lines.numbers("redelivered", missing=NOWHERE), self.stated_by["redelivered"], NOWHERE)

    def copies(self) -> Codes:
        """Number what is the same message in the same queue."""
        return numbered(*(self.codes(name) for name in ("vhost", "queue", "message_id")))

    def table(self) -> pd.DataFrame:
        """Give DELIVERY_COLUMNS."""
        made = {
            "attempt": whole_numbers(self.attempt, np.zeros(len(self), dtype=np.bool_)),
            "delivered": instants(self.delivered),
            "handling_start": instants(self.handling_start),
            "settled": instants(self.settled),
            "settlement": texts(_SETTLEMENTS, self.settlement),
            "inferred": written(self.inferred),
        }
        columns = {
            name: made[name] if name in made else self.lines.take(name, self.stated_by[name])
            for name in DELIVERY_COLUMNS
        }
        return pd.DataFrame(columns, copy=False)
