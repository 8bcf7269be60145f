"""Which channel a delivery is on, in the words that the logs and the broker share."""

from typing import Final

import pandas as pd

# The connection's name and the channel's number in it.
CHANNEL: Final = ["vhost", "client_id", "number"]
# Begins the name that stands for one that is missing: of the broker's channel, or of the pod whose lines name none.
UNNAMED: Final = "\0"
_POD: Final = ["vhost", "pod"]


def number_of(channel: "pd.Series[str]") -> "pd.Series[str]":
    """Give the channel's number in its connection: "…/2/1" and "… (1)" are both number 1."""
    codes, names = pd.factorize(channel)
    numbers = pd.Series(names, dtype="str").str.extract(r"(\d+)\)?$", expand=False).fillna("")
    return pd.Series(numbers.array.take(codes, allow_fill=True), index=channel.index, dtype="str").fillna("")


def is_unnamed(client_id: "pd.Series[str]") -> "pd.Series[bool]":
    """Mark the names that only stand for a missing one."""
    return client_id.fillna(UNNAMED).str.startswith(UNNAMED)


def together(names: "pd.Series[str]") -> str | None:
    """Name what is there, once each; names that are several already, comma between, are taken apart."""
    return ", ".join(sorted({name for several in names.dropna() for name in several.split(", ")})) or None


def on_channels(rows: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Name the channel of each row (vhost, pod, client_id, channel_id): adds `number` and `adopted`, fills client_id.

    counted: `broker_channels`. A row that names no channel belongs to the only channel of its pod and is `adopted`;
    where there is none, or several, its client_id stands for the pod (UNNAMED).
    """
    named = rows.assign(
        number=number_of(rows["channel_id"]), client_id=rows["client_id"].fillna(UNNAMED + rows["pod"].fillna(""))
    )
    keys = [*_POD, "client_id", "number"]
    known = pd.concat([named.loc[~is_unnamed(named["client_id"]), keys], counted[keys]])
    known = known.dropna(subset=["pod"]).drop_duplicates()
    alone = known[~known.duplicated(_POD, keep=False)]
    found = named[_POD].merge(alone, on=_POD, how="left").set_axis(named.index)
    adopted = is_unnamed(named["client_id"]) & named["pod"].notna() & found["client_id"].notna()
    return named.assign(
        adopted=adopted,
        client_id=named["client_id"].where(~adopted, found["client_id"]),
        number=named["number"].where(~adopted, found["number"]),
    )


def broker_channels(channels: pd.DataFrame) -> pd.DataFrame:
    """Give a row for each of the broker's channels (Broker.channels has one a consumer).

    CHANNEL, pod, channel, queues and consumer_tags (comma between), peer_address, prefetch, counted, by_address,
    connected, idle_since.
    """
    if channels.empty:
        return _NO_CHANNELS
    rows = channels.assign(
        number=number_of(channels["channel"]),
        client_id=channels["client_id"].fillna(UNNAMED + channels["channel"]),
        by_address=channels.get("by_address", pd.Series(data=False, index=channels.index)).astype("boolean"),
    )
    summed = rows.groupby([*CHANNEL, "channel"], dropna=False, sort=False).agg(
        pod=("pod", "first"),
        queues=("queue", together),
        consumer_tags=("consumer_tag", together),
        peer_address=("peer_address", "first"),
        prefetch=("prefetch", "max"),
        counted=("messages_unacknowledged", "max"),
        by_address=("by_address", "first"),
        connected=("connected", "first"),
        idle_since=("idle_since", "first"),
    )
    # A channel so new that the broker has no figures of it yet holds nothing by them.
    return summed.reset_index().fillna({"counted": 0})


_NO_CHANNELS: Final = pd.DataFrame(
    {
        **{
            name: pd.Series(dtype="str")
            for name in (*CHANNEL, "pod", "channel", "queues", "consumer_tags", "peer_address")
        },
        **{name: pd.Series(dtype="Int64") for name in ("prefetch", "counted")},
        "by_address": pd.Series(dtype="boolean"),
        **{name: pd.Series(dtype="datetime64[ns, UTC]") for name in ("connected", "idle_since")},
    }
)
