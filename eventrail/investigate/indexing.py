"""Keeps the delivery index: takes in what is new in the logs, stretch by stretch, and remembers how far it is.

A shard's numbers are cut into blocks of BLOCK_DOCUMENTS; of n workers the k-th takes every n-th block. Whatever is read
again, by a worker that was restarted or by two at once, gives the same documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from eventrail.analysis.delivery_facts import facts_of, only
from eventrail.errors import SourceError
from eventrail.investigate.blocks import BLOCK_DOCUMENTS, block_end, first_own, next_own, observed
from eventrail.model.delivery_index import Shard, Stretch
from eventrail.model.events import concat_events
from eventrail.model.index_progress import ShardPosition, WorkerProgress, taken_in_below
from eventrail.sources.ports import DeliveryStore, LogFeed

# Two workers can only hinder each other as long as both write the same documents.
MERGES_MAX: Final = 50
# Documents stay a little longer than lines are taken in, so that no late line of a removed one is taken for all of it.
FORGET_LATER_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the logs brought. behind: documents that can be seen and are not taken in yet, of this worker's
    blocks at least; whole: none were left.
    """

    documents: int
    lines: int
    whole: bool


@dataclass(slots=True)
class Indexer:
    """One worker. keep_seconds: how far back lines are taken in. Methods raise as the feed and the store do."""

    feed: LogFeed
    store: DeliveryStore
    worker: int
    workers: int
    owner: str
    keep_seconds: float
    progress: WorkerProgress = field(init=False)

    def begin(self) -> None:
        """Make the index where needed, and go on where this worker, or those before it, stopped."""
        self.store.prepare()
        known = self.store.all_progress()
        own = [each for each in known if (each.worker, each.workers) == (self.worker, self.workers)]
        shards = own[0].shards if own else self._inherited(known)
        current_at = own[0].current_at if own else None
        since = own[0].since if own else None
        self.progress = WorkerProgress(self.worker, self.workers, self.owner, shards, current_at, since)
        self.store.take_over(self.progress)

    def look(self, now: datetime, blocks_max: int | None = None) -> Round:
        """Take in what can be seen now, at most `blocks_max` blocks, and keep how far that is. now: aware."""
        since = now - timedelta(seconds=self.keep_seconds)
        shards = self.feed.shards()
        newest = self.feed.newest(shards)
        positions: dict[str, ShardPosition] = {}
        documents = lines = 0
        whole = True
        for shard in shards:
            position = self._position(shard, since)
            position = observed(position, newest[shard.key], now, shard.refresh_seconds)
            while position.next_number <= newest[shard.key]:
                if blocks_max is not None and documents >= blocks_max * BLOCK_DOCUMENTS:
                    whole = False
                    break
                stretch, further = self._take(shard, position, newest[shard.key], since)
                documents, lines = documents + stretch.documents, lines + len(stretch.events)
                if further == position:
                    whole = False
                    break
                position = further
            positions[shard.key] = position
        current_at = now if whole else self.progress.current_at
        self.progress = replace(self.progress, shards=positions, current_at=current_at, since=since)
        self.store.save(self.progress)
        return Round(documents, lines, whole)

    def forget(self, now: datetime) -> int:
        """Remove some documents that are no longer kept; give how many, 0 when there are no more."""
        return self.store.forget(now - timedelta(seconds=self.keep_seconds + FORGET_LATER_SECONDS))

    def _inherited(self, known: Sequence[WorkerProgress]) -> dict[str, ShardPosition]:
        """Go on where workers of another number stopped."""
        return {
            key: replace(position, next_number=first_own(position.next_number, self.worker, self.workers))
            for key, position in taken_in_below(known).items()
        }

    def _position(self, shard: Shard, since: datetime) -> ShardPosition:
        if (known := self.progress.shards.get(shard.key)) is not None:
            return known
        # What is older than what is kept need not be read; a block of slack for what is being written right now.
        first = self.feed.first_since(shard, since)
        begin = 0 if first is None else max(first - BLOCK_DOCUMENTS, 0)
        return ShardPosition(shard.index, first_own(begin, self.worker, self.workers))

    def _take(
        self, shard: Shard, position: ShardPosition, newest: int, since: datetime
    ) -> tuple[Stretch, ShardPosition]:
        """Take in one block, or as much of it as can be seen; the position stays where a number is missing that may
        still come.
        """
        begin, end = position.next_number, min(block_end(position.next_number), newest + 1)
        stretch = self.feed.read(shard, begin, end, since)
        if stretch.documents < end - begin and end > position.sure_below:
            return Stretch(stretch.events.iloc[:0], 0, None), position
        self._store(stretch)
        return stretch, replace(position, next_number=next_own(end, self.worker, self.workers))

    def _store(self, stretch: Stretch) -> None:
        """Write the documents of a stretch's lines; where some are there already, merge."""
        if stretch.events.empty:
            return
        facts = facts_of(stretch.events)
        left = self.store.add(facts)
        for _ in range(MERGES_MAX):
            if not left:
                return
            stored = self.store.stored(left)
            added = only(facts, left)
            left = self.store.replace(only(facts_of(concat_events([stored.lines, added.lines])), left), stored)
        raise SourceError(f"{len(left)} documents of the delivery index changed {MERGES_MAX} times while being merged")
