"""Waits in queues: from publish to first delivery, from giving back to the next delivery, or still going on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from eventrail.analysis.columns import (
    NEVER,
    NOWHERE,
    Codes,
    Positions,
    Times,
    among,
    are_last,
    numbered,
    pick,
    previous_of,
)
from eventrail.analysis.inferred import inferred
from eventrail.analysis.lines import Lines
from eventrail.analysis.routes import Routes
from eventrail.analysis.steps import KINDS, STATES, Steps, joined
from eventrail.analysis.timeline import Timeline
from eventrail.model.trace import StepKind, StepState

# What a wait has from the publish or the delivery that it is told by.
_FROM_PUBLISH: Final = ("vhost", "exchange", "routing_key", "event_type")
_FROM_HANDLE: Final = (*_FROM_PUBLISH, "service")
_GIVEN_BACK: Final = tuple(STATES.index(state) for state in (StepState.REQUEUED, StepState.RETURNED))


@dataclass(frozen=True, slots=True)
class Waits:
    """The wait steps, and how they hang together with the others: positions of handlings and publishes, or NOWHERE.

    A wait began after a handling that gave the message back, or else after its publish; ended_by: the handling of the
    delivery that ended it, NOWHERE while it goes on.
    """

    steps: Steps
    after_handle: Positions
    after_publish: Positions
    ended_by: Positions


def waits_between(publishes: Steps, handles: Steps, copies: Codes, lines: Lines, routes: Routes) -> Waits:
    """Give the waits.

    handles: ordered by start; copies: the number of each one's message and queue.

    A delivery's wait began when the delivery of the same message from the same queue before it ended, or at the
    publish; a delivery whose publish no line shows has no wait. A message that was published, or given back, and not
    delivered since waits in the queues that its exchange and routing key lead to.
    """
    parts = (
        _ended_waits(publishes, handles, copies),
        _given_back(handles, copies),
        _not_delivered(publishes, handles, lines, routes),
    )
    return Waits(
        joined([part.steps for part in parts]),
        np.concatenate([part.after_handle for part in parts]),
        np.concatenate([part.after_publish for part in parts]),
        np.concatenate([part.ended_by for part in parts]),
    )


def _ended_waits(publishes: Steps, handles: Steps, copies: Codes) -> Waits:
    """Give the waits that a delivery ended."""
    before = np.where(handles.message == NOWHERE, NOWHERE, previous_of(copies))
    sent = Timeline(publishes.message, publishes.start)
    publish = sent.last_until(handles.message, handles.start)
    publish = np.where(publish == NOWHERE, sent.first_after(handles.message, handles.start), publish)
    given_back = pick(handles.end, before, NEVER)
    start = np.where(np.isnat(given_back), pick(publishes.start, publish, NEVER), given_back)
    has_wait = np.flatnonzero(~np.isnat(start))
    after = before[has_wait]
    steps = _wait_steps(handles, has_wait, _FROM_HANDLE, start=start[has_wait], state=StepState.COMPLETE)
    steps = replace(steps, end=handles.start[has_wait])
    return Waits(steps, after, np.where(after == NOWHERE, publish[has_wait], NOWHERE), has_wait)


def _given_back(handles: Steps, copies: Codes) -> Waits:
    """Give the waits of messages whose last delivery was requeued or returned."""
    back = np.flatnonzero(are_last(copies) & np.isin(handles.state, _GIVEN_BACK))
    steps = _wait_steps(handles, back, _FROM_HANDLE, start=handles.end[back], state=StepState.WAITING)
    nowhere = np.full(len(back), NOWHERE)
    return Waits(replace(steps, attempt=steps.attempt + 1), back, nowhere, nowhere)


def _not_delivered(publishes: Steps, handles: Steps, lines: Lines, routes: Routes) -> Waits:
    """Give the waits of messages that a queue took and no consumer got."""
    taken = np.flatnonzero((publishes.state == STATES.index(StepState.COMPLETE)) & (publishes.message != NOWHERE))
    ways = (publishes.codes(column, lines)[taken] for column in ("exchange", "routing_key"))
    expected, queue = routes.of(*ways)
    message = publishes.message[taken][expected]
    same = numbered(np.append(message, handles.message), np.append(queue, handles.queue))
    delivered = among(*np.split(same, [len(message)]))
    # Where the queues of a publish are not known, one delivery of its message says that it arrived.
    lost_track = queue == NOWHERE
    arrived = lost_track & among(message, handles.message)
    waiting = np.flatnonzero(~delivered & ~arrived)
    publish, lost_track = taken[expected[waiting]], lost_track[waiting]
    steps = _wait_steps(publishes, publish, _FROM_PUBLISH, start=publishes.start[publish], state=StepState.WAITING)
    steps = replace(
        steps,
        queue=queue[waiting],
        attempt=np.ones(len(waiting), dtype=np.int64),
        state=np.where(lost_track, STATES.index(StepState.UNKNOWN), steps.state),
        inferred=inferred(len(waiting), {"queue": ~lost_track}),
    )
    nowhere = np.full(len(waiting), NOWHERE)
    return Waits(steps, nowhere, publish, nowhere)


def _wait_steps(told_by: Steps, at: Positions, columns: Sequence[str], *, start: Times, state: StepState) -> Steps:
    """Give a wait for each step at `at`, with the queue, the attempt and the columns of that step, without an end."""
    nowhere = np.full(len(at), NOWHERE)
    return Steps(
        kind=np.full(len(at), KINDS.index(StepKind.WAIT)),
        line=nowhere,
        stated_by={name: told_by.stated_by[name][at] for name in columns},
        message=told_by.message[at],
        queue=told_by.queue[at],
        start=start,
        handling_start=np.full(len(at), NEVER),
        end=np.full(len(at), NEVER),
        state=np.full(len(at), STATES.index(state)),
        outcome=nowhere,
        attempt=told_by.attempt[at],
        inferred=np.zeros(len(at), dtype=np.int64),
    )
