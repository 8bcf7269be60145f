"""The waterfall's drawing: a small component of our own.

Streamlit's charts cannot break a time axis, hatch one part of a bar, end another with an arrow, and stay fast with
very many lanes; docs/adr tells more. Data go over as columns, and only as text.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final

import streamlit as st

from dashboard.components.colours import service_colour
from dashboard.shaping.waterfall import Waterfall

_HERE: Final = files("dashboard.components")

_COMPONENT: Final = st.components.v2.component(
    "eventrail_waterfall",
    html='<div class="waterfall"></div>',
    css=_HERE.joinpath("waterfall.css").read_text(encoding="utf-8"),
    js="\n".join(_HERE.joinpath(part).read_text(encoding="utf-8") for part in ("drawing.js", "waterfall.js")),
)


def waterfall(shaped: Waterfall, *, key: str, now_label: str, chosen: str, on_step: Callable[[str], None]) -> None:
    """Draw it. chosen: the step that is marked; on_step: told the step that is clicked, before the page is drawn."""

    def clicked() -> None:
        step = st.session_state[key].step
        if step:
            on_step(str(step))

    _COMPONENT(key=key, data=columns(shaped, now_label=now_label, chosen=chosen), on_step_change=clicked)


def columns(shaped: Waterfall, *, now_label: str, chosen: str) -> dict[str, Any]:
    """Give what goes to the browser."""
    lanes, bars, links = shaped.lanes, shaped.bars, shaped.links
    return {
        "lanes": {
            "service": lanes["service"].tolist(),
            "title": lanes["title"].tolist(),
            "detail": lanes["detail"].tolist(),
            "indent": lanes["indent"].tolist(),
            "words": lanes["words"].tolist(),
            "tone": lanes["tone"].tolist(),
            "call": lanes["call"].tolist(),
            "step": lanes["step_id"].tolist(),
            "colour": lanes["service"].map(service_colour).tolist(),
        },
        "bars": {
            "lane": bars["lane"].tolist(),
            "step": bars["step_id"].tolist(),
            "kind": bars["kind"].tolist(),
            "state": bars["state"].tolist(),
            "x0": bars["x0"].round(6).tolist(),
            "x1": bars["x1"].round(6).tolist(),
            "open": bars["open"].tolist(),
        },
        "links": {
            "from": links["from_lane"].tolist(),
            "to": links["to_lane"].tolist(),
            "x": links["x"].round(6).tolist(),
        },
        "ticks": [{"at": tick.at, "label": tick.label} for tick in shaped.axis.ticks],
        "breaks": [{"start": gap.start, "end": gap.end, "label": gap.label} for gap in shaped.axis.breaks],
        "now": shaped.now,
        "nowLabel": now_label,
        "chosen": chosen,
    }
