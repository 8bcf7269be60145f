"""How far the clocks of an event's nodes may be apart, as its own causes and effects tell."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.table import Schema

# A clock is a node's; where lines state no node, a pod's.
# column → (pandas type, meaning). One row a clock, the one with most steps first.
CLOCK_COLUMNS: Final[Schema] = {
    "clock": ("str", "node name, or the pod's where no line states the node"),
    "steps": ("int64", "steps that begin by this clock"),
    "messages": ("int64", "messages and calls from or to other clocks, which the bounds come from"),
    "lower_seconds": ("float64", "at least so far ahead of the reference; -inf where nothing tells"),
    "upper_seconds": ("float64", "at most so far ahead of the reference; inf where nothing tells"),
    "offset_seconds": ("float64", "how far ahead it is taken to be: the smallest that lets every cause precede"),
    "contradictory": ("bool", "no one offset fits what it is compared with: a clock that was set, or wrong IDs"),
}
# One row an ordered pair of clocks between which something was sent.
CLOCK_PAIR_COLUMNS: Final[Schema] = {
    "cause_clock": ("str", "the clock of the publish, the giving back or the caller"),
    "effect_clock": ("str", "the clock of the delivery or the called side, and the other way round for an answer"),
    "messages": ("int64", "how many causes and effects"),
    "negative": ("int64", "how many effects are logged before their cause"),
    "least_seconds": ("float64", "least time from cause to effect, as logged"),
    "contradictory": ("bool", "cannot be true together with the way back; left out of the bounds"),
}


class OrderProof(StrEnum):
    """Why one step is said to have begun before another."""

    FIRST = "first"  # there is none before it
    CAUSE = "cause"  # it is a cause of the other
    SAME_CLOCK = "same clock"
    APART = "clocks apart"  # the times differ by more than the clocks can
    CLOCKS = "clocks only"  # it may have been the other way round
    DISPROVED = "disproved"  # it is an effect of the other: a clock is wrong


@dataclass(frozen=True, slots=True)
class ClockBounds:
    """How far each clock may be ahead of `reference` (None without clocks), taken as constant over the event.

    clocks: CLOCK_COLUMNS; pairs: CLOCK_PAIR_COLUMNS. between[a, b]: how many seconds clock b may at most be ahead of
    clock a, by their places in `clocks`; inf where nothing tells. grain_seconds: how long after what it tells a line
    may be logged; every bound is wider by it.
    """

    reference: str | None
    clocks: pd.DataFrame
    pairs: pd.DataFrame
    between: npt.NDArray[np.float64]
    grain_seconds: float

    @property
    def contradictory(self) -> bool:
        """Whether some clocks cannot be told by one offset each."""
        return bool(self.pairs["contradictory"].any())

    @property
    def wrong(self) -> pd.DataFrame:
        """The clocks that cannot agree with the reference."""
        return self.clocks[self.clocks["offset_seconds"] != 0.0]
