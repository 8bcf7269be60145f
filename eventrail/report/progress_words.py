"""How far the reading of an event is, and what is known of it before it is there, in words. Harmless text."""

from eventrail.model.events import Operation
from eventrail.model.progress import Outline, Progress
from eventrail.words import count

_TOLD = (Operation.SEND, Operation.RECEIVE, Operation.PROCESS, Operation.SETTLE)


def progress_words(progress: Progress) -> str:
    """Say how many lines are read of how many, and what the outline tells where it is known."""
    read = f"{progress.lines_read:,} of {count(progress.lines_total, 'line')} read"
    return read if progress.outline is None else f"{read} · {outline_words(progress.outline)}"


def outline_words(outline: Outline) -> str:
    """Say from when to when the lines are, of how many services, and how many tell what of messages."""
    parts = []
    if outline.first is not None and outline.last is not None:
        days = "" if outline.first.date() == outline.last.date() else "%Y-%m-%d "
        parts.append(f"{outline.first:%Y-%m-%d %H:%M:%S} to {outline.last.strftime(f'{days}%H:%M:%S')} UTC")
    if outline.services:
        parts.append(count(len(outline.services), "service"))
    # Other words are whatever the documents hold.
    counts = dict(outline.operations)
    parts += [f"{counts[operation]:,} × {operation}" for operation in _TOLD if operation in counts]
    return " · ".join(parts)
