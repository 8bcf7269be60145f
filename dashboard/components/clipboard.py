"""A button that copies a text: a small component of our own, because Streamlit's is out of the keyboard's reach."""

from importlib.resources import files
from typing import Final

import streamlit as st

_HERE: Final = files("dashboard.components")

_COMPONENT: Final = st.components.v2.component(
    "eventrail_clipboard",
    html='<div class="clipboard"><button type="button">Copy</button><span role="status"></span></div>',
    css=_HERE.joinpath("clipboard.css").read_text(encoding="utf-8"),
    js=_HERE.joinpath("clipboard.js").read_text(encoding="utf-8"),
)


def copy_button(text: str, *, key: str) -> None:
    """Offer to put the text on the clipboard."""
    _COMPONENT(key=key, data={"text": text})
