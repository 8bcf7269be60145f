"""What a reader of a trace must know to trust it rightly: what the lines leave out, or say wrongly."""

import numpy as np
import pandas as pd

from eventrail.analysis.arrivals import Messages
from eventrail.analysis.columns import NOWHERE, Mask, Positions
from eventrail.analysis.lines import Lines
from eventrail.analysis.parts import parts_apart, parts_problem
from eventrail.analysis.steps import KINDS, Steps
from eventrail.model.problem import Problem
from eventrail.model.trace import StepKind
from eventrail.words import count

Problems = tuple[Problem, ...]


def unpublished(steps: Steps, parents: Positions) -> Problems:
    """Say that deliveries have no publish that led to them. parents: the position of each step's cause."""
    without = (steps.kind == KINDS.index(StepKind.HANDLE)) & (steps.message != NOWHERE) & (parents == NOWHERE)
    messages = len(np.unique(steps.message[without]))
    were, their = ("was", "its") if messages == 1 else ("were", "their")
    what = f"{count(messages, 'message')} {were} delivered that no line shows being published; {their} wait is unknown"
    return _if(messages, what, "widen the window, or instrument the publishing service")


def published_again(messages: Messages, lines: Lines) -> Problems:
    """Say that message IDs were used more than once."""
    again = int((messages.of_subject[: len(lines.words("message_id"))] > 1).sum())
    were = "was" if again == 1 else "were"
    what = f"{count(again, 'message ID')} {were} published more than once; each queue's order tells the copies apart"
    return _if(again, what, "give every publish a message ID of its own")


def unseen_causes(unseen: Mask) -> Problems:
    """Say that causes were named that no line shows. unseen: marks the publishes or calls."""
    publishes = int(unseen.sum())
    names = "names" if publishes == 1 else "name"
    what = f"{count(publishes, 'publish', 'publishes')} {names} a causing message whose handling no line shows"
    return _if(publishes, what, "look whether the causing service logs its deliveries with this correlation ID")


def own_causes(own: Mask) -> Problems:
    """Say that publishes name themselves as their cause."""
    publishes = int(own.sum())
    names, itself, its = ("names", "itself", "its") if publishes == 1 else ("name", "themselves", "their")
    what = (
        f"{count(publishes, 'publish', 'publishes')} {names} {itself} as {its} cause; "
        f"what was in progress on {its} pod is taken instead"
    )
    return _if(publishes, what, "log as causation ID the ID of the message being handled")


def in_circles(circles: int) -> Problems:
    """Say that causes run in circles."""
    what = f"causes run in a circle at {count(circles, 'place')}; the link above its earliest step was left out"
    return _if(circles, what, "look who sets the causation ID, or the parent span ID, of the step that has no cause")


def apart(steps: pd.DataFrame, as_of: pd.Timestamp) -> Problems:
    """Say that a trace looks like several events. steps: STEP_COLUMNS."""
    gaps = parts_apart(steps, as_of)
    return (parts_problem(gaps),) if gaps else ()


def _if(there: int, what: str, remedy: str) -> Problems:
    return (Problem("trace", what, remedy),) if there else ()
