"""The sequence diagram's drawing: a small component of our own, because a long trace must stay scrollable."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final

import streamlit as st

from dashboard.components.service_colours import service_colours
from dashboard.shaping.axis import offset_text
from dashboard.shaping.participants import SERVICE
from dashboard.shaping.sequence import Sequence
from dashboard.shaping.service_colours import ServiceColours

_HERE: Final = files("dashboard.components")
_FINEST_SECONDS: Final = 0.001

_COMPONENT: Final = st.components.v2.component(
    "eventrail_sequence",
    html='<div class="sequence"></div>',
    css=_HERE.joinpath("sequence.css").read_text(encoding="utf-8"),
    js="\n".join(_HERE.joinpath(part).read_text(encoding="utf-8") for part in ("drawing.js", "sequence.js")),
)


def sequence_diagram(shaped: Sequence, *, key: str, chosen: str, on_step: Callable[[str], None]) -> None:
    """Draw it. chosen: the step that is marked; on_step: told the step that is clicked, before the page is drawn."""

    def clicked() -> None:
        step = st.session_state[key].step
        if step:
            on_step(str(step))

    _COMPONENT(key=key, data=columns(shaped, service_colours(), chosen=chosen), on_step_change=clicked)


def columns(shaped: Sequence, colours: ServiceColours, *, chosen: str) -> dict[str, Any]:
    """Give what goes to the browser."""
    participants, arrows = shaped.participants, shaped.arrows
    services = participants["kind"] == SERVICE
    return {
        "participants": {
            "name": participants["name"].tolist(),
            "kind": participants["kind"].tolist(),
            "colour": participants["name"].map(colours.of).where(services, "").tolist(),
        },
        "arrows": {
            "step": arrows["step_id"].tolist(),
            "kind": arrows["kind"].tolist(),
            "source": arrows["source"].astype(int).tolist(),
            "target": arrows["target"].astype(int).tolist(),
            "label": arrows["label"].tolist(),
            "detail": arrows["detail"].tolist(),
            "tone": arrows["tone"].tolist(),
            "at": [offset_text(seconds, _FINEST_SECONDS) for seconds in arrows["at_seconds"]],
            "count": arrows["count"].tolist(),
        },
        "chosen": chosen,
    }
