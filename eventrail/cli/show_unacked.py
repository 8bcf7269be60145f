"""The ledger as people read it in a terminal."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.text import Text

from eventrail.cli.screen import MISSING, cell, instant, show_problems, show_sentence, table
from eventrail.harmless import plain
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import QueueLedger
from eventrail.words import age


def show_unacked(console: Console, answer: UnackedAnswer) -> None:
    """Print the sentence, then for each queue the arithmetic, its reasons, and the deliveries, oldest first."""
    show_sentence(console, answer.sentence)
    console.print(Text(f"as of {instant(answer.moment.as_of)} UTC"))
    for queue in answer.ledger.queues:
        console.print()
        console.print(Text(_arithmetic(queue), style="bold"))
        for reason in queue.reasons:
            console.print(Text(f"  {reason.side}: {plain(reason.what)}"))
        if len(queue.deliveries):
            console.print(_deliveries(queue.deliveries))
    show_problems(console, answer.problems)


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
