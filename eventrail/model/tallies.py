"""Counts of delivery lines that a log source makes without giving the lines; see eventrail.sources.ports.LogSource."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.problem import Problem
from eventrail.model.table import TIME_TYPE, Schema, conform

TAG_TALLY_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "channel_id": ("str", "channel; missing where lines state none"),
    "operation": ("str", "one of DELIVERY_OPERATIONS"),
    "block": ("Int64", "first delivery tag of the block counted; missing where lines state none"),
    "lines": ("int64", "lines, repeated ones too where the source cannot tell them"),
    "tag_sum": ("float64", "sum of their delivery tags"),
}
PROCESS_COLUMNS: Final[Schema] = {
    "vhost": ("str", "virtual host"),
    "pod": ("str", "pod"),
    "instance_id": ("str", "process"),
    "first": (TIME_TYPE, "time of its first line, at most a millisecond early"),
}

# About so many rows a tally has, whatever is counted: more take longer to answer and to read than the narrower blocks
# would spare.
ROWS_WANTED: Final = 5_000
# Of two neighbours, the number of lines and the sum of tags tell exactly which were counted how often.
TAG_WIDTH_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class TagTally:
    """Lines by channel, operation and block of `tag_width` consecutive delivery tags (TAG_TALLY_COLUMNS).

    unusable: why they cannot be counted, empty when they can.
    """

    frame: pd.DataFrame
    tag_width: int = TAG_WIDTH_LEAST
    unusable: str = ""
    problems: tuple[Problem, ...] = ()


def no_tally(unusable: str = "", problems: tuple[Problem, ...] = ()) -> TagTally:
    """Give a tally of nothing."""
    return TagTally(conform({}, TAG_TALLY_COLUMNS), unusable=unusable, problems=problems)


def tag_width(lines: int) -> int:
    """Say how wide blocks are so that so many lines make about ROWS_WANTED rows: a power of two."""
    wanted = max(TAG_WIDTH_LEAST, -(-lines // ROWS_WANTED))
    return 1 << (wanted - 1).bit_length()
