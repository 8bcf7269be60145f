"""Colours: a service's own, the same on every page and machine, and those of states.

Red and amber are kept for states. No state is told by colour alone: words, shapes and patterns say it too.
"""

import hashlib
from typing import Final

import streamlit as st

from dashboard.shaping.tones import Tone

# Contrast of each is at least 3:1 on the light and on the dark background; none is near the red and amber of states.
# The hues start from Okabe and Ito's colour-blind safe set without vermilion, orange and yellow.
SERVICE_COLOURS: Final = (
    "#0072B2",
    "#009E73",
    "#8E6BBF",
    "#2A9DB8",
    "#B5668F",
    "#6B8E23",
    "#5C7CFA",
    "#7D8B99",
    "#2E8B57",
    "#A06CD5",
    "#3F88C5",
    "#4FA08B",
    "#8C7AA9",
    "#5E9732",
    "#C2649F",
    "#6C8CAE",
)
NO_SERVICE: Final = "#7D8B99"

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


def service_colour(service: str) -> str:
    """Give the service's colour; it depends on nothing but the name."""
    if not service:
        return NO_SERVICE
    digest = hashlib.sha256(service.encode()).digest()
    return SERVICE_COLOURS[int.from_bytes(digest[:4], "big") % len(SERVICE_COLOURS)]


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
