"""The sections about waiting messages, and those that left a queue unhandled."""

from typing import Final

import pandas as pd

from eventrail.model.waiting import QueueWaiting
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.tables import Table, table_of

QUEUE_CELLS: Final = ("queue", "ready", "listed", "explained", "unexplained", "surplus", "why")
MESSAGE_CELLS: Final = ("queue", "message", "since", "came_by", "history")
GONE_CELLS: Final = ("queue", "message", "reason", "to", "known_by", "history")


def waiting_queues(evaluation: Evaluation, _arguments: str) -> Table:
    """The queues in which messages wait: the reckoning, and why they wait."""
    queues = evaluation.waiting.queues
    return table_of(
        {
            "queue": [queue.queue for queue in queues],
            "ready": [queue.ready for queue in queues],
            "listed": [len(queue.messages) for queue in queues],
            "explained": [queue.explained for queue in queues],
            "unexplained": [_side(queue, "unexplained", queue.unexplained) for queue in queues],
            "surplus": [_side(queue, "surplus", queue.surplus) for queue in queues],
            "kind": [queue.cause.kind for queue in queues],
            "why": [queue.cause.sentence for queue in queues],
        },
        QUEUE_CELLS,
    )


def waiting_messages(evaluation: Evaluation, _arguments: str) -> Table:
    """The messages that wait, oldest first, by queue."""
    tables = [queue.messages for queue in evaluation.waiting.queues if len(queue.messages)]
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    if rows.empty:
        return table_of({name: [] for name in MESSAGE_CELLS}, MESSAGE_CELLS)
    columns = {name: rows[name] for name in ("queue", "came_by", "from_queue", "deliveries", "overtaken", "history")}
    since = rows["since"].map(evaluation.after_start)
    return table_of(columns | {"message": rows["message_id"], "since": since}, MESSAGE_CELLS)


def gone(evaluation: Evaluation, _arguments: str) -> Table:
    """What left a queue unhandled, or reached none, by time."""
    rows = evaluation.waiting.gone
    columns = {name: rows[name] for name in ("queue", "reason", "known_by", "history")}
    told = {"message": rows["message_id"], "to": rows["to_queue"], "time": rows["time"].map(evaluation.after_start)}
    return table_of(columns | told, GONE_CELLS)


def waiting_sentence(evaluation: Evaluation, _arguments: str) -> tuple[str, ...]:
    """The sentence above the list, after its level, and its evidence."""
    sentence = evaluation.waiting.sentence
    return (f"{sentence.level}: {sentence.headline}", *sentence.evidence)


def _side(queue: QueueWaiting, side: str, messages: int) -> str:
    """Tell a side of the difference with the kinds of its reasons."""
    kinds = ", ".join(reason.kind for reason in queue.reasons if reason.side == side)
    return f"{messages} {kinds}".strip()
