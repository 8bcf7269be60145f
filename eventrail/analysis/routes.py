"""Which queues messages lead to, in the numbers of an event's lines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import NOWHERE, Codes, Positions, are_repeated, numbered, pairs, pick
from eventrail.analysis.lines import Lines

_ON_NO_LINE: Final = -2


@dataclass(frozen=True, slots=True)
class Routes:
    """Where exchange and routing key, by the numbers of Lines.codes, lead: to positions in `queues`."""

    exchange: Codes
    routing_key: Codes
    queue: Codes
    queues: tuple[str, ...]

    def of(self, exchange: Codes, routing_key: Codes) -> tuple[Positions, Codes]:
        """Give the queues of each message: its position, once a queue, and the queue; NOWHERE where none is known."""
        ways = numbered(np.append(exchange, self.exchange), np.append(routing_key, self.routing_key))
        message, route = pairs(*np.split(ways, [len(exchange)]))
        return message, pick(self.queue, route, NOWHERE)


def known_routes(lines: Lines, routes: pd.DataFrame | None) -> Routes:
    """Number the routes (exchange, routing_key, queue), each once; those that no line can take are left out.

    Queues that only routes name follow, in `queues`, those that lines name.
    """
    queues = lines.numbers_of("queue")
    nothing = np.array([], dtype=np.int64)
    if routes is None or not len(routes):
        return Routes(nothing, nothing, nothing, tuple(queues))
    for queue in routes["queue"].dropna().unique():
        queues.setdefault(queue, len(queues))
    exchange = _in_numbers(routes["exchange"], lines.numbers_of("exchange"))
    routing_key = _in_numbers(routes["routing_key"], lines.numbers_of("routing_key"))
    queue = _in_numbers(routes["queue"], queues)
    kept = np.flatnonzero((exchange != _ON_NO_LINE) & (routing_key != _ON_NO_LINE))
    kept = kept[~are_repeated(numbered(exchange[kept], routing_key[kept], queue[kept]))]
    return Routes(exchange[kept], routing_key[kept], queue[kept], tuple(queues))


def _in_numbers(values: "pd.Series[Any]", numbers: Mapping[str, int]) -> Codes:
    """Give the numbers of a few values."""
    found = [
        NOWHERE if missing else numbers.get(value, _ON_NO_LINE)
        for value, missing in zip(values, values.isna(), strict=True)
    ]
    return np.array(found, dtype=np.int64)
