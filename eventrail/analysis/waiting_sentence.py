"""What is said first about waiting messages."""

from typing import Final

import pandas as pd

from eventrail.analysis.gone import came_back
from eventrail.model.sentence import Sentence
from eventrail.model.waiting import QueueWaiting
from eventrail.words import age, count, listed

# Messages that have waited for so long, and not merely move, are worth a look.
LONG_SECONDS: Final = 30.0


def waiting_sentence(queues: tuple[QueueWaiting, ...], gone: pd.DataFrame, *, told: bool) -> Sentence:
    """Say where most wait for too long and why; else where messages went unhandled.

    gone: GONE_COLUMNS. told: whether a gauge or a line said anything.
    """
    if not told:
        return Sentence("unknown", "No gauge and no line is there: nothing can be said about waiting messages.")
    stuck = [queue for queue in queues if _stuck(queue)]
    lost = int((~came_back(gone)).sum())
    evidence = (f"{count(lost, 'message')} left a queue unhandled or reached none",) if lost else ()
    if stuck:
        worst = max(stuck, key=_amount)
        others = [queue.queue for queue in stuck if queue is not worst]
        since = "" if worst.oldest_age_seconds is None else f", the oldest for {age(worst.oldest_age_seconds)}"
        what = f"{count(_amount(worst), 'message')} waiting in {worst.queue}{since}: {worst.cause.sentence}."
        also = (f"waiting too: {listed(others)}",) if others else ()
        return Sentence("warn", what, (*also, *evidence))
    waiting = sum(_amount(queue) for queue in queues)
    if waiting:
        return Sentence("ok", f"{count(waiting, 'message')} waiting, all on their way.", evidence)
    return Sentence("ok", "No message is waiting.", evidence)


def _stuck(queue: QueueWaiting) -> bool:
    if queue.cause.kind == "moving" or not _amount(queue):
        return False
    return queue.oldest_age_seconds is None or queue.oldest_age_seconds >= LONG_SECONDS


def _amount(queue: QueueWaiting) -> int:
    """Give how many wait: as counted, or as listed where nothing counts."""
    return len(queue.messages) if queue.ready is None else queue.ready
