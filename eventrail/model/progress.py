"""How far a long reading of log lines is, and what is known of them before they are there."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Outline:
    """What a source can count about lines without reading them.

    lines: how many match, repeated ones among them. first, last: the span of their times, UTC. services, operations:
    name (of the service; as the lines spell the operation) → lines, most first; empty where the source cannot count.
    """

    lines: int
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    services: tuple[tuple[str, int], ...] = ()
    operations: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """lines_read of lines_total are there; outline: once it is known."""

    lines_read: int
    lines_total: int
    outline: Outline | None = None


# Told while lines are read, from whatever thread reads, never from two at once.
OnProgress = Callable[[Progress], None]
