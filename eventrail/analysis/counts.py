"""The gauge, the broker's channels and the logs' list side by side: for each queue, and for each channel."""

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from eventrail.analysis.channel_differences import Asked, differences_of
from eventrail.analysis.channel_names import CHANNEL, is_unnamed
from eventrail.analysis.channel_shares import channel_shares
from eventrail.analysis.count_words import channel_words, gauge_reasons, phrase
from eventrail.model.counts import CHANNEL_SHARE_COLUMNS, QueueCounts
from eventrail.model.ledger import QueueLedger, Reason
from eventrail.model.table import conform
from eventrail.words import listed as listed_words

_QUEUE: Final = ["vhost", "queue"]
_SUMS: Final = ["listed", "counted", "explained", "unknown", "surplus"]
# Of a channel that takes from several queues.
SEVERAL_QUEUES: Final = "several-queues"


@dataclass(frozen=True, slots=True)
class Compared:
    """queues: of each ledger, in its order, then of queues that only the broker tells of.

    differences: CHANNEL, unknown, surplus, difference (why, for people); a row for each channel, empty where the broker
    was not asked.
    """

    queues: tuple[QueueCounts, ...]
    differences: pd.DataFrame


def compare_counts(ledgers: tuple[QueueLedger, ...], channels: pd.DataFrame, asked: Asked | None) -> Compared:
    """Compare. channels: Broker.channels as it answered when it was `asked`; None: it was not, or did not answer."""
    if asked is None:
        return Compared(tuple(_not_asked(one) for one in ledgers), _NO_DIFFERENCES)
    by_channel = channel_shares(ledgers, channels, asked)
    told = by_channel.channels
    differences = differences_of(told, asked).merge(
        told.assign(who=channel_words(told))[[*CHANNEL, "who", "queues"]], on=CHANNEL
    )
    shares = _attributed(by_channel.shares).merge(
        told[
            [*CHANNEL, "channel", "pod", "node", "peer_address", "consumer_tags", "prefetch", "connected", "idle_since"]
        ],
        on=CHANNEL,
    )
    reasons = _reasons(shares, differences, asked)
    of_queue = {(str(vhost), str(queue)): rows for (vhost, queue), rows in shares.groupby(_QUEUE, sort=False)}
    apart = told[(told["queues"] == 0) & (told["counted"] > 0)].groupby("vhost")["counted"].sum()
    known = {(one.vhost, one.queue): one for one in ledgers}
    only_counted = [key for key, rows in of_queue.items() if key not in known and rows["counted"].any()]
    keys = [*known, *(only_counted if asked.every_queue else [])]
    queues = [
        _queue(key, known.get(key), of_queue.get(key), reasons.get(key, []), int(apart.get(key[0], 0)), asked)
        for key in keys
    ]
    return Compared(tuple(queues), _in_words(told, differences, asked))


def _not_asked(ledger: QueueLedger) -> QueueCounts:
    listed = len(ledger.deliveries)
    nobody = conform({}, CHANNEL_SHARE_COLUMNS)
    return QueueCounts(
        ledger.vhost, ledger.queue, None, ledger.gauge, ledger.gauge_time, None, 0, listed, listed, 0, 0, (), nobody
    )


def _attributed(shares: pd.DataFrame) -> pd.DataFrame:
    """Count each channel's messages to its queues: adds counted, explained, unknown, surplus and left.

    Those of a channel that takes from several are counted to what is listed of each; `left` (once a channel) is what it
    counts beyond. What is listed without a holder is listed where there is room for it.
    """
    rows = shares.assign(
        listed=shares["listed"].where(shares["homeless"], shares["listed"] + shares["placed"])
        - shares["placed"].where(shares["homeless"], 0)
    )
    whole = rows["counted"].fillna(0).astype("int64")
    channel = [rows[name] for name in CHANNEL]
    before = rows.groupby(channel)["listed"].cumsum() - rows["listed"]
    explained = (whole - before).clip(lower=0).clip(upper=rows["listed"])
    alone = rows["queues"] == 1
    counted = whole.where(alone, explained)
    total = rows.groupby(channel)["listed"].transform("sum")
    return rows.assign(
        counted=counted,
        explained=explained,
        unknown=counted - explained,
        surplus=rows["listed"] - explained,
        left=(whole - total).clip(lower=0).where(~alone, 0),
    )


def _reasons(shares: pd.DataFrame, differences: pd.DataFrame, asked: Asked) -> dict[Any, list[Reason]]:
    """Sum the channels' kinds up by queue; of channels that take from several queues only that is said."""
    own = differences[(differences["queues"] == 1) & (differences["kind"] != "unplaced")]
    alone = own.merge(shares[[*CHANNEL, "queue"]], on=CHANNEL)
    several = shares[shares["queues"] > 1].assign(who=channel_words, kind=SEVERAL_QUEUES)
    tables = [
        alone[[*_QUEUE, "side", "kind", "messages", "who"]],
        *(
            several.assign(side=side, messages=several[amount])[[*_QUEUE, "side", "kind", "messages", "who"]]
            for side, amount in (("surplus", "surplus"), ("shared", "left"))
        ),
    ]
    rows = pd.concat(tables, ignore_index=True)
    rows = rows[rows["messages"] > 0].sort_values("messages", ascending=False, kind="stable")
    reasons: dict[Any, list[Reason]] = {}
    for key, part in rows.groupby([*_QUEUE, "side", "kind"], sort=False):
        vhost, queue, side, kind = (str(each) for each in key)
        messages = int(part["messages"].sum())
        what = phrase(side, kind, listed_words(part["who"].tolist()), asked)
        reasons.setdefault((vhost, queue), []).append(Reason(side, kind, messages, f"{messages:,} {what}"))
    return reasons


def _queue(
    key: tuple[str, str],
    ledger: QueueLedger | None,
    shares: pd.DataFrame | None,
    reasons: list[Reason],
    apart: int,
    asked: Asked,
) -> QueueCounts:
    """Put one queue's three counts together. apart: messages on channels of which no queue is known."""
    rows = conform({}, CHANNEL_SHARE_COLUMNS) if shares is None else _ranked(shares)
    listed, counted, explained, unknown, surplus = (int(rows[name].sum()) for name in _SUMS)
    shared = 0 if shares is None else int(shares["left"].sum())
    gauge, gauge_time = (None, None) if ledger is None else (ledger.gauge, ledger.gauge_time)
    between = gauge_reasons(gauge, gauge_time, counted, shared, apart, asked)
    return QueueCounts(
        *(*key, asked.time, gauge, gauge_time, counted, shared, listed, explained, unknown, surplus),
        (*reasons, *between),
        rows,
    )


def _ranked(shares: pd.DataFrame) -> pd.DataFrame:
    """Give CHANNEL_SHARE_COLUMNS of those that hold something, the most first."""
    holding = shares[(shares["counted"] > 0) | (shares["listed"] > 0) | (shares["left"] > 0)]
    named = holding.assign(client_id=holding["client_id"].where(~is_unnamed(holding["client_id"])))
    ranked = named.sort_values(["counted", "listed"], ascending=False, kind="stable")
    return conform(ranked[list(CHANNEL_SHARE_COLUMNS)], CHANNEL_SHARE_COLUMNS)


def _in_words(told: pd.DataFrame, differences: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Say of each channel what differs, and why."""
    kinds = differences[["side", "kind", "messages", "who"]].to_dict("records")
    said = [f"{row['messages']:,} {phrase(row['side'], row['kind'], 'this channel', asked)}" for row in kinds]
    words = differences[CHANNEL].assign(difference=pd.Series(said, index=differences.index, dtype="str"))
    joined = words.groupby(CHANNEL, as_index=False, sort=False)["difference"].agg("; ".join)
    gap = told["counted"].fillna(0).astype("int64") - told["listed"]
    sides = told[CHANNEL].assign(unknown=gap.clip(lower=0), surplus=(-gap).clip(lower=0))
    return sides.merge(joined, on=CHANNEL, how="left")


_NO_DIFFERENCES: Final = pd.DataFrame(
    {
        **{name: pd.Series(dtype="str") for name in (*CHANNEL, "difference")},
        **{name: pd.Series(dtype="Int64") for name in ("unknown", "surplus")},
    }
)
