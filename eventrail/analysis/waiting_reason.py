"""Why messages wait in a queue, as one sentence with its arithmetic."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.model.waiting import Cause
from eventrail.words import age, clock, count

# Below this rate a queue stands still: one message in a hundred seconds.
STANDING_PER_SECOND: Final = 0.01
# Rates nearer to each other than this share are level.
LEVEL_SHARE: Final = 0.02
# A message that has waited for less is on its way.
MOVING_SECONDS: Final = 5.0
# A queue without consumers that was empty so lately is one that messages pass through, as they do while retries wait.
PASSING_SECONDS: Final = 30.0
HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Consuming:
    """What is known of the consumers of a queue.

    consumers: how many the broker counts; idle_since: since when there is none, sure: whether one was seen before.
    prefetch: how many deliveries they may hold together, None where that is not known or unlimited. held: how many they
    hold; oldest_held_seconds, holder: the oldest of them. Rates are messages per second, None where no metric tells.
    expires: dead letters show that its messages leave it by their time to live. empty_seconds: how long ago the queue
    was last seen empty.
    """

    consumers: int | None = None
    idle_since: pd.Timestamp | None = None
    sure: bool = False
    prefetch: int | None = None
    held: int | None = None
    oldest_held_seconds: float | None = None
    holder: str | None = None
    arriving: float | None = None
    settled: float | None = None
    expires: bool = False
    empty_seconds: float | None = None


def waiting_cause(consuming: Consuming, ready: int, oldest_age_seconds: float | None) -> Cause:
    """Say why `ready` messages wait."""
    if not ready:
        return Cause("moving", "nothing waits")
    if _passing(consuming):
        since = age(consuming.empty_seconds or 0.0)
        return Cause("moving", f"no consumer, and it was empty {since} ago: messages pass through")
    if consuming.consumers == 0:
        return Cause("no-consumer", _no_consumer(consuming))
    if oldest_age_seconds is not None and oldest_age_seconds < MOVING_SECONDS:
        return Cause("moving", f"on its way: the oldest has waited {age(oldest_age_seconds)}")
    settled = consuming.settled
    if (settled is None or settled < STANDING_PER_SECOND) and (full := _full(consuming)):
        return Cause("prefetch-full", full)
    if settled is None or consuming.arriving is None:
        return Cause("unknown", _unknown(consuming))
    return _by_rates(consuming, consuming.arriving, settled, ready)


def _passing(consuming: Consuming) -> bool:
    """Whether the queue never had a consumer, as far as was seen, and was empty a moment ago."""
    lately = consuming.empty_seconds is not None and consuming.empty_seconds < PASSING_SECONDS
    return consuming.consumers == 0 and not consuming.sure and lately


def _no_consumer(consuming: Consuming) -> str:
    since = ""
    if consuming.idle_since is not None:
        since = f" since {'' if consuming.sure else 'at least '}{clock(consuming.idle_since)}"
    leaves = "; its messages go on when they expire" if consuming.expires else ""
    return f"no consumer{since} (queue_consumers 0){leaves}"


def _full(consuming: Consuming) -> str:
    """Say that the consumers hold all that they may; empty where they do not, or nothing tells."""
    if not consuming.held:
        return ""
    who = "the consumers" if consuming.consumers is None else f"all {count(consuming.consumers, 'consumer')}"
    who = "the one consumer" if consuming.consumers == 1 else who
    oldest = _oldest(consuming)
    if consuming.prefetch is None:
        return f"{who}: {consuming.held:,} held and no more taken{oldest}; the prefetch is not known"
    if consuming.held < consuming.prefetch:
        return ""
    return f"{who} at prefetch: {consuming.held:,} of {consuming.prefetch:,} held{oldest}"


def _oldest(consuming: Consuming) -> str:
    if consuming.oldest_held_seconds is None:
        return ""
    by = f" by {consuming.holder}" if consuming.holder else ""
    return f", the oldest for {age(consuming.oldest_held_seconds)}{by}"


def _unknown(consuming: Consuming) -> str:
    known = "" if consuming.consumers is None else f"{count(consuming.consumers, 'consumer')}; "
    return f"{known}no metric tells how many arrive and are settled"


def _by_rates(consuming: Consuming, arriving: float, settled: float, ready: int) -> Cause:
    """Compare what arrives with what is settled."""
    more = arriving - settled
    rates = f"{_rate(arriving)} arrive, {_rate(settled)} are settled"
    held = _oldest(consuming).replace(", the oldest for", "; the oldest delivery is held for")
    if settled < STANDING_PER_SECOND and arriving < STANDING_PER_SECOND:
        return Cause("unknown", f"nothing arrives and nothing is settled{held}")
    if settled < STANDING_PER_SECOND:
        return Cause("slow", f"nothing is settled, and {_rate(arriving)} arrive{held}")
    if more > max(LEVEL_SHARE * arriving, STANDING_PER_SECOND):
        grown = ready + more * HOUR
        return Cause(
            "slow",
            f"consumers slow: {rates}, {_rate(more)} more each second; at this rate {grown:,.0f} in an hour{held}",
        )
    if -more > max(LEVEL_SHARE * settled, STANDING_PER_SECOND):
        return Cause("emptying", f"is being emptied: {rates}; at this rate empty in {age(ready / -more)}{held}")
    return Cause("slow", f"consumers only keep pace: {rates}; the {ready:,} that wait do not become fewer{held}")


def _rate(per_second: float) -> str:
    return f"{per_second:.2f}/s" if per_second < 0.1 else f"{per_second:,.1f}/s"
