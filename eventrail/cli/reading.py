"""Shows on standard error, where that is a terminal, how far a long reading is."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from eventrail.model.progress import OnProgress, Progress
from eventrail.report.progress_words import progress_words


@contextmanager
def reading_shown(console: Console | None = None) -> Iterator[OnProgress | None]:
    """Give what to tell progress to; None where nobody watches. What was shown is gone at the end.

    console: where to show it; by default standard error.
    """
    console = Console(stderr=True) if console is None else console
    if not console.is_terminal:
        yield None
        return
    status = console.status(Text(""))

    def show(progress: Progress) -> None:
        # What is read in one go needs no showing.
        if progress.lines_read < progress.lines_total:
            status.update(Text(progress_words(progress)))
            status.start()

    try:
        yield show
    finally:
        status.stop()
