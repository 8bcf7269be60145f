"""Text of logs within Markdown. It is hostile: whatever Markdown could take for its own stands in a code span.

In a code span nothing is markup, HTML, a link, a mention or a reference, wherever the text is pasted; backslashes would
be seen in chats that know only some of Markdown.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd

from eventrail.harmless import plain
from eventrail.report.step_words import MISSING

# Punctuation that means nothing within a line, whatever stands beside it.
_HARMLESS: Final = frozenset(".,:;()%+–…→='\"/-")
# What chats make a link or a picture of although it holds no other sign: addresses and :names:.
_LINKS: Final = re.compile(r"://|www\.|:[a-z]\w*:", re.IGNORECASE)
_OPENING: Final = '("'
_CLOSING: Final = '.,:;)"'
_BACKTICKS: Final = re.compile(r"`+")
# Nobody reads on in a longer one; what is listed elsewhere whole may be cut here.
_WORD_CHARACTERS_MAX: Final = 200
_PIPES: Final = re.compile(r"(\\*)\|")


def prose(text: str) -> str:
    """Give text as part of a line: words that hold anything but letters, digits and harmless signs in code spans."""
    return " ".join(_word(word) for word in plain(text).split(" "))


def code(value: Any, characters_max: int | None = None) -> str:
    """Give a value as a code span, cut when it is longer than `characters_max`; a missing or empty one as a dash."""
    text = "" if value is None or pd.isna(value) else plain(value).strip()
    if not text:
        return MISSING
    if characters_max is not None and len(text) > characters_max:
        text = text[: characters_max - 1] + "…"
    # A code span ends at as many backticks as it began with.
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(text)), default=0))
    room = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{room}{text}{room}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = ()) -> list[str]:
    """Give the lines of a table of Markdown cells; the columns named in `right` hold figures."""
    rules = ["--:" if name in right else "---" for name in head]
    return [_row(head), _row(rules), *(_row(each) for each in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_PIPES.sub(_escaped_pipe, cell) for cell in cells) + " |"


def _escaped_pipe(found: re.Match[str]) -> str:
    # Readers of Markdown do not agree on what a pipe after two backslashes is; it is shown as a broken one then.
    return f"{found[1]}¦" if found[1] else r"\|"


def _word(word: str) -> str:
    if _is_harmless(word):
        return word
    kernel = word.lstrip(_OPENING).rstrip(_CLOSING)
    before, _, behind = word.partition(kernel) if kernel else ("", "", "")
    return f"{before}{code(kernel, _WORD_CHARACTERS_MAX)}{behind}" if kernel else code(word, _WORD_CHARACTERS_MAX)


def _is_harmless(word: str) -> bool:
    return all(each.isalnum() or each in _HARMLESS for each in word) and not _LINKS.search(word)
