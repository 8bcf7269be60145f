"""Deliveries that no settle line ended, and that the broker took back all the same."""

from dataclasses import replace

import numpy as np

from eventrail.analysis.columns import (
    NEVER,
    NOWHERE,
    Mask,
    Positions,
    Times,
    first_positions,
    groups_in,
    next_of,
    numbered,
    pick,
)
from eventrail.analysis.delivery_arrays import SETTLEMENTS, Deliveries
from eventrail.analysis.turns import NOT_FLAGGED, in_turn, pair_in_turn
from eventrail.model.events import Operation
from eventrail.model.ledger import Settlement


def end_returned(deliveries: Deliveries, rows: Positions) -> Deliveries:
    """End unsettled deliveries as returned where the logs prove it. rows: all lines, clean and in order.

    Three proofs, the earliest counts: the channel was closed; a newer process speaks for the same pod; the broker
    handed the same message of the same queue out again. A newer delivery that the broker did not flag as redelivered
    is another copy with the same ID and proves nothing (RabbitMQ sets the flag on every message that it takes back).
    """
    unsettled = np.isnat(deliveries.settled)
    if not unsettled.any():
        return deliveries
    closing = _closing_lines(deliveries, rows)
    closed = pick(deliveries.lines.times, closing, NEVER)
    proved = np.fmin(closed, _pod_restarted(deliveries, rows))
    told = np.where(unsettled, ~np.isnat(proved), deliveries.settlement == SETTLEMENTS.index(Settlement.REQUEUE))
    returned = np.fmin(proved, _handed_out_again(deliveries, told))
    by_channel = unsettled & (returned == closed)
    # A proof older than the delivery, by clocks or by the order of lines, still ends it: not before it began.
    returned = np.where(returned < deliveries.delivered, deliveries.delivered, returned)
    ended = unsettled & ~np.isnat(returned)
    return replace(
        deliveries,
        stated_by={
            **deliveries.stated_by,
            "error_type": np.where(by_channel, closing, deliveries.stated_by["error_type"]),
        },
        settled=np.where(ended, returned, deliveries.settled),
        settlement=np.where(ended, SETTLEMENTS.index(Settlement.RETURNED), deliveries.settlement),
    )


def _closing_lines(deliveries: Deliveries, rows: Positions) -> Positions:
    """Give the line that says that the delivery's channel was closed, NOWHERE where none does."""
    lines = deliveries.lines
    channels = lines.codes("channel_id")[rows]
    closing = lines.telling(Operation.CHANNEL_CLOSED)[rows]
    first = first_positions(channels, closing, len(lines.words("channel_id")))
    return pick(rows, pick(first, deliveries.codes("channel_id"), NOWHERE), NOWHERE)


def _pod_restarted(deliveries: Deliveries, rows: Positions) -> Times:
    """Give when a newer process first spoke for the delivery's pod."""
    lines = deliveries.lines
    pods, instances = lines.codes("pod")[rows], lines.codes("instance_id")[rows]
    known = (pods != NOWHERE) & (instances != NOWHERE)
    pods, instances, times = pods[known], instances[known], lines.times[rows][known]
    # Numbered in order of their first line: the next process of a pod is the next number that has it.
    processes = numbered(
        np.append(pods, deliveries.codes("pod")), np.append(instances, deliveries.codes("instance_id"))
    )
    spoke, held_by = np.split(processes, [len(pods)])
    first = first_positions(spoke, np.ones(len(spoke), dtype=np.bool_), groups_in(processes))
    restarted = pick(first, next_of(numbered(pick(pods, first, NOWHERE))), NOWHERE)
    return pick(times, restarted[held_by], NEVER)


def _handed_out_again(deliveries: Deliveries, given_back: Mask) -> Times:
    """Give when the next delivery of the same message from the same queue came that must be its redelivery.

    given_back: marks deliveries that lines say gave their message back. A redelivery that follows from one of those
    proves nothing about the others.
    """
    flagged = deliveries.flags != NOT_FLAGGED
    copies = deliveries.copies()
    order = in_turn(copies, deliveries.flags, deliveries.attempt)
    has_message = (deliveries.codes("message_id") != NOWHERE)[order]
    is_later = np.append(False, copies[order][1:] == copies[order][:-1])[: len(order)]
    again = flagged[order] & is_later & has_message
    taken_from, _ = pair_in_turn(copies[order], given_back[order], again)
    unexplained = again & ~pick(given_back[order], taken_from, missing=False)
    # Copies between a delivery and its redelivery are no proof themselves and do not hide it.
    places = np.where(unexplained, np.arange(len(order)), len(order))
    nearest = np.append(np.minimum.accumulate(places[::-1])[::-1], len(order))[1:]
    following = np.append(order, NOWHERE)[nearest]
    same = pick(copies, following, NOWHERE) == copies[order]
    times = np.full(len(order), NEVER)
    times[order] = np.where(same, pick(deliveries.delivered, following, NEVER), NEVER)
    return times
