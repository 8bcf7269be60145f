"""Which blocks of delivery tags may hold a delivery without a settle line, by counts alone.

Per channel and block, the receive lines, the process lines and the settle lines each have a number and a sum of tags.
Where the settle lines agree in both with the others, no tag was opened and not settled: exactly so for two neighbours,
and for a wider block unless at least two lines were lost and as many others sent twice whose tags have the same sum.
"""

from typing import Final

import pandas as pd

from eventrail.model.answers import TagSpan
from eventrail.model.events import DELIVERY_OPERATIONS, Operation
from eventrail.model.tallies import TagTally

# Whole numbers are exact in the sums up to here.
_EXACT_BELOW: Final = 2.0**53
_BLOCK: Final = ["channel_id", "block"]


def blocks_of(tally: TagTally, vhost: str) -> pd.DataFrame:
    """Give the blocks of a virtual host: channel_id, block, lines, receives, is_open. Lines that name no host count
    as of this one; lines without channel or tag belong to no block.
    """
    own = tally.frame[of_vhost(tally.frame, vhost)]
    told = own[own["channel_id"].notna() & own["block"].notna()]
    blocks = pd.MultiIndex.from_frame(told[_BLOCK].drop_duplicates().sort_values(_BLOCK))
    received, handled, settled = (_counted(told, operation, blocks) for operation in DELIVERY_OPERATIONS)
    lines = received["lines"] + handled["lines"] + settled["lines"]
    tags = received["tag_sum"] + handled["tag_sum"] + settled["tag_sum"]
    is_open = (tags >= _EXACT_BELOW) | _differs(received, settled) | _differs(handled, settled)
    return pd.DataFrame({"lines": lines, "receives": received["lines"], "is_open": is_open}).reset_index()


def _counted(told: pd.DataFrame, operation: Operation, blocks: pd.MultiIndex) -> pd.DataFrame:
    """Give lines and tag_sum of an operation for each block."""
    own = told[told["operation"] == str(operation)]
    return own.groupby(_BLOCK)[["lines", "tag_sum"]].sum().reindex(blocks, fill_value=0)


def _differs(opened: pd.DataFrame, settled: pd.DataFrame) -> "pd.Series[bool]":
    """Mark the blocks where there are opening lines of a kind and the settle lines do not agree with them."""
    equal = (opened["lines"] == settled["lines"]) & (opened["tag_sum"] == settled["tag_sum"])
    return (opened["lines"] > 0) & ~equal


def of_vhost(frame: pd.DataFrame, vhost: str) -> "pd.Series[bool]":
    """Mark the rows of a virtual host, and those that name none."""
    return (frame["vhost"] == vhost).fillna(value=False).astype(bool) | frame["vhost"].isna()


def spans_of_blocks(blocks: pd.DataFrame, width: int) -> tuple[TagSpan, ...]:
    """Give the tags of the blocks, neighbours as one span."""
    return _runs(blocks["channel_id"], blocks["block"], width)


def spans_of_lines(events: pd.DataFrame) -> tuple[TagSpan, ...]:
    """Give the tags that lines speak of, neighbours as one span; lines without channel or tag have none."""
    told = events[events["channel_id"].notna() & events["delivery_tag"].notna()]
    return _runs(told["channel_id"], told["delivery_tag"], 1)


def _runs(channels: pd.Series, firsts: pd.Series, width: int) -> tuple[TagSpan, ...]:
    """Join what follows without a gap. firsts: of stretches of `width` tags."""
    places = pd.DataFrame({"channel": channels.astype("str").array, "first": firsts.astype("int64").array})
    places = places.drop_duplicates().sort_values(["channel", "first"], ignore_index=True)
    begins = (places["channel"] != places["channel"].shift()) | (places["first"] - places["first"].shift() != width)
    runs = places.groupby(begins.cumsum()).agg(
        channel=("channel", "first"), first=("first", "min"), last=("first", "max")
    )
    return tuple(
        TagSpan(channel, int(first), int(last) + width - 1)
        for channel, first, last in runs.itertuples(index=False, name=None)
    )
