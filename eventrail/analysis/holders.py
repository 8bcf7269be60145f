"""Which channels hold outstanding deliveries: what the logs list of each beside what the broker counts on it."""

from typing import Final

import pandas as pd

from eventrail.analysis.channel_names import CHANNEL, broker_channels, is_unnamed, on_channels, together
from eventrail.analysis.consumer_timeouts import ConsumerTimeouts
from eventrail.model.holders import HOLDER_COLUMNS, KnownBy
from eventrail.model.ledger import QueueLedger, Stage
from eventrail.model.table import conform

_OF_LINES: Final = [
    *("vhost", "client_id", "pod", "service", "node", "channel", "queues", "listed", "handling", "received"),
    *("partly_inferred", "attempted", "oldest_delivered", "oldest_age_seconds", "closes"),
]


def holders_of(
    ledgers: tuple[QueueLedger, ...],
    channels: pd.DataFrame,
    timeouts: ConsumerTimeouts,
    as_of: pd.Timestamp,
    differences: pd.DataFrame,
) -> pd.DataFrame:
    """Give HOLDER_COLUMNS: a row for each channel that the logs or the broker say holds something, oldest first.

    channels: Broker.channels, empty where the broker was not asked; see `pods_of_peers` for pods known by address.
    differences: Compared.differences of the same channels.
    """
    counted = broker_channels(channels)
    listed = _by_channel(_deliveries(ledgers, timeouts), counted, as_of)
    both = listed.merge(counted, on=CHANNEL, how="outer", suffixes=("", "_counted"))
    holding = both[(both["listed"].fillna(0) > 0) | (both["counted"].fillna(0) > 0)].copy()
    holding["known_by"] = _known_by(holding)
    for name in ("pod", "queues"):
        holding[name] = holding[name].fillna(holding[f"{name}_counted"])
    holding["channel"] = holding["channel_counted"].fillna(holding["channel"])
    holding = holding.merge(differences, on=CHANNEL, how="left")
    holding["client_id"] = holding["client_id"].where(~is_unnamed(holding["client_id"]))
    for name in ("listed", "handling", "received", "partly_inferred", "attempted"):
        holding[name] = holding[name].fillna(0).astype("int64")
    ranked = holding.sort_values(
        ["oldest_delivered", "counted", "pod"], ascending=[True, False, True], na_position="last", kind="stable"
    )
    return conform(ranked[list(HOLDER_COLUMNS)], HOLDER_COLUMNS)


def _deliveries(ledgers: tuple[QueueLedger, ...], timeouts: ConsumerTimeouts) -> pd.DataFrame:
    """Give all listed deliveries with `closes`: when the broker's patience with each ends."""
    tables = [
        one.deliveries.assign(
            vhost=one.vhost,
            closes=_ends_of_patience(one.deliveries["delivered"], timeouts.of((one.vhost, one.queue))),
        )
        for one in ledgers
        if len(one.deliveries)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _ends_of_patience(delivered: "pd.Series[pd.Timestamp]", seconds: float | None) -> "pd.Series[pd.Timestamp]":
    if seconds is None:
        return pd.Series(pd.NaT, index=delivered.index, dtype=delivered.dtype)
    return delivered + pd.Timedelta(seconds=seconds)


def _by_channel(deliveries: pd.DataFrame, counted: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Sum the deliveries up: a row a channel, or a pod where the lines name no channel."""
    if deliveries.empty:
        return conform({}, HOLDER_COLUMNS)[_OF_LINES].assign(number="", adopted=False)
    rows = on_channels(deliveries, counted).assign(
        handling=deliveries["stage"] == Stage.HANDLING,
        received=deliveries["stage"] == Stage.RECEIVED,
        partly_inferred=deliveries["inferred"].fillna("") != "",
        attempted=deliveries["redelivered"].fillna(value=False).astype(bool)
        | (deliveries["attempt"].fillna(1) > 1).astype(bool),
    )
    # The sure ones first, so that their words are kept.
    summed = rows.sort_values("adopted", kind="stable").groupby(CHANNEL, dropna=False, sort=False)
    held = summed.agg(
        pod=("pod", "first"),
        service=("service", "first"),
        node=("node", "first"),
        channel=("channel_id", "first"),
        queues=("queue", together),
        listed=("delivered", "size"),
        handling=("handling", "sum"),
        received=("received", "sum"),
        partly_inferred=("partly_inferred", "sum"),
        attempted=("attempted", "sum"),
        oldest_delivered=("delivered", "min"),
        closes=("closes", "min"),
        adopted=("adopted", "min"),
    )
    held["oldest_age_seconds"] = (as_of - held["oldest_delivered"]).dt.total_seconds()
    return held.reset_index()


def _known_by(rows: pd.DataFrame) -> "pd.Series[str]":
    """Say what ties each row's deliveries to its holder."""
    by_lines = rows["listed"].notna()
    unnamed = is_unnamed(rows["client_id"])
    said = pd.Series(KnownBy.CHANNEL, index=rows.index, dtype="str")
    said = said.mask(by_lines & rows["adopted"].fillna(value=False).astype(bool), KnownBy.POD)
    said = said.mask(by_lines & unnamed, KnownBy.LINES)
    said = said.mask(by_lines & unnamed & rows["pod"].isna(), KnownBy.NOTHING)
    said = said.mask(~by_lines, KnownBy.CONNECTION_NAME)
    said = said.mask(~by_lines & rows["by_address"].fillna(value=False).astype(bool), KnownBy.PEER_ADDRESS)
    return said.mask(~by_lines & rows["pod_counted"].isna(), KnownBy.BROKER)
