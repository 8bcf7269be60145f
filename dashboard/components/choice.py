"""A choice among a few ways of showing the same, kept in the link."""

from collections.abc import Mapping

import streamlit as st

from dashboard.components.link import recall, remember


def choice(label: str, name: str, options: Mapping[str, str], key: str) -> str:
    """Let the reader choose, and give what is chosen. options: value → its words; the first is the usual one.

    name: in the link; a value there that is none of the options is the usual one.
    """
    wanted = recall(name)
    st.session_state[key] = wanted if wanted in options else next(iter(options))
    st.segmented_control(
        label,
        list(options),
        key=key,
        required=True,
        format_func=options.__getitem__,
        label_visibility="collapsed",
        on_change=lambda: remember(**{name: str(st.session_state[key])}),
    )
    return str(st.session_state[key])
