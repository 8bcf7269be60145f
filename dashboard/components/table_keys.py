"""Tables by keyboard: Tab passes them, arrows mark a row, Enter opens it."""

from importlib.resources import files
from typing import Final

import streamlit as st

from dashboard.components.tables import ROW_PIXELS

_COMPONENT: Final = st.components.v2.component(
    "eventrail_table_keys",
    html="<span></span>",
    js=files("dashboard.components").joinpath("table_keys.js").read_text(encoding="utf-8"),
)


def table_keys() -> None:
    """Let the keys do so on the whole page. It shows nothing; it stands last, for it takes a little room."""
    _COMPONENT(key="table_keys", data={"row_pixels": ROW_PIXELS})
