"""What a reader of a trace must know to trust it rightly: what the lines leave out, or say wrongly."""

import numpy as np

from eventrail.analysis.arrivals import Messages
from eventrail.analysis.columns import NOWHERE, Mask, Positions
from eventrail.analysis.lines import Lines
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


def _if(there: int, what: str, remedy: str) -> Problems:
    return (Problem("trace", what, remedy),) if there else ()
