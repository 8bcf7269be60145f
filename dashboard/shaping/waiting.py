"""What the section Waiting shows: a row a queue with its reason, a row a message with its history."""

from dataclasses import replace
from typing import Final

import pandas as pd

from dashboard.shaping.tones import Tone
from dashboard.shaping.words import MISSING, count_text, visible_text, visible_texts
from eventrail.analysis.waiting_sentence import waiting_sentence
from eventrail.investigate.answers import WaitingAnswer
from eventrail.model.waiting import Gone, QueueWaiting
from eventrail.words import count

_SIDES: Final = {"unexplained": "counted, not listed", "surplus": "listed, not counted"}
_WHY: Final = {
    Gone.UNROUTABLE: "unroutable: no queue took it",
    Gone.REFUSED: "refused by the broker",
    Gone.REJECTED: "discarded by its consumer",
    Gone.EXPIRED: "expired",
    Gone.MAXLEN: "dropped: the queue was full",
    Gone.DELIVERY_LIMIT: "delivered too often",
}
_TONES: Final[dict[str, Tone]] = {"no-consumer": "warn", "prefetch-full": "bad", "slow": "warn", "unknown": "unknown"}


def of_queue(answer: WaitingAnswer, queue: str, vhost: str) -> WaitingAnswer:
    """Narrow the answer to one queue; all of it where none is named."""
    if not queue:
        return answer
    kept = tuple(one for one in answer.queues if one.queue == queue and vhost in ("", one.vhost))
    gone, sums = (
        table[(table["queue"] == queue) | (table["to_queue"] == queue)].reset_index(drop=True)
        for table in (answer.gone, answer.gone_sums)
    )
    told = answer.sentence.level != "unknown"
    return replace(
        answer, queues=kept, gone=gone, gone_sums=sums, others=0, sentence=waiting_sentence(kept, gone, told=told)
    )


def queue_table(answer: WaitingAnswer) -> pd.DataFrame:
    """Give a row a queue: queue, waiting, oldest, why, difference, tone."""
    queues = answer.queues
    return pd.DataFrame(
        {
            "queue": [visible_text(queue.queue) for queue in queues],
            "waiting": [len(queue.messages) if queue.ready is None else queue.ready for queue in queues],
            "oldest": pd.array([queue.oldest_age_seconds for queue in queues], dtype="Float64").astype(float),
            "why": [visible_text(queue.cause.sentence) for queue in queues],
            "listed": [difference(queue) for queue in queues],
            "tone": [_TONES.get(queue.cause.kind, "plain") for queue in queues],
        }
    )


def difference(queue: QueueWaiting) -> str:
    """Say how many of those counted are listed, and what differs."""
    if queue.ready is None:
        return f"{len(queue.messages):,}, no gauge"
    said = f"{queue.explained:,} of {queue.ready:,}"
    return f"{said}, and {queue.surplus:,} more" if queue.surplus else said


def reasons(queue: QueueWaiting) -> list[str]:
    """Give what explains the difference, a sentence each."""
    return [f"{_SIDES[reason.side]}: {reason.what}" for reason in queue.reasons]


def message_table(queues: tuple[QueueWaiting, ...]) -> pd.DataFrame:
    """Give a row a waiting message, oldest first: age, queue, event, message, history, correlation_id."""
    tables = [queue.messages for queue in queues if len(queue.messages)]
    columns = ["age", "queue", "event", "message", "publisher", "history", "correlation_id"]
    if not tables:
        return pd.DataFrame(columns=columns)
    rows = pd.concat(tables, ignore_index=True).sort_values("since", kind="stable", ignore_index=True)
    history = rows["history"].fillna("came by " + rows["came_by"])
    return pd.DataFrame(
        {
            "age": rows["age_seconds"].astype(float),
            "queue": _shown(rows["queue"]),
            "event": _shown(rows["event_type"]),
            "message": _shown(rows["message_id"]),
            "publisher": _shown(rows["service"]),
            "history": _shown(
                history.mask(rows["overtaken"].fillna(value=False).astype(bool), _probably_gone(history))
            ),
            "correlation_id": rows["correlation_id"].fillna(""),
        },
        columns=columns,
    )


def gone_table(answer: WaitingAnswer) -> pd.DataFrame:
    """Give a row for what left each queue unhandled: messages, queue, why, to, known, oldest (seconds ago)."""
    sums = answer.gone_sums
    to = sums["to_queue"].fillna("").astype("str")
    unsent = sums["reason"].isin([Gone.UNROUTABLE, Gone.REFUSED])
    words = to.where(to != "", "no line tells").mask(unsent, "nowhere")
    words = words.mask((to != "") & (to == sums["queue"].fillna("")), "back, after a delay")
    return pd.DataFrame(
        {
            "messages": sums["messages"],
            "queue": _shown(sums["queue"]),
            "why": [_WHY.get(reason, visible_text(str(reason))) for reason in sums["reason"]],
            "to": _shown(words),
            "known": _shown(sums["known_by"].replace("", None)),
            "oldest": (answer.moment.as_of - sums["oldest"]).dt.total_seconds(),
        }
    )


def gone_messages_table(answer: WaitingAnswer) -> pd.DataFrame:
    """Give a row a message that left its queue unhandled, newest first; those that a delay brings back left out."""
    rows = answer.lost.iloc[::-1].reset_index(drop=True)
    return pd.DataFrame(
        {
            "age": (answer.moment.as_of - rows["time"]).dt.total_seconds(),
            "why": [_WHY.get(reason, visible_text(str(reason))) for reason in rows["reason"]],
            "event": _shown(rows["event_type"]),
            "message": _shown(rows["message_id"]),
            "history": _shown(rows["history"]),
            "correlation_id": rows["correlation_id"].fillna(""),
        }
    )


def remark(answer: WaitingAnswer) -> str:
    """Say what the section holds."""
    total = sum(len(queue.messages) if queue.ready is None else queue.ready for queue in answer.queues)
    more = f" · {count(answer.others, 'more queue')} not looked into" if answer.others else ""
    return f"{count_text(total)} in {count(len(answer.queues), 'queue')}, with no consumer yet{more}"


def _probably_gone(history: "pd.Series[str]") -> "pd.Series[str]":
    return history + " (later ones were delivered: it has probably left)"


def _shown(column: "pd.Series[str]") -> "pd.Series[str]":
    return visible_texts(column).fillna(MISSING)
