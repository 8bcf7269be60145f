"""Which of a shard's numbers belong to which worker, and which missing numbers need not be waited for."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from eventrail.model.index_progress import ShardPosition

# A block is one request; Elasticsearch gives at most so many documents at once.
BLOCK_DOCUMENTS: Final = 10_000
# A document gets its number a moment before it can be found. So long after later ones could be seen, and the shard was
# refreshed twice, it is there, or was replaced or deleted and never will be.
MISSING_SECONDS: Final = 30.0
REFRESHES: Final = 2


def block_end(number: int) -> int:
    """Give where the block of a number ends."""
    return (number // BLOCK_DOCUMENTS + 1) * BLOCK_DOCUMENTS


def first_own(number: int, worker: int, workers: int) -> int:
    """Give the first number from there on that is the worker's to take. worker: from 1."""
    block = number // BLOCK_DOCUMENTS
    skipped = (worker - 1 - block) % workers
    return number if skipped == 0 else (block + skipped) * BLOCK_DOCUMENTS


def next_own(end: int, worker: int, workers: int) -> int:
    """Give where the worker goes on after the numbers below `end`."""
    return first_own(end, worker, workers)


def observed(position: ShardPosition, newest: int, now: datetime, refresh_seconds: float) -> ShardPosition:
    """Take note of the highest number seen; what was seen long enough ago makes the missing ones below it sure."""
    if position.seen_at is None:
        return replace(position, seen=newest, seen_at=now)
    if (now - position.seen_at).total_seconds() < max(MISSING_SECONDS, REFRESHES * refresh_seconds):
        return position
    return replace(position, sure_below=max(position.sure_below, position.seen + 1), seen=newest, seen_at=now)
