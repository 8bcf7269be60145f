"""Why the broker counts other than the logs list on a channel: each message of the difference is given a kind.

Kinds of what is counted and not listed ("unknown"), in the order in which they are given:
  unplaced             listed by queue order without a holder: the counts leave room for them here
  settled-since        settled after the broker's figures were taken
  other-queues         of queues that were not asked for
  no-instrumentation   no line speaks of the channel
  late-logs            the lines may not have arrived yet
  no-line              lines speak of others of its deliveries
And of what is listed and not counted ("surplus"):
  unplaced             see above: counted on a channel that no line names
  channel-gone         the broker has no such channel any more
  delivered-since      delivered after the broker's figures were taken
  no-channel           no line names the holder, and no channel counts more than is listed on it
  late-logs            the line that settles them may not have arrived yet
  settled-without-line none of these
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.analysis.channel_names import CHANNEL, is_unnamed
from eventrail.analysis.reconcile import BOOKKEEPING_SECONDS

DIFFERENCE: Final = ["side", "kind", "messages"]


@dataclass(frozen=True, slots=True)
class Asked:
    """When the broker was asked and what of.

    time: when, UTC. as_of: the instant of the ledgers, up to which the logs are complete. interval_seconds: how old the
    broker's figures may be. every_queue: there are ledgers of all queues that hold something.
    """

    time: pd.Timestamp
    as_of: pd.Timestamp
    interval_seconds: float
    every_queue: bool

    @property
    def figures_from(self) -> pd.Timestamp:
        """The earliest instant at which the broker may have taken its figures."""
        return self.time - pd.Timedelta(seconds=self.interval_seconds + BOOKKEEPING_SECONDS)

    @property
    def logs_late(self) -> bool:
        """Whether the ledgers speak of an earlier instant than the broker."""
        return (self.time - self.as_of).total_seconds() > BOOKKEEPING_SECONDS


def differences_of(channels: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Give CHANNEL and DIFFERENCE: a row a channel, side and kind; those of a channel add up to its difference.

    channels: CHANNEL, `listed`, `counted` (missing: the broker has no such channel), `placed` (messages that are listed
    elsewhere without a holder, or are here and counted elsewhere), `fresh` (listed and delivered since figures_from),
    `settled_lately`, `seen` (a line names it), `elsewhere` (it takes from queues without a ledger), connected,
    idle_since.
    """
    counted = channels["counted"].fillna(0).astype("int64")
    still = (channels["idle_since"] <= asked.as_of).fillna(value=False).astype(bool)
    late = ~still & asked.logs_late
    unknown = _Taking(channels, "unknown", (counted - channels["listed"]).clip(lower=0))
    unknown.take("unplaced", channels["placed"])
    unknown.take("settled-since", channels["settled_lately"] * (asked.as_of > asked.figures_from))
    if not asked.every_queue:
        unknown.rest("other-queues", channels["elsewhere"])
    unseen = ~channels["seen"]
    newer = (channels["connected"] > asked.as_of).fillna(value=False).astype(bool)
    unknown.rest("no-instrumentation", unseen & ~newer)
    unknown.rest("late-logs", newer | late)
    unknown.rest("no-line", True)
    unnamed = channels["counted"].isna() & is_unnamed(channels["client_id"])
    surplus = _Taking(channels, "surplus", (channels["listed"] - counted).clip(lower=0))
    surplus.take("unplaced", channels["placed"])
    surplus.rest("channel-gone", channels["counted"].isna() & ~unnamed)
    surplus.take("delivered-since", channels["fresh"])
    surplus.rest("no-channel", unnamed)
    surplus.rest("late-logs", late)
    surplus.rest("settled-without-line", True)
    return pd.concat([*unknown.taken, *surplus.taken], ignore_index=True)


class _Taking:
    """Hands one side of each channel's difference to kinds until none is left."""

    def __init__(self, channels: pd.DataFrame, side: str, left: "pd.Series[int]") -> None:
        self._channels, self._side, self._left = channels[CHANNEL], side, left
        self.taken: list[pd.DataFrame] = [channels[CHANNEL].head(0).assign(side="", kind="", messages=0)]

    def take(self, kind: str, most: "pd.Series[int]") -> None:
        """Let a kind explain up to `most` of each channel."""
        messages = self._left.clip(upper=most)
        self._left = self._left - messages
        given = messages > 0
        if given.any():
            self.taken.append(self._channels[given].assign(side=self._side, kind=kind, messages=messages[given]))

    def rest(self, kind: str, where: "pd.Series[bool] | bool") -> None:
        """Let a kind explain all that is left of some channels."""
        self.take(kind, self._left.where(where, 0) if isinstance(where, pd.Series) else self._left)
