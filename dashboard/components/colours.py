"""The colours of states. No state is told by colour alone: words, shapes and patterns say it too."""

from typing import Final

import streamlit as st

from dashboard.shaping.tones import Tone

# (light, dark); text of these colours has a contrast of at least 4.5:1 on its background
_TONES: Final[dict[Tone, tuple[str, str]]] = {
    "bad": ("#B8301A", "#FF8D75"),
    "warn": ("#8F5B00", "#F0B44A"),
    "ok": ("#1F6F43", "#6FCF97"),
    "unknown": ("#566270", "#A9B4C0"),
    "plain": ("#1B2430", "#E3E8EE"),
}
_TINTS: Final[dict[Tone, tuple[str, str]]] = {
    "bad": ("#FCEFEC", "#3A1D17"),
    "warn": ("#FBF3E3", "#362810"),
    "ok": ("#EBF5EF", "#14301F"),
    "unknown": ("#F0F3F6", "#232B34"),
    "plain": ("#F6F8FA", "#1B222A"),
}
SOFT: Final = "color-mix(in srgb, currentColor 72%, transparent)"
LINE: Final = "color-mix(in srgb, currentColor 18%, transparent)"


def css(tone: Tone) -> str:
    """Give the tone's text colour for HTML, right on light and dark."""
    light, dark = _TONES[tone]
    return f"light-dark({light}, {dark})"


def tint(tone: Tone) -> str:
    """Give the tone's background colour for HTML, right on light and dark."""
    light, dark = _TINTS[tone]
    return f"light-dark({light}, {dark})"


def cell(tone: Tone) -> str:
    """Give the tone's text colour for a table's cell: tables are drawn, so they need the one of the theme in use."""
    return _TONES[tone][1 if is_dark() else 0]


def is_dark() -> bool:
    """Tell whether the reader's theme is dark."""
    return bool(st.context.theme.type == "dark")
