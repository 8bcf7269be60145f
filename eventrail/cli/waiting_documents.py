"""`eventrail waiting` as a JSON document. Its names are an interface for programs; docs/command-line.md lists them."""

from typing import Final

from eventrail.investigate.answers import WaitingAnswer
from eventrail.model.waiting import GONE_COLUMNS, GONE_SUM_COLUMNS, WAITING_COLUMNS, QueueWaiting
from eventrail.report.json_values import Document, json_value, problem_documents, rows

# The queue says these for all of its messages.
MESSAGE_KEYS: Final = tuple(name for name in WAITING_COLUMNS if name not in ("vhost", "queue"))


def waiting_document(answer: WaitingAnswer) -> Document:
    """Give `eventrail waiting`."""
    return {
        "as_of": json_value(answer.moment.as_of),
        "queues": [_queue(queue) for queue in answer.queues],
        "queues_not_read": answer.others,
        "gone_since": json_value(answer.window.start),
        "gone_sums": rows(answer.gone_sums, tuple(GONE_SUM_COLUMNS)),
        "gone": rows(answer.gone, tuple(GONE_COLUMNS)),
        "problems": problem_documents(answer.problems),
    }


def _queue(queue: QueueWaiting) -> Document:
    return {
        "vhost": queue.vhost,
        "queue": queue.queue,
        "ready": queue.ready,
        "ready_time": json_value(queue.ready_time),
        "explained": queue.explained,
        "unexplained": queue.unexplained,
        "surplus": queue.surplus,
        "cause": {"kind": queue.cause.kind, "sentence": queue.cause.sentence},
        "searched": queue.searched,
        "reasons": [
            {"side": one.side, "kind": one.kind, "messages": one.messages, "what": one.what} for one in queue.reasons
        ],
        "messages": rows(queue.messages, MESSAGE_KEYS),
    }
