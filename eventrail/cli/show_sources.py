"""Found events and the health of sources, as people read them in a terminal."""

from rich.console import Console
from rich.text import Text

from eventrail.cli.screen import cell, instant, show_problems, table
from eventrail.harmless import plain
from eventrail.investigate.answers import FoundEvents
from eventrail.model.answers import SourceCheck
from eventrail.words import count


def show_found(console: Console, answer: FoundEvents) -> None:
    """Print the events, newest first."""
    if len(answer.frame):
        made = table("newest (UTC)", "event", "matched by", "lines", right=("lines",))
        for row in answer.frame.to_dict("records"):
            made.add_row(
                cell(instant(row["newest"])), cell(row["correlation_id"]), cell(row["matched"]), cell(row["lines"])
            )
        console.print(made)
    searched = f"{instant(answer.searched.start)} to {instant(answer.searched.end)} UTC"
    console.print(Text(f"{count(len(answer.frame), 'event')} found from {searched}"))
    show_problems(console, answer.problems)


def show_checks(console: Console, checks: tuple[SourceCheck, ...]) -> None:
    """Print each source: whether it answers, what it is, what was found in it."""
    for number, check in enumerate(checks):
        if number:
            console.print()
        state = Text("reachable" if check.reachable else "not reachable", style="green" if check.reachable else "red")
        named = " · ".join(plain(part) for part in (check.source, check.address, check.version) if part)
        console.print(Text(f"{named}: ", style="bold").append(state))
        for fact, value in check.details:
            console.print(Text(f"  {plain(fact)}: {plain(value)}"))
        for problem in check.problems:
            console.print(Text(f"  {problem.severity}: {plain(problem)}"))
