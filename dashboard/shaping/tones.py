"""How alarming a figure is: the tones that cells, cards and sentences are shown in."""

from typing import Final, Literal

import pandas as pd

Tone = Literal["bad", "warn", "ok", "unknown", "plain"]

# Bad from where the first sentence speaks of messages that are stuck.
WARN_AGE_SECONDS: Final = 5.0
BAD_AGE_SECONDS: Final = 30.0
WARN_ERROR_RATIO: Final = 0.001
BAD_ERROR_RATIO: Final = 0.02

# A sign beside each tone, so that none is told by colour alone.
SIGNS: Final[dict[Tone, str]] = {"bad": "✖", "warn": "▲", "ok": "✔", "unknown": "?", "plain": ""}


def tone_of_level(level: str) -> Tone:
    """Give the tone of a sentence's level; an unheard-of one is unknown."""
    return next((tone for tone in SIGNS if tone == level), "unknown")


def tone_of_age(seconds: float | None) -> Tone:
    """Judge how long a delivery has been held."""
    if seconds is None or pd.isna(seconds):
        return "plain"
    return "bad" if seconds >= BAD_AGE_SECONDS else "warn" if seconds >= WARN_AGE_SECONDS else "plain"


def tone_of_error_ratio(ratio: float | None) -> Tone:
    """Judge a share of lines that are errors."""
    if ratio is None or pd.isna(ratio):
        return "plain"
    return "bad" if ratio >= BAD_ERROR_RATIO else "warn" if ratio >= WARN_ERROR_RATIO else "plain"
