"""Which steps speak of the same message, those without a message ID included."""

from typing import Final

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes
from eventrail.analysis.lines import Lines
from eventrail.analysis.steps import Steps

# What tells messages without an ID apart, as far as anything does; publish and delivery state both.
_WAYS: Final = ("routing_key", "event_type")


def subjects(steps: Steps, lines: Lines) -> Codes:
    """Number the message that each step is about; equal numbers in two tables of steps are the same message.

    Messages without an ID are told by their routing key, else by their event type: those of one way are as copies of
    one message, which their order in each queue tells apart. NOWHERE where no line says even that.
    """
    subject = steps.message
    base = len(lines.words("message_id"))
    for column in _WAYS:
        way = steps.codes(column, lines)
        subject = np.where((subject == NOWHERE) & (way != NOWHERE), base + way, subject)
        base += len(lines.words(column))
    return subject
