"""Waiting messages, and those that left a queue unhandled, as people read them in a terminal."""

from typing import Any, Final

import pandas as pd
from rich.console import Console
from rich.text import Text

from eventrail.cli.screen import MISSING, cell, instant, show_problems, show_sentence, table
from eventrail.harmless import plain
from eventrail.investigate.answers import WaitingAnswer
from eventrail.model.waiting import QueueWaiting
from eventrail.words import age, count

# A terminal is no place for more; --json gives all.
ROWS_MAX: Final = 30


def show_waiting(console: Console, answer: WaitingAnswer) -> None:
    """Print the sentence; for each queue the reason, the arithmetic and the messages; then what is gone."""
    show_sentence(console, answer.sentence)
    console.print(Text(f"as of {instant(answer.moment.as_of)} UTC"))
    for queue in answer.queues:
        console.print()
        console.print(Text(f"{plain(queue.queue)} (vhost {plain(queue.vhost)})", style="bold"))
        console.print(Text(f"  {plain(queue.cause.sentence)}"))
        console.print(Text(f"  {_arithmetic(queue)}"))
        for reason in queue.reasons:
            console.print(Text(f"  {reason.side}: {plain(reason.what)}"))
        if len(queue.messages):
            console.print(_messages(queue.messages.head(ROWS_MAX)))
        if len(queue.messages) > ROWS_MAX:
            console.print(Text(f"  {len(queue.messages) - ROWS_MAX:,} more, newer ones"))
    if answer.others:
        console.print(Text(f"\n{count(answer.others, 'more queue')} with waiting messages; name one to see it"))
    if len(answer.gone):
        console.print()
        console.print(Text(f"Unhandled since {instant(answer.window.start)} UTC", style="bold"))
        console.print(_gone(answer.gone_sums))
        console.print(_gone_messages(answer.lost.tail(ROWS_MAX).iloc[::-1]))
    show_problems(console, answer.problems)


def _arithmetic(queue: QueueWaiting) -> str:
    listed = f"{len(queue.messages):,} listed = {queue.explained:,} explained + {queue.surplus:,} surplus"
    if queue.ready is None:
        return f"no gauge; {listed}"
    return f"gauge {queue.ready:,} = {queue.explained:,} explained + {queue.unexplained:,} unexplained; {listed}"


def _messages(messages: pd.DataFrame) -> Any:
    made = table("waiting", "event", "event type", "message", "published by", "history", right=("waiting",))
    for row in messages.to_dict("records"):
        made.add_row(
            cell(age(row["age_seconds"])),
            *(cell(row[name]) for name in ("correlation_id", "event_type", "message_id", "service", "history")),
        )
    return made


def _gone(sums: pd.DataFrame) -> Any:
    made = table("messages", "from", "why", "to", "known by", "oldest", right=("messages",))
    for row in sums.to_dict("records"):
        made.add_row(
            cell(f"{row['messages']:,}"),
            *(cell(row[name]) for name in ("queue", "reason")),
            cell(_to(row)),
            cell(row["known_by"] or MISSING),
            cell(instant(row["oldest"])),
        )
    return made


def _to(row: dict[Any, Any]) -> str:
    if pd.isna(row["to_queue"]):
        return "no line tells" if row["reason"] not in ("unroutable", "refused") else MISSING
    return "back, after a delay" if row["to_queue"] == row["queue"] else str(row["to_queue"])


def _gone_messages(gone: pd.DataFrame) -> Any:
    made = table("time", "message", "event type", "why", "history")
    for row in gone.to_dict("records"):
        made.add_row(
            cell(instant(row["time"])), *(cell(row[name]) for name in ("message_id", "event_type", "reason", "history"))
        )
    return made
