"""How far the workers of the delivery index are, each and together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ShardPosition:
    """How far a worker is in a shard.

    next_number: its documents below are taken in. sure_below: numbers below that cannot be seen never will be (a
    document that was replaced or deleted, or a failed write). seen, seen_at: the highest number that could be seen at
    an instant, from which sure_below is made when it is old enough.
    """

    index: str
    next_number: int
    sure_below: int = 0
    seen: int = -1
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkerProgress:
    """What a worker of several has done. worker: from 1 to workers. owner: the process that works as this worker.

    shards: Shard.key → position. current_at: everything that could be seen in the logs at this instant is taken in;
    None until that has been so once. since: lines from before are not taken in.
    """

    worker: int
    workers: int
    owner: str
    shards: Mapping[str, ShardPosition] = field(default_factory=dict)
    current_at: datetime | None = None
    since: datetime | None = None


def taken_in_below(known: Sequence[WorkerProgress]) -> dict[str, ShardPosition]:
    """Give Shard.key → the position up to which everything is taken in, whoever did it.

    The workers of one number are only together whole: a shard counts as far as the hindmost of them is.
    """
    furthest: dict[str, ShardPosition] = {}
    for workers in {each.workers for each in known}:
        together = [each for each in known if each.workers == workers]
        if len({each.worker for each in together}) < workers:
            continue
        for key in set.intersection(*(set(each.shards) for each in together)):
            hindmost = min((each.shards[key] for each in together), key=lambda one: one.next_number)
            if key not in furthest or furthest[key].next_number < hindmost.next_number:
                furthest[key] = hindmost
    return furthest


def current_at(known: Sequence[WorkerProgress]) -> datetime | None:
    """Give the instant up to which the index is current: of the best number of workers the hindmost of them."""
    instants = []
    for workers in {each.workers for each in known}:
        together = [each for each in known if each.workers == workers]
        times = [each.current_at for each in together if each.current_at is not None]
        if len(times) == workers:
            instants.append(min(times))
    return max(instants, default=None)
