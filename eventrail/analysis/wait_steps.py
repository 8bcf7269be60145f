"""The wait steps: ended by a delivery, or going on after a publish, a requeue or a discard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from eventrail.analysis.arrivals import DISCARD, Arrivals, Messages
from eventrail.analysis.columns import NEVER, NOWHERE, Codes, Positions, Times, groups_in, numbered, pick
from eventrail.analysis.delivery_arrays import Deliveries
from eventrail.analysis.discarded import Destinations
from eventrail.analysis.inferred import inferred, marked
from eventrail.analysis.lines import Lines
from eventrail.analysis.routes import Routes
from eventrail.analysis.steps import KINDS, STATES, Steps, joined
from eventrail.model.events import Outcome
from eventrail.model.trace import StepKind, StepState

# What a wait has from the publish or the delivery that it is told by.
_FROM_PUBLISH: Final = ("vhost", "exchange", "routing_key", "event_type")
_FROM_HANDLE: Final = (*_FROM_PUBLISH, "service")


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


def joined_waits(parts: Sequence[Waits]) -> Waits:
    """Give the waits of all parts."""
    return Waits(
        joined([part.steps for part in parts]),
        np.concatenate([part.after_handle for part in parts]),
        np.concatenate([part.after_publish for part in parts]),
        np.concatenate([part.ended_by for part in parts]),
    )


def ended_waits(publishes: Steps, handles: Steps, arrivals: Arrivals) -> Waits:
    """Give the waits that a delivery ended.

    It began when the delivery before it ended, or at the publish; where no line shows either there is no wait.
    """
    given_back, sent = pick(handles.end, arrivals.given_by, NEVER), pick(publishes.start, arrivals.sent_by, NEVER)
    start = np.where(arrivals.given_by == NOWHERE, sent, given_back)
    waited = np.flatnonzero(~np.isnat(start))
    steps = _wait_steps(handles, waited, _FROM_HANDLE, start=start[waited], state=StepState.COMPLETE)
    guessed = inferred(len(waited), {"end": marked(handles.inferred[waited], "start")})
    steps = replace(steps, end=handles.start[waited], inferred=steps.inferred | guessed)
    return Waits(steps, arrivals.given_by[waited], arrivals.sent_by[waited], waited)


def given_back(handles: Steps, deliveries: Deliveries, arrivals: Arrivals) -> Waits:
    """Give the waits of messages that were requeued or returned, and that nobody received since."""
    back = np.flatnonzero(arrivals.goes_on & (deliveries.settlement != DISCARD))
    return _after_handles(handles, back, StepState.WAITING)


def dead_lettered(handles: Steps, discards: Positions, destinations: Destinations) -> Waits:
    """Give the waits of discarded messages where they lie, or, after a delay, come back to.

    discards: positions of handlings; destinations: where the messages of each went.
    """
    at = discards[destinations.discard]
    waits = _after_handles(handles, at, StepState.WAITING)
    back = destinations.comes_back
    first = np.ones(len(at), dtype=np.int64)
    steps = replace(
        waits.steps,
        stated_by={**waits.steps.stated_by, "service": np.where(back, waits.steps.stated_by["service"], NOWHERE)},
        queue=destinations.queue,
        attempt=np.where(back, waits.steps.attempt, first),
        state=np.where(back, STATES.index(StepState.WAITING), STATES.index(StepState.FAILED)),
        inferred=waits.steps.inferred | inferred(len(at), {"queue": first == 1}),
    )
    return replace(waits, steps=steps)


def _after_handles(handles: Steps, at: Positions, state: StepState) -> Waits:
    steps = _wait_steps(handles, at, _FROM_HANDLE, start=handles.end[at], state=state)
    nowhere = np.full(len(at), NOWHERE)
    return Waits(replace(steps, attempt=steps.attempt + 1), at, nowhere, nowhere)


def not_delivered(
    publishes: Steps, handles: Steps, messages: Messages, arrivals: Arrivals, lines: Lines, routes: Routes
) -> Waits:
    """Give the waits of messages that a queue took and no consumer got.

    They wait in the queues that their exchange and routing key lead to. Where those are not known, a delivery says
    that the message arrived. A copy with the same ID may be the same publish told twice, unless the broker confirmed.
    """
    confirmed = lines.having("outcome", Outcome.CONFIRMED)[publishes.line]
    sent = (publishes.state == STATES.index(StepState.COMPLETE)) & (messages.sent != NOWHERE)
    taken = np.flatnonzero(sent & ((messages.of_sent == 0) | confirmed))
    ways = (publishes.codes(column, lines)[taken] for column in ("exchange", "routing_key"))
    expected, queue = routes.of(*ways)
    subject, nth = messages.sent[taken][expected], messages.of_sent[taken][expected]
    first = arrivals.first & (messages.handled != NOWHERE)
    there = _delivered(subject, queue, messages.handled[first], handles.queue[first])
    lost_track = queue == NOWHERE
    waiting = np.flatnonzero(nth >= there)
    publish, lost_track = taken[expected[waiting]], lost_track[waiting]
    steps = _wait_steps(publishes, publish, _FROM_PUBLISH, start=publishes.start[publish], state=StepState.WAITING)
    steps = replace(
        steps,
        queue=queue[waiting],
        attempt=np.ones(len(waiting), dtype=np.int64),
        state=np.where(lost_track, STATES.index(StepState.UNKNOWN), steps.state),
        inferred=steps.inferred | inferred(len(waiting), {"queue": ~lost_track}),
    )
    nowhere = np.full(len(waiting), NOWHERE)
    return Waits(steps, nowhere, publish, nowhere)


def _delivered(subject: Codes, queue: Codes, handled: Codes, handled_from: Codes) -> Codes:
    """Count the copies of each message delivered from its queue; where that is NOWHERE, from the one with most."""
    same = numbered(np.append(subject, handled), np.append(queue, handled_from))
    expected, delivered = np.split(same, [len(subject)])
    from_queue = np.bincount(delivered, minlength=groups_in(same))
    most = np.zeros(max(groups_in(subject), groups_in(handled)), dtype=np.int64)
    np.maximum.at(most, handled, from_queue[delivered])
    return np.where(queue == NOWHERE, pick(most, subject, 0), from_queue[expected])


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
        inferred=inferred(len(at), {"message_id": told_by.message[at] == NOWHERE}),
    )
