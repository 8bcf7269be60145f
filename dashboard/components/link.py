"""What a page shows is in its link; what was chosen on a page is remembered while the reader visits the others.

A name that is in the link wins: somebody pasted it, or went back. Where the link holds other names of the same page
(`trace_id`, and not `trace_step`), one that it lacks has no value: the reader went back to before it was chosen. Where
it holds none of them, the values stay as they were when the reader comes from another page, because changing the page
empties the link; on the page where he was already, he went back to before any was chosen.
"""

from typing import Final

import streamlit as st

_KEPT: Final = "link.kept"
_PAGE: Final = "link.page"


def recall(name: str, default: str = "") -> str:
    """Give a parameter's value."""
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    if name in st.query_params:
        kept[name] = st.query_params[name]
    elif _is_told(name.partition("_")[0]):
        kept.pop(name, None)
    return kept.get(name, default)


def _is_told(page: str) -> bool:
    """Say whether the link holds what is chosen on a page."""
    return any(name.startswith(f"{page}_") for name in st.query_params)


def remember(**values: str) -> None:
    """Set parameters, in the link too; an empty value takes one out."""
    st.session_state.setdefault(_KEPT, {}).update(values)
    for name, value in values.items():
        if not value and name in st.query_params:
            del st.query_params[name]
    changed = {name: value for name, value in values.items() if value and st.query_params.get(name) != value}
    if changed:
        st.query_params.update(changed)


def arrive(page: str, names: tuple[str, ...]) -> None:
    """Take the parameters of the page that is opened: none of them have values where the reader was on it and the link
    has lost them all.
    """
    if st.session_state.get(_PAGE) == page and not any(name in st.query_params for name in names):
        kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
        for name in names:
            kept.pop(name, None)


def write_back(page: str, names: tuple[str, ...]) -> None:
    """Put the remembered values of these parameters into the link of a page, where it lost them by coming to it."""
    lost = {name: recall(name) for name in names if name not in st.query_params and recall(name)}
    if lost:
        st.query_params.update(lost)
    st.session_state[_PAGE] = page


def parameters(names: tuple[str, ...], **values: str) -> dict[str, str]:
    """Give what a link to another page must hold: the remembered values of `names`, and `values`."""
    st.session_state.setdefault(_KEPT, {}).update(values)
    return {name: recall(name) for name in names if recall(name)} | {
        name: text for name, text in values.items() if text
    }
