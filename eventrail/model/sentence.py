"""The plain words above a page."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["bad", "warn", "ok", "unknown"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is wrong, in one sentence, and why we say so."""

    level: Level
    headline: str
    evidence: tuple[str, ...] = ()
