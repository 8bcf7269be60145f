"""How a trace stands: the worst that is true of its steps."""

import numpy as np

from eventrail.analysis.columns import Mask, are_last, numbered
from eventrail.analysis.steps import KINDS, STATES, Steps
from eventrail.model.trace import OPEN_STATES, StepKind, StepState, TraceState


def state_of(steps: Steps) -> TraceState:
    """Give the worst that is true: a delivery not settled, a message waiting, one given up; unknown without steps."""
    if _any(steps, StepState.OUTSTANDING):
        return TraceState.OUTSTANDING
    if _any(steps, StepState.WAITING):
        return TraceState.WAITING
    if _given_up(steps):
        return TraceState.FAILED
    if _any(steps, StepState.COMPLETE) and not _any(steps, StepState.UNKNOWN):
        return TraceState.COMPLETE
    return TraceState.UNKNOWN


def has_ended(steps: Steps) -> bool:
    """Say whether nothing is held and nothing waits."""
    return not _any(steps, *OPEN_STATES)


def _any(steps: Steps, *states: StepState) -> bool:
    return bool(np.isin(steps.state, [STATES.index(state) for state in states]).any())


def _given_up(steps: Steps) -> bool:
    """Say whether a message's last publish failed, or its last delivery from a queue was discarded."""
    failed = steps.state == STATES.index(StepState.FAILED)
    for kind in (StepKind.PUBLISH, StepKind.HANDLE):
        tries: Mask = steps.kind == KINDS.index(kind)
        if failed[tries][are_last(numbered(steps.queue[tries], steps.message[tries]))].any():
            return True
    return False
