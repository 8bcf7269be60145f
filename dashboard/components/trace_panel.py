"""The panel beside the drawing: what is known of the chosen step, or what is in the chosen fold."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components import tables, texts
from dashboard.components.colours import LINE
from dashboard.components.facts import fact_grid
from dashboard.components.markup import Markup, element, joined, show
from dashboard.components.trace_lines import choose_line
from dashboard.shaping import details, expected, folds
from eventrail.analysis.folding import PAGE_ROWS, members_of
from eventrail.model.folding import Folding

_LINES_MOST: Final = 12
_ORDERS: Final = {"slowest": "slowest first", "time": "by time"}


def step_panel(step: details.Step, heard: pd.DataFrame, order: str) -> None:
    """Tell what is known of a step, and what was logged in it.

    heard: see lines.lines_of_step. order: how it is known that it comes after the step before it.
    """
    facts = [*details.facts(step), *([details.Fact("order", order)] if order else [])]
    last = heard.tail(_LINES_MOST)
    written = [element("div", f"{at}  {line}") for at, line in zip(last["at"], last["line"], strict=True)]
    said = element(
        "div",
        joined(written) if written else "none",
        style="font-family:monospace;font-size:.86rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.5;",
    )
    more = f" · the last {_LINES_MOST} of {len(heard):,}" if len(heard) > _LINES_MOST else ""
    caption = element("div", f"Its log lines{more}", style="font-weight:650;margin:.7rem 0 .2rem;")
    _box(details.title(step), facts, caption, said)
    choose_line(last)


def expected_panel(row: "pd.Series[Any]") -> None:
    """Tell what is known of a step that has not come, one of EXPECTED_COLUMNS."""
    _box("Expected, has not come" if row["late"] else "Expected", expected.facts(row))


def _box(title: str, facts: Iterable[details.Fact], *below: Markup) -> None:
    head = element("div", title, style="font-weight:650;font-size:1.05rem;margin-bottom:.3rem;")
    style = f"border:1px solid {LINE};border-radius:8px;padding:.7rem .9rem;font-variant-numeric:tabular-nums;"
    show(element("div", head, fact_grid(facts), *below, style=style))


def fold_panel(folding: Folding, steps: pd.DataFrame, row_id: str, on_step: Callable[[str], None]) -> None:
    """Tell what is in a fold, some members at a time; a click on one shows it."""
    fold = folding.rows[folding.rows["id"] == row_id].iloc[0]
    texts.heading(folds.title(fold))
    with st.container(horizontal=True):
        order = st.segmented_control(
            "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, default="slowest", required=True, key="trace.order"
        )
        pages = -(-int(fold["members"]) // PAGE_ROWS)
        page = st.number_input("Page", 1, pages, key=f"trace.page.{row_id}", width=130) if pages > 1 else 1
    some = members_of(folding, steps, row_id, offset=(int(page or 1) - 1) * PAGE_ROWS, slowest_first=order == "slowest")
    members = folds.members(some, steps, fold)
    texts.note(f"{members.words} · shown: {members.shown}")
    clicked = tables.table(
        members.rows,
        "trace.members",
        "Members of the fold",
        columns={
            "at": tables.words("began (UTC)", width=100),
            "took": tables.words("took", width=80),
            "pod": tables.words("pod"),
            "message_id": tables.words("message ID"),
        },
        most_rows=11,
        clickable=True,
    )
    if clicked is not None:
        on_step(str(members.rows["step_id"].iloc[clicked]))
        st.rerun(scope="fragment")
