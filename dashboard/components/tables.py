"""Tables: one look, figures right-aligned with units, a click anywhere in a row goes on.

Up to STYLED_ROWS each cell may have its own words and colour. Above, that would take seconds, and the browser would be
sent every cell's look: a plain table is sent by columns, and the browser says and sorts its cells itself.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components.colours import cell
from dashboard.shaping.words import MISSING

ROW_PIXELS: Final = 31
STYLED_ROWS: Final = 2000
_CLICKS: Final = "tables.clicks"
_USED: Final = "tables.used"

Format = Callable[[Any], str]


def table(
    frame: pd.DataFrame,
    key: str,
    alt: str,
    *,
    columns: Mapping[str, Any],
    formats: Mapping[str, Format] | None = None,
    tones: Mapping[str, "pd.Series[Any]"] | None = None,
    colours: Mapping[str, "pd.Series[Any]"] | None = None,
    most_rows: int = 12,
    clickable: bool = False,
) -> int | None:
    """Show a table and give the position of the row that was just clicked, if one was.

    columns: the column configuration; what is not in it is not sent. formats: how cells are said, while sorting goes
    by their values. tones and colours: column → tone or colour of each of its cells.
    """
    shown = frame[[name for name in columns if name in frame]]
    styled = shown.style.format(dict(formats or {}), na_rep=MISSING)
    for name, tone in (tones or {}).items():
        styled = styled.apply(_toned, subset=[name], tone=tone)
    for name, colour in (colours or {}).items():
        styled = styled.apply(_coloured, subset=[name], colour=colour)
    return _show(styled, len(shown), key, alt, columns, most_rows, clickable=clickable)


def plain_table(
    frame: pd.DataFrame, key: str, alt: str, *, columns: Mapping[str, Any], most_rows: int = 12
) -> int | None:
    """Show a table of any length, all of it sorted by the browser; see `table`.

    Cells are said as their columns' configuration says. Texts that occur again and again should be categories.
    """
    shown = frame[[name for name in columns if name in frame]]
    return _show(shown, len(shown), key, alt, columns, most_rows, clickable=True)


def choosable_table(
    frame: pd.DataFrame, key: str, alt: str, *, columns: Mapping[str, Any], most_rows: int = 12
) -> list[int]:
    """Show a table whose rows can be ticked and give the positions of those that are; see `table`.

    key: another one for other rows, since ticks go by position.
    """
    shown = frame[[name for name in columns if name in frame]]
    drawn: Any = st.dataframe(
        shown,
        key=key,
        alt=alt,
        hide_index=True,
        height="content" if len(shown) <= most_rows else (most_rows + 1) * ROW_PIXELS + 2,
        placeholder=MISSING,
        column_config=dict(columns),
        on_select="rerun",
        selection_mode="multi-row",
        lazy=False,
    )
    return [int(row) for row in drawn["selection"]["rows"] if row < len(shown)]


def _show(
    shown: Any, rows: int, key: str, alt: str, columns: Mapping[str, Any], most_rows: int, *, clickable: bool
) -> int | None:
    drawn = _name(key)
    st.dataframe(
        shown,
        key=drawn,
        alt=alt,
        hide_index=True,
        height="content" if rows <= most_rows else (most_rows + 1) * ROW_PIXELS + 2,
        placeholder=MISSING,
        column_config=dict(columns),
        on_select=partial(_keep_click, key, drawn) if clickable else "ignore",
        selection_mode="single-cell",
        lazy=False,
    )
    clicked: int | None = st.session_state.get(_CLICKS, {}).pop(key, None)
    if clicked is not None:
        st.session_state.setdefault(_USED, {})[key] = _used(key) + 1
    return clicked


def _name(key: str) -> str:
    """Name a table by how often it was clicked: the browser goes on telling the click of one that is no longer drawn,
    and would tell it again of one that is drawn once more.
    """
    return f"{key}.{_used(key)}"


def _used(key: str) -> int:
    return int(st.session_state.get(_USED, {}).get(key, 0))


def _keep_click(key: str, drawn: str) -> None:
    """Note the row of the cell that was clicked; a cleared selection is no click, nor is one that was followed."""
    cells = st.session_state[drawn]["selection"]["cells"]
    if cells and drawn == _name(key):
        st.session_state.setdefault(_CLICKS, {})[key] = int(cells[0][0])


def _coloured(column: "pd.Series[Any]", colour: "pd.Series[Any]") -> list[str]:
    """Give each cell its colour."""
    del column
    return [f"color:{which}" for which in colour]


def _toned(column: "pd.Series[Any]", tone: "pd.Series[Any]") -> list[str]:
    """Give each cell the colour of its tone."""
    del column
    styles = {which: f"color:{cell(which)};font-weight:650" for which in tone.unique() if which != "plain"}
    return [styles.get(which, "") for which in tone]


def figures(label: str, help_text: str, width: int | None = None) -> Any:
    """Configure a column of figures that `formats` puts into words."""
    return st.column_config.NumberColumn(label, help=help_text, width=width)


def words(label: str, help_text: str = "", width: int | None = None) -> Any:
    """Configure a column of text."""
    return st.column_config.TextColumn(label, help=help_text or None, width=width)


def instants(label: str, help_text: str, width: int | None = None) -> Any:
    """Configure a column of instants, UTC without zone, said as a time of day with milliseconds."""
    return st.column_config.DatetimeColumn(label, help=help_text, format="HH:mm:ss.SSS", width=width)


def lengths(label: str, help_text: str, width: int | None = None) -> Any:
    """Configure a column of lengths of time (timedelta), said as "00:14:02"."""
    return st.column_config.NumberColumn(label, help=help_text, format="compact", width=width)
