"""Where each delivery's message came from: its publish, a delivery that gave it back, or one that discarded it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from eventrail.analysis.columns import (
    NEVER,
    NOWHERE,
    Codes,
    Mask,
    Positions,
    Times,
    first_positions,
    groups_in,
    nth_of,
    numbered,
    pick,
)
from eventrail.analysis.delivery_arrays import SETTLEMENTS, Deliveries
from eventrail.analysis.lines import Lines
from eventrail.analysis.steps import STATES, Steps
from eventrail.analysis.timeline import Timeline
from eventrail.analysis.turns import FLAGGED, NOT_FLAGGED, in_turn, pair_in_turn
from eventrail.model.ledger import Settlement
from eventrail.model.trace import StepState

ACK: Final = SETTLEMENTS.index(Settlement.ACK)
DISCARD: Final = SETTLEMENTS.index(Settlement.DISCARD)
GIVEN_BACK: Final = (SETTLEMENTS.index(Settlement.REQUEUE), SETTLEMENTS.index(Settlement.RETURNED))


@dataclass(frozen=True, slots=True)
class Messages:
    """What publishes and deliveries speak of. sent, handled: their numbers by `subjects`, NOWHERE where not known.

    copy: number of what is the same message in the same queue, of each delivery. of_sent: which of the publishes of its
    message each publish is, from 0; failed ones are left out (NOWHERE) unless all failed. of_subject, origin: how many
    there are of each message, and the first of them, by the message's number.
    """

    sent: Codes
    handled: Codes
    copy: Codes
    of_sent: Codes
    of_subject: Codes
    origin: Positions

    def origin_of(self, subject: Codes) -> Positions:
        """Give the first publish of messages, NOWHERE where there is none."""
        known = np.where(subject < len(self.origin), subject, NOWHERE)
        return pick(self.origin, known, NOWHERE)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Positions of deliveries and publishes, NOWHERE where no line tells; an element each delivery.

    given_by: the delivery that gave the message back, or discarded it to where this one came from. sent_by: the
    publish. first: the delivery is the first of a copy that was published, not one given back or dead-lettered.
    goes_on: nobody received what the delivery gave back, or discarded.
    """

    given_by: Positions
    sent_by: Positions
    first: Mask
    goes_on: Mask


def find_messages(sent: Codes, handled: Codes, publishes: Steps, deliveries: Deliveries) -> Messages:
    """Count the publishes of each message. sent, handled: by `subjects`."""
    length = max(groups_in(sent), groups_in(handled))
    failed = publishes.state == STATES.index(StepState.FAILED)
    known = sent != NOWHERE
    succeeded = np.bincount(sent[known & ~failed], minlength=length)
    counted = known & (~failed | (pick(succeeded, sent, 0) == 0))
    of_sent = np.full(len(sent), NOWHERE)
    of_sent[counted] = nth_of(numbered(sent[counted]))
    copy = numbered(*(deliveries.codes(name) for name in ("vhost", "queue")), handled)
    origin = first_positions(sent, of_sent == 0, length)
    return Messages(sent, handled, copy, of_sent, np.bincount(sent[counted], minlength=length), origin)


def find_arrivals(
    publishes: Steps, handles: Steps, deliveries: Deliveries, messages: Messages, lines: Lines
) -> Arrivals:
    """Tell where the message of each delivery came from. handles: the steps of the deliveries, in the same order."""
    order = in_turn(messages.copy, deliveries.flags, deliveries.attempt)
    again = _come_again(order, publishes, handles, deliveries, messages)
    settlement = deliveries.settlement[order]
    taken_from, taken = pair_in_turn(messages.copy[order], np.isin(settlement, GIVEN_BACK), again)
    given_by: Positions = np.full(len(order), NOWHERE)
    given_by[order] = pick(order, taken_from, NOWHERE)
    came_again, followed = np.zeros((2, len(order)), dtype=np.bool_)
    came_again[order], followed[order] = again, taken
    dead = np.where(came_again, NOWHERE, _dead_lettered_by(publishes, handles, deliveries, messages, lines))
    first = ~came_again & (dead == NOWHERE)
    followed[dead[dead != NOWHERE]] = True
    ended_again = np.isin(deliveries.settlement, (*GIVEN_BACK, DISCARD))
    sent_by = _publish_of(first & (messages.handled != NOWHERE), order, messages)
    return Arrivals(np.where(came_again, given_by, dead), sent_by, first, ended_again & ~followed)


def _come_again(order: Positions, publishes: Steps, handles: Steps, deliveries: Deliveries, messages: Messages) -> Mask:
    """Mark, in turn, the deliveries of a copy that was delivered before.

    The broker flags what it takes back. A discarded message that a dead-letter exchange brings back is not flagged:
    it is the same unless it was published anew. Without a flag, what follows an acknowledgement is another copy where
    there are several.
    """
    copy, flags = messages.copy[order], deliveries.flags[order]
    earlier = np.append(NOWHERE, order)[: len(order)]
    is_later: Mask = np.append(False, copy[1:] == copy[:-1])[: len(order)]
    before = np.where(is_later, pick(deliveries.settlement, earlier, NOWHERE), NOWHERE)
    several = pick(messages.of_subject, messages.handled[order], 0) > 1
    another = several & (before == DISCARD)
    if another.any():
        asked = np.flatnonzero(another)
        another[asked] = _is_anew(order[asked], handles.end[earlier[asked]], publishes, handles, messages)
    unflagged = (before == DISCARD) & ~another
    unknown = np.where(before == DISCARD, unflagged, (before != ACK) | ~several)
    return is_later & np.where(flags == FLAGGED, True, np.where(flags == NOT_FLAGGED, unflagged, unknown))


def _is_anew(rows: Positions, discarded: Times, publishes: Steps, handles: Steps, messages: Messages) -> Mask:
    """Mark deliveries after a discard that are of another copy: published after it, or nothing names the message."""
    counted = np.where(messages.of_sent == NOWHERE, NOWHERE, messages.sent)
    sent = Timeline(counted, publishes.start).last_until(messages.handled[rows], handles.start[rows])
    anew: Mask = (pick(publishes.start, sent, NEVER) >= discarded) | (handles.message[rows] == NOWHERE)
    return anew


def _dead_lettered_by(
    publishes: Steps, handles: Steps, deliveries: Deliveries, messages: Messages, lines: Lines
) -> Positions:
    """Give for each delivery the one from another queue that discarded the message before.

    A dead letter comes through another exchange than it was published to, and than it was discarded after.
    """
    discarded = deliveries.settlement == DISCARD
    if not discarded.any():
        return np.full(len(handles), NOWHERE)
    discards = Timeline(np.where(discarded, messages.handled, NOWHERE), handles.end)
    found = discards.last_until(messages.handled, handles.start)
    through = handles.codes("exchange", lines)
    published_to = pick(publishes.codes("exchange", lines), messages.origin_of(messages.handled), NOWHERE)
    before = pick(through, found, NOWHERE)
    moved = (through != NOWHERE) & (before != NOWHERE) & (through != before) & (through != published_to)
    elsewhere = pick(handles.queue, found, NOWHERE) != handles.queue
    return np.where(moved & elsewhere, found, NOWHERE)


def _publish_of(first: Mask, order: Positions, messages: Messages) -> Positions:
    """Give the publish of each copy's first delivery: the first publish to the first of a queue, and so on."""
    rows = order[first[order]]
    nth = nth_of(numbered(messages.copy[rows]))
    counted = np.flatnonzero(messages.of_sent != NOWHERE)
    counted = counted[np.argsort(messages.sent[counted], kind="stable")]
    subject = messages.handled[rows]
    begin = np.searchsorted(messages.sent[counted], subject)
    there = nth < pick(messages.of_subject, subject, 0)
    sent_by: Positions = np.full(len(first), NOWHERE)
    sent_by[rows] = pick(np.append(counted, NOWHERE), np.where(there, begin + nth, len(counted)), NOWHERE)
    return sent_by
