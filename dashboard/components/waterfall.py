"""The waterfall's drawing: a small component of our own.

Streamlit's charts cannot break a time axis, hatch one part of a bar, end another with an arrow, and stay fast with
very many lanes; docs/adr tells more. Data go over as columns, and only as text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import streamlit as st

from dashboard.components.service_colours import service_colours
from dashboard.shaping.service_colours import ServiceColours
from dashboard.shaping.waterfall import Waterfall

NO_FILTER: Final = "-"  # a trigger cannot be empty
_HERE: Final = files("dashboard.components")

_SCRIPTS: Final = ("drawing.js", "waterfall_shapes.js", "waterfall_axis.js", "waterfall_tools.js", "waterfall.js")

_COMPONENT: Final = st.components.v2.component(
    "eventrail_waterfall",
    html='<div class="waterfall"></div>',
    css=_HERE.joinpath("waterfall.css").read_text(encoding="utf-8"),
    js="\n".join(_HERE.joinpath(part).read_text(encoding="utf-8") for part in _SCRIPTS),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """What the reader has chosen, and who is told what he does.

    step: the one that is marked. filter: as in the link: all, problems or critical, a colon, words.
    """

    step: str
    filter: str
    on_step: Callable[[str], None]
    on_filter: Callable[[str], None]


def waterfall(shaped: Waterfall, *, key: str, event: str, now_label: str, reader: Reader, spare: int = 0) -> None:
    """Draw it. event: when it changes, what is folded and how close one looks begins anew.

    spare: for how many lanes that may come later the drawing is higher, so that the page does not move then.
    """

    def told(name: str, act: Callable[[str], None]) -> Callable[[], None]:
        def tell() -> None:
            value = st.session_state[key][name]
            if value:
                act(str(value))

        return tell

    _COMPONENT(
        key=key,
        data=columns(shaped, service_colours(), event=event, now_label=now_label, reader=reader) | {"spare": spare},
        on_step_change=told("step", reader.on_step),
        on_filter_change=told("filter", lambda value: reader.on_filter("" if value == NO_FILTER else value)),
    )


def columns(
    shaped: Waterfall, colours: ServiceColours, *, event: str, now_label: str, reader: Reader
) -> dict[str, Any]:
    """Give what goes to the browser."""
    lanes, bars, links = shaped.lanes, shaped.bars, shaped.links
    return {
        "lanes": {
            "service": lanes["service"].tolist(),
            "title": lanes["title"].tolist(),
            "detail": lanes["detail"].tolist(),
            "indent": lanes["indent"].tolist(),
            "parent": lanes["parent"].tolist(),
            "queue": lanes["queue"].tolist(),
            "pod": lanes["pod"].tolist(),
            "state": lanes["state"].tolist(),
            "searched": lanes["searched"].tolist(),
            "words": lanes["words"].tolist(),
            "tone": lanes["tone"].tolist(),
            "call": lanes["call"].tolist(),
            "expected": lanes["expected"].tolist(),
            "step": lanes["step_id"].tolist(),
            "colour": lanes["service"].map(colours.of).tolist(),
        },
        "bars": {
            "lane": bars["lane"].tolist(),
            "step": bars["step_id"].tolist(),
            "kind": bars["kind"].tolist(),
            "state": bars["state"].tolist(),
            "x0": bars["x0"].round(6).tolist(),
            "x1": bars["x1"].round(6).tolist(),
            "open": bars["open"].tolist(),
            "critical": bars["critical"].tolist(),
            "many": bars["many"].tolist(),
        },
        "links": {
            "from": links["from_lane"].tolist(),
            "to": links["to_lane"].tolist(),
            "x": links["x"].round(6).tolist(),
            "kind": links["kind"].tolist(),
        },
        "ticks": [{"at": tick.at, "label": tick.label} for tick in shaped.axis.ticks],
        "breaks": [{"start": gap.start, "end": gap.end, "label": gap.label} for gap in shaped.axis.breaks],
        "now": shaped.now,
        "nowLabel": now_label,
        "knots": {"seconds": shaped.axis.seconds.tolist(), "positions": shaped.axis.positions.tolist()},
        "event": event,
        "chosen": reader.step,
        "filter": reader.filter,
    }
