"""Counts of delivery lines (eventrail.model.tallies) from lines that are in memory."""

import pandas as pd

from eventrail.model.answers import LogAnswer
from eventrail.model.table import conform
from eventrail.model.tallies import PROCESS_COLUMNS, TAG_TALLY_COLUMNS, TagTally, tag_width


def tag_tally(lines: LogAnswer) -> TagTally:
    """Count the lines by channel, operation and block of delivery tags."""
    events = lines.events
    width = tag_width(len(events))
    tags = events["delivery_tag"]
    counted = events[["vhost", "channel_id", "operation"]].assign(
        block=tags - tags % width, tag_sum=tags.astype("float64").fillna(0.0), lines=1
    )
    keys = ["vhost", "channel_id", "operation", "block"]
    sums = counted.groupby(keys, dropna=False, sort=True)[["lines", "tag_sum"]].sum().reset_index()
    return TagTally(conform(sums, TAG_TALLY_COLUMNS), width, problems=lines.problems)


def processes(events: pd.DataFrame) -> pd.DataFrame:
    """Give when each process first spoke (PROCESS_COLUMNS)."""
    known = events[events["pod"].notna() & events["instance_id"].notna()]
    first = known.groupby(["vhost", "pod", "instance_id"], dropna=False, sort=True)["time"].min().rename("first")
    return conform(first.reset_index(), PROCESS_COLUMNS)
