"""Questions to different backends are asked side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

MOST_AT_ONCE: Final = 8

Result = TypeVar("Result")


def side_by_side(questions: Sequence[Callable[[], Result]]) -> list[Result]:
    """Ask all at once, at most MOST_AT_ONCE, and give the answers in the order of the questions."""
    if len(questions) <= 1:
        return [question() for question in questions]
    with ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, len(questions))) as pool:
        return list(pool.map(lambda question: question(), questions))
