"""The ledger as people read it in a terminal."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from eventrail.analysis.narrowing import narrowed
from eventrail.cli.screen import MISSING, cell, instant, show_problems, show_sentence, table
from eventrail.harmless import plain
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.counts import QueueCounts
from eventrail.model.delivery_filter import EVERY, DeliveryFilter
from eventrail.model.ledger import QueueLedger
from eventrail.words import age


def show_unacked(console: Console, answer: UnackedAnswer, only: DeliveryFilter = EVERY) -> None:
    """Print the sentence, then for each queue the arithmetic, its reasons, and the wanted deliveries, oldest first.

    A queue of which none is wanted is left out.
    """
    show_sentence(console, answer.sentence)
    console.print(Text(f"as of {instant(answer.moment.as_of)} UTC, from {plain(answer.way.words)}"))
    counts = {(each.vhost, each.queue): each for each in answer.counts}
    wanted = [(queue, narrowed(queue.deliveries, only)) for queue in answer.ledger.queues]
    if only.narrowed:
        shown, listed = sum(len(each) for _, each in wanted), sum(len(queue.deliveries) for queue, _ in wanted)
        console.print(Text(f"{shown} of {listed} listed: {_narrowed(only)}"))
    for queue, deliveries in wanted:
        own = counts.pop((queue.vhost, queue.queue))
        if only.narrowed and deliveries.empty:
            continue
        console.print()
        console.print(Text(_arithmetic(queue), style="bold"))
        for reason in queue.reasons:
            console.print(Text(f"  {reason.side}: {plain(reason.what)}"))
        _show_counts(console, own)
        if len(deliveries):
            console.print(_deliveries(deliveries))
    for left in [] if only.narrowed else counts.values():
        console.print()
        console.print(
            Text(f"{plain(left.queue)} (vhost {plain(left.vhost)}): only the broker tells of it", style="bold")
        )
        _show_counts(console, left)
    show_problems(console, answer.problems)


def _narrowed(only: DeliveryFilter) -> str:
    """Say what the list is narrowed to."""
    return ", ".join(f"{name.replace('_', ' ')} {plain(text)}" for name, text in only.narrowed.items())


def _show_counts(console: Console, counts: QueueCounts) -> None:
    """Print what the broker's channels count beside what is listed; nothing where it was not asked."""
    if counts.counted is None:
        return
    more = f", and up to {counts.shared} more on channels that take from several queues" if counts.shared else ""
    split = f"{counts.explained} listed + {counts.unknown} unknown"
    console.print(Text(f"  the broker's channels: {counts.counted} = {split}{more}"))
    for reason in counts.reasons:
        console.print(Text(f"  {reason.side}: {plain(reason.what)}"))


def _arithmetic(queue: QueueLedger) -> str:
    name = f"{plain(queue.queue)} (vhost {plain(queue.vhost)})"
    listed = f"{len(queue.deliveries)} listed = {queue.explained} explained + {queue.surplus} surplus"
    if queue.gauge is None:
        return f"{name}: no gauge; {listed}"
    counted = f"gauge {queue.gauge} = {queue.explained} explained + {queue.unexplained} unexplained"
    return f"{name}: {counted}; {listed}"


def _deliveries(deliveries: pd.DataFrame) -> Any:
    made = table("age", "stage", "event", "event type", "message", "pod", "node", "attempt", "inferred", right=("age",))
    for row in deliveries.to_dict("records"):
        made.add_row(
            cell(MISSING if pd.isna(row["age_seconds"]) else age(row["age_seconds"])),
            *(cell(row[name]) for name in ("stage", "correlation_id", "event_type", "message_id", "pod", "node")),
            cell(row["attempt"]),
            cell(row["inferred"] if isinstance(row["inferred"], str) and row["inferred"] else ""),
        )
    return made
