"""What a page shows is in its link; what was chosen on a page is remembered while the reader visits the others.

A name that is in the link wins: somebody pasted it, or went back. Where the link holds other names of the same page
(`trace_id`, and not `trace_step`), one that it lacks has no value: the reader went back to before it was chosen. Where
it holds none of them, the values stay as they were, because changing the page empties the link.
"""

from typing import Final

import streamlit as st

_KEPT: Final = "link.kept"


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


def write_back(names: tuple[str, ...]) -> None:
    """Put the remembered values of these parameters into a link that lost them."""
    lost = {name: recall(name) for name in names if name not in st.query_params and recall(name)}
    if lost:
        st.query_params.update(lost)


def parameters(names: tuple[str, ...], **values: str) -> dict[str, str]:
    """Give what a link to another page must hold: the remembered values of `names`, and `values`."""
    st.session_state.setdefault(_KEPT, {}).update(values)
    return {name: recall(name) for name in names if recall(name)} | {
        name: text for name, text in values.items() if text
    }
