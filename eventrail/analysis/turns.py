"""The deliveries of one message from one queue, one after another."""

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, groups_in, nth_of, numbered

FLAGGED, NOT_FLAGGED = 1, 0  # the broker's redelivered flag; NOWHERE where no line states it
NOT_STATED = 0  # an attempt that no line states


def in_turn(copies: Codes, flags: Codes, attempts: Codes) -> Positions:
    """Give the deliveries' positions by copy, those of a copy in the order in which they were made.

    copies: what is the same message in the same queue; deliveries come in the order of their times. Times of two nodes
    may contradict the broker: where it flagged all deliveries but one, that one was the first, and the attempts tell
    the order of the others.
    """
    groups = groups_in(copies)
    if groups == len(copies):
        return np.arange(groups)
    first_ones = np.bincount(copies[flags == NOT_FLAGGED], minlength=groups)
    all_told = np.bincount(copies[flags != NOWHERE], minlength=groups) == np.bincount(copies, minlength=groups)
    by_attempt = (all_told & (first_ones == 1))[copies]
    turn = np.where(by_attempt & (flags == FLAGGED), np.maximum(attempts, 1), 0)
    return np.lexsort((turn, copies))


def count_attempts(copies: Codes, flags: Codes, attempts: Codes) -> Codes:
    """Give each delivery's attempt: as stated, or more where the deliveries before it say so.

    A classic queue tells a consumer only that there was a delivery before, so all but the first state attempt 2. Where
    a service states none, the deliveries of the message from the queue are counted.
    """
    order = in_turn(copies, flags, attempts)
    stated = attempts[order]
    number = nth_of(copies[order])
    begins: Mask = (number == 0) | (stated == 1) | (flags[order] == NOT_FLAGGED)
    run = np.cumsum(begins) - 1
    since = np.arange(len(order)) - np.flatnonzero(begins)[run]
    counted = np.maximum(stated[begins], 1)[run] + since
    counts: Codes = np.empty(len(order), dtype=np.int64)
    counts[order] = np.where(stated == NOT_STATED, number + 1, np.maximum(stated, counted))
    return counts


def pair_in_turn(groups: Codes, givers: Mask, takers: Mask) -> tuple[Positions, Mask]:
    """Pair the takers of each group with its givers before them, the first with the first.

    groups: ascending; the rows of a group in turn. A taker that finds none left takes from the row right before it,
    which must be of its group. Gives each taker's giver, NOWHERE for the other rows, and which givers were taken from.
    """
    giving = givers | _takes_from_before(groups, givers, takers)
    giver_rows, taker_rows = np.flatnonzero(giving), np.flatnonzero(takers)
    place = np.searchsorted(groups[giver_rows], groups[taker_rows]) + nth_of(numbered(groups[taker_rows]))
    taken_from: Positions = np.full(len(groups), NOWHERE, dtype=np.int64)
    taken_from[taker_rows] = giver_rows[place]
    taken: Mask = np.zeros(len(groups), dtype=np.bool_)
    taken[giver_rows[place]] = True
    return taken_from, taken


def _takes_from_before(groups: Codes, givers: Mask, takers: Mask) -> Mask:
    """Mark the rows right before a taker that finds no giver left."""
    begins = np.searchsorted(groups, groups)
    given: Codes = np.cumsum(givers) - givers
    balance: Codes = given - given[begins] - (np.cumsum(takers) - (np.cumsum(takers) - takers)[begins])
    # Later groups lie below earlier ones, so that each begins its least balance anew.
    shift = np.cumsum(np.append(True, groups[1:] != groups[:-1])[: len(groups)]) * (2 * len(groups) + 1)
    owed = np.maximum(-np.minimum.accumulate(balance - shift) - shift, 0)
    owed_before = np.where(begins == np.arange(len(groups)), 0, np.append(0, owed)[: len(groups)])
    marked: Mask = np.zeros(len(groups), dtype=np.bool_)
    marked[np.flatnonzero(owed > owed_before) - 1] = True
    return marked
