"""Which log lines speak of the same delivery."""

import numpy as np

from eventrail.analysis.columns import NOWHERE, Codes, Mask, Positions, count_so_far, groups_in, numbered
from eventrail.analysis.lines import Lines
from eventrail.model.events import Operation


def delivery_codes(lines: Lines, rows: Positions, tagged: Mask) -> Codes:
    """Number the deliveries that the lines in `rows` speak of, by first appearance.

    tagged: marks those with channel and delivery tag, which tell the delivery; the others are told by message or event,
    queue, pod and process, and by turn.
    """
    by_tag = numbered(lines.codes("channel_id")[rows[tagged]], lines.codes("delivery_tag")[rows[tagged]])
    if tagged.all():
        return by_tag
    codes: Codes = np.empty(len(rows), dtype=np.int64)
    codes[tagged] = by_tag
    codes[~tagged] = groups_in(by_tag) + _by_turn(lines, rows[~tagged])
    return numbered(codes)


def message_or_event(lines: Lines, messages: Codes, events: Codes) -> Codes:
    """Number what is spoken of: the message, or, where that is not said, the event."""
    event = np.where(events == NOWHERE, NOWHERE, events + len(lines.words("message_id")))
    return np.where(messages == NOWHERE, event, messages)


def _by_turn(lines: Lines, rows: Positions) -> Codes:
    """Number the deliveries of lines without tags.

    The same message may come to the same pod again: each receive line starts a delivery, or, where a service logs
    none, each process line does.
    """
    subject = message_or_event(lines, lines.codes("message_id")[rows], lines.codes("correlation_id")[rows])
    same = numbered(subject, *(lines.codes(name)[rows] for name in ("queue", "pod", "instance_id")))
    received = lines.telling(Operation.RECEIVE)[rows]
    handled = lines.telling(Operation.PROCESS)[rows]
    logs_receive = np.isin(same, same[received])
    turn = np.where(logs_receive, count_so_far(same, received), count_so_far(same, handled))
    return numbered(same, turn.clip(min=1))
