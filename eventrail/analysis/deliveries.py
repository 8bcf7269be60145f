"""From log lines to deliveries: which delivery each line speaks of, and what ended it."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import (
    Codes,
    Mask,
    cumulative_count,
    first_positions,
    first_present,
    group_codes,
    join_names,
    take,
)
from eventrail.analysis.returned import end_returned
from eventrail.model.events import DELIVERY_OPERATIONS, Operation
from eventrail.model.ledger import DELIVERY_COLUMNS, Settlement
from eventrail.model.problem import Problem
from eventrail.model.table import conform

# Columns that any line about a delivery may state; the first line that does is believed.
STATED: Final = (
    *("vhost", "queue", "message_id", "correlation_id", "event_type", "exchange", "routing_key"),
    *("service", "pod", "node", "instance_id"),
    *("channel_id", "client_id", "consumer_tag", "delivery_tag", "redelivered"),
)
STATED_SETTLEMENTS: Final = (Settlement.ACK, Settlement.REQUEUE, Settlement.DISCARD)


def match_deliveries(events: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Give one row a delivery (DELIVERY_COLUMNS, ordered by delivered) from a clean event table.

    A delivery is told by channel and delivery tag; where a line lacks them, by message, queue and pod, in order; where
    it lacks the message ID too, by correlation ID, queue and pod, in order. Lines that say none of these are counted
    in a problem. Settlements without a line of their own come from `end_returned`.
    """
    lines = events[events["operation"].isin(DELIVERY_OPERATIONS)].reset_index(drop=True)
    tagged = (lines["channel_id"].notna() & lines["delivery_tag"].notna()).to_numpy()
    usable = tagged | (lines["message_id"].notna() | lines["correlation_id"].notna()).to_numpy()
    problems: tuple[Problem, ...] = ()
    if not usable.all():
        what = (
            f"{int((~usable).sum()):,} delivery lines carry neither delivery tag, message ID nor correlation ID "
            "and were set aside"
        )
        problems = (Problem("logs", what, "log messaging.message.id on receive, process and settle"),)
        lines, tagged = lines[usable].reset_index(drop=True), tagged[usable]
    codes, groups = _delivery_codes(lines, tagged)
    return end_returned(_summarise(lines, codes, groups), events), problems


def _delivery_codes(lines: pd.DataFrame, tagged: Mask) -> tuple[Codes, int]:
    """Number the deliveries; see `match_deliveries` for what makes two lines speak of the same one."""
    message = lines["message_id"].fillna("correlation ID " + lines["correlation_id"])
    keys = pd.DataFrame(
        {
            "channel_id": lines["channel_id"].where(tagged),
            "delivery_tag": lines["delivery_tag"].where(tagged),
            "message": message.mask(tagged),
            "queue": lines["queue"].mask(tagged),
            "pod": lines["pod"].mask(tagged),
            "instance_id": lines["instance_id"].mask(tagged),
        }
    )
    same, _ = group_codes(keys, list(keys.columns))
    received = (lines["operation"] == Operation.RECEIVE).to_numpy(dtype=bool)
    handled = (lines["operation"] == Operation.PROCESS).to_numpy(dtype=bool)
    # Without tags the same message may come to the same pod again: each receive line starts a delivery, or, where a
    # service logs none, each process line does.
    logs_receive = pd.Series(received).groupby(same).transform("any").to_numpy(dtype=bool)
    nth = np.where(logs_receive, cumulative_count(same, received), cumulative_count(same, handled)).clip(min=1)
    nth[tagged] = 0
    return group_codes(pd.DataFrame({"same": same, "nth": nth}), ["same", "nth"])


def _summarise(lines: pd.DataFrame, codes: Codes, groups: int) -> pd.DataFrame:
    """Make one row of all lines that speak of a delivery."""

    def first_of(operation: Operation, column: str) -> "pd.Series[Any]":
        positions = first_positions(codes, (lines["operation"] == operation).to_numpy(dtype=bool), groups)
        return take(lines[column], positions)

    table = pd.DataFrame({name: first_present(lines[name], codes, groups) for name in STATED})
    received = first_of(Operation.RECEIVE, "time")
    table["handling_start"] = first_of(Operation.PROCESS, "time")
    table["settled"] = first_of(Operation.SETTLE, "time")
    table["delivered"] = received.fillna(table["handling_start"]).fillna(table["settled"])
    table["error_type"] = first_of(Operation.SETTLE, "error_type")
    stated = first_of(Operation.SETTLE, "outcome")
    table["settlement"] = _settlement(stated, table)
    table["attempt"] = _attempts(table, first_present(lines["attempt"], codes, groups))
    table["inferred"] = join_names(
        {
            "delivered": received.isna(),
            "message_id": table["message_id"].isna(),
            "settlement": table["settled"].notna() & ~stated.isin(STATED_SETTLEMENTS),
        },
        groups,
    )
    return conform(table, DELIVERY_COLUMNS).sort_values("delivered", kind="stable", ignore_index=True)


def _settlement(stated: "pd.Series[Any]", table: pd.DataFrame) -> "pd.Series[Any]":
    """Take the outcome a settle line states; one that states none is an ack, or a discard after an error."""
    known = stated.where(stated.isin(STATED_SETTLEMENTS))
    unstated = table["settled"].notna() & known.isna()
    failed = table["error_type"].notna()
    return known.mask(unstated & failed, Settlement.DISCARD.value).mask(unstated & ~failed, Settlement.ACK.value)


def _attempts(table: pd.DataFrame, stated: "pd.Series[Any]") -> "pd.Series[Any]":
    """Give the attempt that the service states, else count the deliveries of a message from a queue."""
    ordered = table.sort_values("delivered", kind="stable")
    message = ordered["message_id"].fillna(ordered["correlation_id"])
    counted = ordered.groupby([ordered["vhost"], ordered["queue"], message], dropna=False, sort=False).cumcount() + 1
    return stated.fillna(counted.sort_index().astype("Int64"))
