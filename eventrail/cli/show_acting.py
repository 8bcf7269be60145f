"""Dead letters, what became of them, and connections, as people read them in a terminal."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from eventrail.acting.connections import ConnectionShown
from eventrail.acting.letters import DeadLetter
from eventrail.acting.outcomes import WORDS, Redriven, State
from eventrail.acting.queue_facts import QueueFacts
from eventrail.cli.screen import MISSING, cell, instant, table
from eventrail.harmless import plain
from eventrail.words import count

_STYLES = {State.SENT: "green", State.WOULD_GO: "", State.UNKNOWN: "red"}


def show_letters(
    console: Console, facts: QueueFacts, letters: Sequence[DeadLetter], looked_at: int, *, body: bool
) -> None:
    """Print the letters, head first, and what a look means for the queue."""
    found = f"{count(len(letters), 'dead letter')} of {looked_at:,} looked at in {plain(facts.queue)}"
    console.print(Text(found, style="bold"))
    if letters:
        console.print(_letters(letters))
    if body:
        for letter in letters:
            cut = "" if letter.size_bytes == len(letter.body) else f" (the first {len(letter.body):,} bytes)"
            console.print(Text(f"\n{letter.position}: {letter.size_bytes:,} bytes{cut}", style="bold"))
            console.print(Text(plain(letter.body.decode("utf-8", "backslashreplace"))))
    _remarks(console, facts)


def show_redriven(console: Console, facts: QueueFacts, made: Redriven) -> None:
    """Print what became, or would become, of each letter, the sums, and how to go on."""
    if made.outcomes:
        console.print(_outcomes(made))
    by_state = sorted(made.outcomes, key=lambda outcome: outcome.state)
    for state, group in groupby(by_state, key=lambda outcome: outcome.state):
        console.print(Text(f"{len(list(group)):,} {state.value}: {WORDS[state]}", style=_STYLES.get(state, "yellow")))
    if made.perhaps_twice:
        console.print(
            Text(
                f"{made.perhaps_twice:,} of them may have been sent before by an act that did not end; they carry the "
                "header eventrail-perhaps-twice",
                style="yellow",
            )
        )
    console.print(Text(f"{count(made.looked_at, 'dead letter')} looked at in {plain(facts.queue)}"))
    _remarks(console, facts)
    if made.count(State.WOULD_GO):
        console.print(Text(f"To send them: the same with --user NAME --confirm {plain(facts.queue)}", style="bold"))


def show_connection_closing(console: Console, shown: ConnectionShown, *, closed: bool) -> None:
    """Print what closing gives back, and how to go on."""
    head = f"{plain(shown.name)} ({plain(shown.client_id or MISSING)}), user {plain(shown.user)}"
    console.print(Text(head, style="bold"))
    console.print(Text(f"open since {instant(shown.connected)} UTC on {plain(shown.node)}, vhost {plain(shown.vhost)}"))
    made = table("channel", "unacknowledged", "prefetch", "queues", right=("channel", "unacknowledged", "prefetch"))
    for channel in shown.channels:
        figures = (channel.number, channel.unacknowledged, channel.prefetch, ", ".join(channel.queues) or MISSING)
        made.add_row(*(cell(value) for value in figures))
    console.print(made)
    messages = count(shown.unacknowledged, "message")
    if closed:
        console.print(Text(f"Closed: {messages} went back to their queues and will be delivered again.", style="green"))
        return
    console.print(Text(f"Closing it gives {messages} back to their queues (figures up to 5 s old)."))
    console.print(Text(f"To close it: the same with --user NAME --confirm {shown.code}", style="bold"))


def _letters(letters: Sequence[DeadLetter]) -> object:
    made = table("#", "died", "reason", "first in", "last in", "deaths", "event type", "message", "event", right=("#",))
    for letter in letters:
        last = letter.deaths.last
        made.add_row(
            cell(letter.position),
            cell(instant(last.time if last else None)),
            cell(letter.reason),
            cell(letter.deaths.first_queue),
            cell(last.queue if last else None),
            cell(letter.deaths.count),
            *(cell(value) for value in (letter.event_type, letter.message_id, letter.correlation_id)),
        )
    return made


def _outcomes(made: Redriven) -> object:
    shown = table("#", "message", "event", "to", "state", "twice?", right=("#",))
    for outcome in made.outcomes:
        letter = outcome.letter
        twice = "perhaps" if outcome.perhaps_twice else ""
        values = (letter.position, letter.message_id, letter.correlation_id, outcome.target, outcome.state.value, twice)
        shown.add_row(*(cell(value) for value in values))
    return shown


def _remarks(console: Console, facts: QueueFacts) -> None:
    for remark in facts.remarks:
        console.print(Text(remark, style="dim"))
