"""Which steps speak of the same message, those without a message ID included."""

from typing import Final

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes, numbered
from eventrail.analysis.lines import Lines
from eventrail.analysis.steps import Steps

# What tells messages without an ID apart, as far as anything does; publish and delivery state both.
_WAYS: Final = ("routing_key", "event_type")


def subjects(sent: Steps, sent_in: Codes, handled: Steps, handled_in: Codes, lines: Lines) -> tuple[Codes, Codes]:
    """Number the message that each publish and each delivery is about; equal numbers are the same message.

    sent_in, handled_in: the event of each, by its correlation ID. Messages without an ID are told by their event and
    their routing key, else their event type: those of one way are as copies of one message, which their order in each
    queue tells apart. NOWHERE where no line says even that.
    """
    subject = np.append(sent.message, handled.message)
    nameless = subject == NOWHERE
    if nameless.any():
        way = np.full(len(subject), NOWHERE)
        base = 0
        for column in _WAYS:
            code = np.append(sent.codes(column, lines), handled.codes(column, lines))
            way = np.where((way == NOWHERE) & (code != NOWHERE), base + code, way)
            base += len(lines.words(column))
        told = np.flatnonzero(nameless & (way != NOWHERE))
        event = np.append(sent_in, handled_in)
        subject = subject.copy()
        subject[told] = len(lines.words("message_id")) + numbered(event[told], way[told])
    return subject[: len(sent)], subject[len(sent) :]
