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
    # A system has few routes: lists of them are quicker than columns.
    leading_to = routes["queue"].tolist()
    for queue in filter(_is_text, leading_to):
        queues.setdefault(queue, len(queues))
    exchange = _in_numbers(routes["exchange"].tolist(), lines.numbers_of("exchange"))
    routing_key = _in_numbers(routes["routing_key"].tolist(), lines.numbers_of("routing_key"))
    queue_led_to = _in_numbers(leading_to, queues)
    kept = np.flatnonzero((exchange != _ON_NO_LINE) & (routing_key != _ON_NO_LINE))
    kept = kept[~are_repeated(numbered(exchange[kept], routing_key[kept], queue_led_to[kept]))]
    return Routes(exchange[kept], routing_key[kept], queue_led_to[kept], tuple(queues))


def _in_numbers(values: list[Any], numbers: Mapping[str, int]) -> Codes:
    found = [numbers.get(value, _ON_NO_LINE) if _is_text(value) else NOWHERE for value in values]
    return np.array(found, dtype=np.int64)


def _is_text(value: Any) -> bool:
    """Say whether a value is there: missing ones are no texts."""
    return isinstance(value, str)
