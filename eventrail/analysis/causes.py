"""Which handling caused a publish or a call."""

from typing import Final

import numpy as np

from eventrail.analysis.columns import NEVER, NOWHERE, Codes, Positions, numbered, pick
from eventrail.analysis.lines import Lines
from eventrail.analysis.steps import Steps
from eventrail.analysis.timeline import Timeline

# A line may stand a moment before the handling that caused it, by the clocks of two threads.
CLOCK_GRAIN: Final = np.timedelta64(5, "ms")


def stated_causes(effects: Steps, handles: Steps, lines: Lines) -> Positions:
    """Give the handling of the message that each effect's line names as its cause.

    Of several deliveries of that message the one on the same pod counts that began last before the effect; without one
    on the pod, the last one that began before it; without any before it, the first.
    """
    cause = lines.codes("causation_id")[effects.line]
    own_pod, their_pod = effects.codes("pod", lines), handles.codes("pod", lines)
    # The same message on the same pod, as one number.
    here = numbered(np.append(handles.message, cause), np.append(their_pod, own_pod))
    known = np.append((handles.message != NOWHERE) & (their_pod != NOWHERE), (cause != NOWHERE) & (own_pod != NOWHERE))
    handled_here, caused_here = np.split(np.where(known, here, NOWHERE), [len(handles)])
    before_here, after_here = _around(Timeline(handled_here, handles.start), caused_here, effects, handles)
    before, after = _around(Timeline(handles.message, handles.start), cause, effects, handles)
    return _first_found(before_here, before, after_here, after)


def _around(timeline: Timeline, keys: Codes, effects: Steps, handles: Steps) -> tuple[Positions, Positions]:
    """Give for each effect the handling of its key that began last before it, and the first that began after it.

    One that began after it by no more than the clocks' grain began before it, where that is nearer.
    """
    before, after = timeline.last_until(keys, effects.start), timeline.first_after(keys, effects.start)
    since, until = effects.start - pick(handles.start, before, NEVER), pick(handles.start, after, NEVER) - effects.start
    nearer = (until <= CLOCK_GRAIN) & ~(since <= until)
    return np.where(nearer, after, before), after


def inferred_causes(effects: Steps, handles: Steps, lines: Lines) -> Positions:
    """Give the handling in progress on the effect's pod when it began: the one that began last.

    For services that log no causation ID.
    """
    # Backwards, so that of several that began at once the last counts.
    timeline = Timeline(handles.codes("pod", lines)[::-1], handles.start[::-1])
    found = timeline.last_until(effects.codes("pod", lines), effects.start)
    handle = np.where(found == NOWHERE, NOWHERE, len(handles) - 1 - found)
    over = pick(handles.end, handle, NEVER) + CLOCK_GRAIN < effects.start
    return np.where(over, NOWHERE, handle)


def _first_found(*choices: Positions) -> Positions:
    """Give the first of the choices that is not NOWHERE."""
    found = choices[0]
    for other in choices[1:]:
        found = np.where(found == NOWHERE, other, found)
    return found
