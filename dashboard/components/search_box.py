"""A box to type what is looked for, kept in the link."""

from collections.abc import Callable

import streamlit as st


def search_box(
    label: str,
    key: str,
    told: str,
    keep: Callable[[str], None],
    *,
    placeholder: str,
    icon: str,
    longest: int,
    help_text: str = "",
) -> None:
    """Let the reader type. told: what the link says; keep: told what was typed, blanks around it left out."""
    st.session_state[key] = told
    st.text_input(
        label,
        key=key,
        type="search",
        placeholder=placeholder,
        label_visibility="collapsed",
        icon=icon,
        max_chars=longest,
        help=help_text or None,
        on_change=lambda: keep(str(st.session_state[key] or "").strip()),
    )
