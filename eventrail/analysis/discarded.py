"""Where discarded messages went, as far as what happened to others tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import Codes, Mask, Positions, numbered
from eventrail.analysis.lines import Lines

# Names by which people tell dead letters; asked for only where a dead-letter exchange keeps the routing key.
DEAD_LETTER_NAMES: Final = re.compile(r"dead|dlx|dlq", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Destinations:
    """An element each place that a discarded message is known to have gone to.

    discard: which of the discards; queue: where; comes_back: after a delay, to the queue that it was discarded from.
    """

    discard: Positions
    queue: Codes
    comes_back: Mask


def destinations(
    queue: Codes, sent_on: Mapping[str, Positions], lines: Lines, routes: pd.DataFrame | None, queues: tuple[str, ...]
) -> Destinations:
    """Tell where discarded messages went.

    queue: position in `queues` of what each was discarded from. sent_on: exchange, routing_key → the line that states
    what it was published with.

    No line says what a queue's dead-letter exchange is. Other messages that were received through another exchange
    than these tell it: from another queue, by the name of this one as their routing key (as dead-letter exchanges are
    told to set it) or by names that speak of dead letters; or else from this queue, by its own name, which is how a
    delay queue gives back. Where both are known, it is a dead letter: operators give those back by hand.
    """
    if routes is None or not len(queue):
        none = np.array([], dtype=np.int64)
        return Destinations(none, none, none == 0)
    columns = (lines.take(name, sent_on[name]) for name in ("exchange", "routing_key"))
    exchange, routing_key = (np.asarray(column, dtype=object) for column in columns)
    numbers = {name: number for number, name in enumerate(queues)}
    alike = numbered(queue, *(pd.factorize(column)[0] for column in (exchange, routing_key)))
    parts = []
    for each in np.unique(alike):
        same = np.flatnonzero(alike == each)
        first = same[0]
        name = queues[queue[first]] if queue[first] >= 0 else ""
        found, back = likely_destinations(name, exchange[first], routing_key[first], routes)
        places = np.array([numbers[place] for place in found], dtype=np.int64)
        parts.append((np.repeat(same, len(places)), np.tile(places, len(same)), np.full(len(same) * len(places), back)))
    return Destinations(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def likely_destinations(
    queue: str, exchange: object, routing_key: object, routes: pd.DataFrame
) -> tuple[list[str], bool]:
    """Give the queues that messages discarded from a queue go to, and whether they come back to it.

    exchange, routing_key: what they were published with. routes: exchange, routing_key, queue, as seen.
    """
    if not queue or not isinstance(exchange, str):
        return [], False
    others = routes[(routes["exchange"] != exchange) & routes["exchange"].notna() & routes["queue"].notna()]
    named_after = others["routing_key"] == queue
    spoken = (others["exchange"] + " " + others["queue"]).str.contains(DEAD_LETTER_NAMES)
    elsewhere = others[(others["queue"] != queue) & (named_after | (spoken & (others["routing_key"] == routing_key)))]
    if len(elsewhere):
        return sorted(elsewhere["queue"].unique()), False
    back = bool((named_after & (others["queue"] == queue)).any())
    return ([queue] if back else []), back
