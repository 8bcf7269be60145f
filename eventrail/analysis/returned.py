"""Deliveries that no settle line ended, and that the broker took back all the same."""

from typing import Any

import pandas as pd

from eventrail.model.events import Operation
from eventrail.model.ledger import Settlement
from eventrail.model.table import TIME_TYPE


def end_returned(deliveries: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """End unsettled deliveries as returned where the logs prove it; gives the table with `settled` and `settlement`.

    Three proofs, the earliest counts: the channel was closed; a newer process speaks for the same pod; the broker
    handed the same message of the same queue out again. A newer delivery that the broker did not flag as redelivered
    is another copy with the same ID and proves nothing (RabbitMQ sets the flag on every message that it takes back).
    """
    proofs = (
        _channel_closed(deliveries, events),
        _pod_restarted(deliveries, events),
        _handed_out_again(deliveries),
    )
    returned = pd.concat(proofs, axis=1).min(axis=1)
    # A proof older than the delivery, by clocks or by the order of lines, still ends it: not before it began.
    returned = returned.mask(returned < deliveries["delivered"], deliveries["delivered"])
    ended = deliveries["settled"].isna() & returned.notna()
    return deliveries.assign(
        settled=deliveries["settled"].mask(ended, returned),
        settlement=deliveries["settlement"].mask(ended, Settlement.RETURNED.value),
    )


def _channel_closed(deliveries: pd.DataFrame, events: pd.DataFrame) -> "pd.Series[Any]":
    """Give when the delivery's channel was closed."""
    closed = events[(events["operation"] == Operation.CHANNEL_CLOSED) & events["channel_id"].notna()]
    times = closed.groupby("channel_id")["time"].min().astype(TIME_TYPE)
    return pd.Series(times.reindex(deliveries["channel_id"]).array, index=deliveries.index)


def _pod_restarted(deliveries: pd.DataFrame, events: pd.DataFrame) -> "pd.Series[Any]":
    """Give when a newer process first spoke for the delivery's pod."""
    known = events[events["pod"].notna() & events["instance_id"].notna()]
    first = known.groupby(["pod", "instance_id"])["time"].min().reset_index().sort_values(["time"], kind="stable")
    first["next_start"] = first.groupby("pod")["time"].shift(-1)
    joined = deliveries[["pod", "instance_id"]].merge(first, on=["pod", "instance_id"], how="left")
    return joined["next_start"].astype(TIME_TYPE).set_axis(deliveries.index)


def _handed_out_again(deliveries: pd.DataFrame) -> "pd.Series[Any]":
    """Give when the next delivery of the same message from the same queue came that may be a redelivery."""
    ordered = deliveries[deliveries["message_id"].notna()].sort_values("delivered", kind="stable")
    keys = [ordered["vhost"], ordered["queue"], ordered["message_id"]]
    redelivery = ordered["delivered"].where(ordered["redelivered"].fillna(True).astype(bool))
    following = redelivery.groupby(keys, sort=False, dropna=False).shift(-1)
    # Copies between a delivery and its redelivery are no proof themselves and do not hide it.
    following = following.groupby(keys, sort=False, dropna=False).bfill()
    return following.reindex(deliveries.index).astype(TIME_TYPE)
