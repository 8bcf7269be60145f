"""HTML that cannot be broken out of: whatever is not made here is text, and is escaped."""

import html
from typing import Any, Final

import streamlit as st

from dashboard.shaping.words import visible_text

_VOID: Final = frozenset({"br", "hr"})


class Markup(str):
    """HTML made by `element`; any other string is text."""

    __slots__ = ()


def element(name: str, *children: str, style: str = "", **attributes: str) -> Markup:
    """Make an element. Children that are not Markup are shown as text, control characters as visible signs."""
    given = {"style": style, **attributes}
    opened = "".join(f' {key.replace("_", "-")}="{html.escape(value)}"' for key, value in given.items() if value)
    if name in _VOID:
        return Markup(f"<{name}{opened}>")
    return Markup(f"<{name}{opened}>{''.join(_child(child) for child in children)}</{name}>")


def joined(children: list[Markup] | tuple[Markup, ...], between: str = "") -> Markup:
    """Put elements one after another."""
    return Markup(_child(between).join(children))


def _child(child: str) -> str:
    return child if isinstance(child, Markup) else html.escape(visible_text(child))


def show(markup: Markup, place: Any = st) -> None:
    """Show it on the page, or in a container of it."""
    place.html(markup)
