"""What of each channel belongs to which queue: a channel that takes from several counts over all of them."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.analysis.channel_differences import Asked
from eventrail.analysis.channel_names import CHANNEL, UNNAMED, broker_channels, is_unnamed, number_of, on_channels
from eventrail.model.ledger import QueueLedger

_QUEUE: Final = ["vhost", "queue"]


@dataclass(frozen=True, slots=True)
class ChannelShares:
    """shares: a row for each channel and queue. CHANNEL, queue, pod, node, listed, fresh, queues (of the channel).

    channels: a row for each channel, as `differences_of` takes it, with what the broker tells of it and `queues`.
    """

    shares: pd.DataFrame
    channels: pd.DataFrame


def channel_shares(ledgers: tuple[QueueLedger, ...], channels: pd.DataFrame, asked: Asked) -> ChannelShares:
    """Sum up what is listed by channel and queue beside what is counted by channel. channels: Broker.channels."""
    counted = broker_channels(channels)
    listed = _listed(ledgers, counted, asked)
    shares = listed.merge(_consumed(channels), on=[*CHANNEL, "queue"], how="outer")
    for name in ("listed", "fresh"):
        shares[name] = shares[name].fillna(0).astype("int64")
    by_channel = shares.groupby(CHANNEL, sort=False)
    sums = by_channel.agg(
        listed=("listed", "sum"), fresh=("fresh", "sum"), pod=("pod", "first"), node=("node", "first"),
        channel_id=("channel_id", "first"), queues=("queue", "size"),
    ).reset_index()  # fmt: skip
    told = sums.merge(counted.drop(columns="queues"), on=CHANNEL, how="outer", suffixes=("", "_counted"))
    for name in ("listed", "fresh", "queues"):
        told[name] = told[name].fillna(0).astype("int64")
    told["pod"] = told["pod"].fillna(told["pod_counted"])
    told["channel"] = told["channel"].fillna(told["channel_id"])
    told = _with_lines(told, counted, ledgers)
    elsewhere = _elsewhere(shares, ledgers)
    told["elsewhere"] = told.set_index(CHANNEL).index.isin(elsewhere.set_index(CHANNEL).index)
    shares = shares.drop(columns=["pod", "node", "channel_id"]).merge(told[[*CHANNEL, "queues"]], on=CHANNEL)
    return _placed(shares, told)


def _listed(ledgers: tuple[QueueLedger, ...], counted: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Count the listed deliveries by channel and queue."""
    names = ["queue", "pod", "node", "client_id", "channel_id", "delivered"]
    tables = [one.deliveries[names].assign(vhost=one.vhost) for one in ledgers if len(one.deliveries)]
    if not tables:
        return _NOTHING_LISTED
    rows = on_channels(pd.concat(tables, ignore_index=True), counted)
    rows["fresh"] = rows["delivered"] >= asked.figures_from
    grouped = rows.groupby([*CHANNEL, "queue"], sort=False)
    return grouped.agg(
        listed=("delivered", "size"), fresh=("fresh", "sum"), pod=("pod", "first"), node=("node", "first"),
        channel_id=("channel_id", "first"),
    ).reset_index()  # fmt: skip


def _consumed(channels: pd.DataFrame) -> pd.DataFrame:
    """Say which channel takes from which queue."""
    if channels.empty:
        return _NOTHING_LISTED[[*CHANNEL, "queue"]]
    named = channels.assign(
        number=number_of(channels["channel"]), client_id=channels["client_id"].fillna(UNNAMED + channels["channel"])
    )
    return named.loc[named["queue"].notna(), [*CHANNEL, "queue"]].drop_duplicates()


def _with_lines(told: pd.DataFrame, counted: pd.DataFrame, ledgers: tuple[QueueLedger, ...]) -> pd.DataFrame:
    """Add `seen`, whether a line names the channel, and `settled_lately`."""
    tables = [one.consumers for one in ledgers if len(one.consumers)]
    if not tables:
        return told.assign(seen=told["listed"] > 0, settled_lately=0)
    wrote = on_channels(pd.concat(tables, ignore_index=True), counted)
    settled = wrote.groupby(CHANNEL, as_index=False, sort=False)["settled_lately"].sum()
    merged = told.merge(settled, on=CHANNEL, how="left")
    # Lines that name no channel, of a pod that has several, may be about any of them.
    pods = wrote.loc[is_unnamed(wrote["client_id"]) & wrote["pod"].notna(), ["vhost", "pod"]]
    by_pod = merged.set_index(["vhost", "pod"]).index.isin(pods.set_index(["vhost", "pod"]).index)
    return merged.assign(
        seen=(merged["listed"] > 0) | merged["settled_lately"].notna() | by_pod,
        settled_lately=merged["settled_lately"].fillna(0).astype("int64"),
    )


def _elsewhere(shares: pd.DataFrame, ledgers: tuple[QueueLedger, ...]) -> pd.DataFrame:
    """Give the rows of queues without a ledger."""
    known = pd.MultiIndex.from_tuples([(one.vhost, one.queue) for one in ledgers] or [("", "")], names=_QUEUE)
    return shares[~shares.set_index(_QUEUE).index.isin(known)]


def _placed(shares: pd.DataFrame, channels: pd.DataFrame) -> ChannelShares:
    """Find room on the queue's channels for what is listed without a holder: adds `placed` to both tables.

    Only channels that take from no other queue have room that is known to be the queue's.
    """
    facts = channels[[*CHANNEL, "counted", "listed"]].rename(columns={"listed": "listed_on_channel"})
    rows = shares.merge(facts, on=CHANNEL)
    homeless = rows["counted"].isna() & is_unnamed(rows["client_id"])
    room = (rows["counted"].fillna(0) - rows["listed_on_channel"]).clip(lower=0).where(rows["queues"] == 1, 0)
    lost = rows["listed"].where(homeless, 0)
    queue = [rows["vhost"], rows["queue"]]
    matched = pd.concat([room.groupby(queue).transform("sum"), lost.groupby(queue).transform("sum")], axis=1).min(
        axis=1
    )
    rows["placed"] = _handed_out(matched, room, queue) + _handed_out(matched, lost, queue)
    rows["homeless"] = homeless
    by_channel = rows.groupby(CHANNEL, as_index=False, sort=False)["placed"].sum()
    told = channels.merge(by_channel, on=CHANNEL, how="left")
    told["placed"] = told["placed"].fillna(0).astype("int64")
    return ChannelShares(rows.drop(columns="listed_on_channel"), told)


def _handed_out(most: "pd.Series[int]", wanted: "pd.Series[int]", groups: "list[pd.Series[str]]") -> "pd.Series[int]":
    """Give each row what it wants, row after row, until `most` of its group is given."""
    before = wanted.groupby(groups).cumsum() - wanted
    return (most - before).clip(lower=0).clip(upper=wanted).astype("int64")


_NOTHING_LISTED: Final = pd.DataFrame(
    {
        **{name: pd.Series(dtype="str") for name in (*CHANNEL, "queue", "pod", "node", "channel_id")},
        **{name: pd.Series(dtype="int64") for name in ("listed", "fresh")},
    }
)
