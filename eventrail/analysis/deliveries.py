"""From log lines to deliveries: which delivery each line speaks of, and what ended it."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from eventrail.analysis.columns import (
    NEVER,
    NOWHERE,
    Codes,
    Mask,
    Positions,
    first_positions,
    groups_in,
    numbered,
    pick,
)
from eventrail.analysis.delivery_arrays import SETTLEMENTS, STATED, Deliveries
from eventrail.analysis.inferred import inferred
from eventrail.analysis.lines import Lines
from eventrail.analysis.returned import end_returned
from eventrail.analysis.same_delivery import delivery_codes, message_or_event
from eventrail.analysis.turns import NOT_STATED, count_attempts
from eventrail.model.events import DELIVERY_OPERATIONS, Operation, Outcome
from eventrail.model.ledger import Settlement
from eventrail.model.problem import Problem

STATED_SETTLEMENTS: Final[Mapping[str, int]] = {
    Outcome.ACK: SETTLEMENTS.index(Settlement.ACK),
    Outcome.REQUEUE: SETTLEMENTS.index(Settlement.REQUEUE),
    Outcome.DISCARD: SETTLEMENTS.index(Settlement.DISCARD),
}


def match_deliveries(events: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Give one row a delivery (DELIVERY_COLUMNS, ordered by delivered) from a clean event table.

    A delivery is told by channel and delivery tag; where a line lacks them, by message, queue and pod, in order; where
    it lacks the message ID too, by correlation ID, queue and pod, in order. Lines that say none of these are counted
    in a problem. Settlements without a line of their own come from `end_returned`.
    """
    deliveries, problems = find_deliveries(Lines(events), np.arange(len(events)))
    return deliveries.table(), problems


def find_deliveries(lines: Lines, rows: Positions) -> tuple[Deliveries, tuple[Problem, ...]]:
    """Give the deliveries that the lines in `rows`, clean and in order, speak of; as `match_deliveries`."""
    told = rows[lines.telling(*DELIVERY_OPERATIONS)[rows]]
    tagged = _have(lines, told, "channel_id") & _have(lines, told, "delivery_tag")
    usable = tagged | _have(lines, told, "message_id") | _have(lines, told, "correlation_id")
    problems: tuple[Problem, ...] = ()
    if not usable.all():
        what = (
            f"{int((~usable).sum()):,} delivery lines carry neither delivery tag, message ID nor correlation ID "
            "and were set aside"
        )
        problems = (Problem("logs", what, "log messaging.message.id on receive, process and settle"),)
        told, tagged = told[usable], tagged[usable]
    deliveries = _summarise(lines, told, delivery_codes(lines, told, tagged))
    return end_returned(deliveries, rows), problems


def _have(lines: Lines, rows: Positions, column: str) -> Mask:
    have: Mask = lines.codes(column)[rows] != NOWHERE
    return have


def _summarise(lines: Lines, told: Positions, codes: Codes) -> Deliveries:
    """Make one delivery of all lines that speak of it. told: their rows, codes: the delivery that each speaks of."""
    first = {operation: _first_rows(told, codes, lines.telling(operation)[told]) for operation in DELIVERY_OPERATIONS}
    received, handled, settled = (pick(lines.times, first[operation], NEVER) for operation in DELIVERY_OPERATIONS)
    delivered = np.where(~np.isnat(received), received, np.where(~np.isnat(handled), handled, settled))
    order = np.argsort(delivered, kind="stable")
    stated_by = {name: rows[order] for name, rows in _stated_by(lines, told, codes).items()}
    settling = first[Operation.SETTLE][order]
    outcome = pick(lines.told("outcome", STATED_SETTLEMENTS, NOWHERE), settling, NOWHERE)
    failed = pick(lines.present("error_type"), settling, missing=False)
    return Deliveries(
        lines=lines,
        stated_by=stated_by | {"error_type": settling},
        delivered=delivered[order],
        handling_start=handled[order],
        settled=settled[order],
        settlement=_settlement(outcome, failed, ended=settling != NOWHERE),
        attempt=_attempts(lines, stated_by),
        inferred=inferred(
            len(order),
            {
                "delivered": np.isnat(received[order]),
                "message_id": stated_by["message_id"] == NOWHERE,
                "settlement": (settling != NOWHERE) & (outcome == NOWHERE),
            },
        ),
    )


def _first_rows(told: Positions, codes: Codes, mask: Mask) -> Positions:
    """Give for each delivery the row of its first line that `mask` marks."""
    return pick(told, first_positions(codes, mask, groups_in(codes)), NOWHERE)


def _stated_by(lines: Lines, told: Positions, codes: Codes) -> dict[str, Positions]:
    """Give for each column that lines state, and for the attempt, the first line of each delivery that states it."""
    first = _first_rows(told, codes, np.ones(len(told), dtype=np.bool_))
    stated_by = {}
    for name in (*STATED, "attempt"):
        present = lines.present(name)
        # Mostly a delivery's first line says everything, and the columns can share its row.
        stated_by[name] = first if present[first].all() else _first_rows(told, codes, present[told])
    return stated_by


def _settlement(outcome: Codes, failed: Mask, ended: Mask) -> Codes:
    """Take the outcome a settle line states; one that states none is an ack, or a discard after an error."""
    unstated = np.where(failed, SETTLEMENTS.index(Settlement.DISCARD), SETTLEMENTS.index(Settlement.ACK))
    return np.where(ended & (outcome == NOWHERE), unstated, outcome)


def _attempts(lines: Lines, stated_by: dict[str, Positions]) -> Codes:
    """Give the attempts; see `count_attempts`."""
    vhost, queue, message, event = (
        pick(lines.codes(name), stated_by[name], NOWHERE) for name in ("vhost", "queue", "message_id", "correlation_id")
    )
    copies = numbered(vhost, queue, message_or_event(lines, message, event))
    flags = pick(lines.numbers("redelivered", missing=NOWHERE), stated_by["redelivered"], NOWHERE)
    stated = pick(lines.numbers("attempt", missing=NOT_STATED), stated_by.pop("attempt"), NOT_STATED)
    return count_attempts(copies, flags, stated)
