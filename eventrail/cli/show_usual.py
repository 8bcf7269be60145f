"""What an event lacks of its usual route, and its twin, as people read them in a terminal."""

from typing import Final

from rich.console import Console
from rich.text import Text

from eventrail.analysis.missing_words import missing_sentences
from eventrail.analysis.twin_words import twin_sentences
from eventrail.harmless import plain
from eventrail.investigate.answers import UsualAnswer
from eventrail.words import age, count

# Of many like messages each lacks the same step.
LINES_MAX: Final = 20


def show_usual(console: Console, answer: UsualAnswer) -> None:
    """Print a line for each missing step, what is usual and from how many events that is known, and the twin."""
    missing = answer.missing
    if len(missing):
        console.print()
    late = missing["age_seconds"] >= 0
    for sentence, is_late in zip(missing_sentences(missing[:LINES_MAX]), late, strict=False):
        console.print(Text(plain(sentence), style="bold red" if is_late else "yellow"))
    if len(missing) > LINES_MAX:
        console.print(Text(f"and {count(len(missing) - LINES_MAX, 'more missing step')}"))
    if answer.usual.events:
        console.print()
        console.print(Text(_usual(answer)))
    if answer.twin is not None:
        for sentence in twin_sentences(answer.twin):
            console.print(Text(plain(sentence)))


def _usual(answer: UsualAnswer) -> str:
    usual = answer.usual
    median, high = usual.took_p50_seconds, usual.took_p95_seconds
    took = f" takes {age(median)} (p95 {age(high)})" if median is not None and high is not None else ""
    among = f"{'more than ' if answer.found_more else ''}{count(answer.found, 'event')}"
    learned = f"learned from {count(usual.events, 'completed event')}, {usual.read:,} read of {among}"
    return f"usual route of {plain(usual.event_type)}{took}: {learned}"
