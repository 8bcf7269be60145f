"""Charts over time, drawn by Plotly.

Figures are written as plain values: Plotly's own builders take half a second for what a live page draws every few
seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components.colours import cell
from dashboard.components.service_colours import service_colours
from dashboard.shaping.curves import Panel
from dashboard.shaping.service_colours import assigned

PANEL_PIXELS: Final = 92
GAP_PIXELS: Final = 34  # above each panel, for its name
FOOT_PIXELS: Final = 26  # below the last, for the times
_FORMATS: Final = {"count": ",.0f", "number": ",.2f", "bytes": ".3s", "share": ".0%"}
_SUFFIXES: Final = {"bytes": "B"}
_STEPWISE: Final = frozenset({"count"})
_LONGEST_NAME: Final = 48
_SMALL_COUNT: Final = 3
_DASHES: Final = (("solid", "━"), ("dash", "╍"), ("dot", "┅"), ("dashdot", "╺"))


def curve_panels(
    panels: Sequence[Panel],
    *,
    key: str,
    alt: str,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    pixels: int = PANEL_PIXELS,
) -> None:
    """Draw panels above each other over one time axis. span: shaded, with a line where it begins."""
    if not panels:
        return
    height = (pixels + GAP_PIXELS) * len(panels)
    layout: dict[str, Any] = {
        "height": height + FOOT_PIXELS,
        "margin": {"l": 56, "r": 12, "t": 0, "b": FOOT_PIXELS},
        "showlegend": False,
        "hovermode": "x unified",
        "annotations": [],
        "shapes": [],
    }
    data: list[dict[str, Any]] = []
    for row, panel in enumerate(panels):
        drawn = [_Drawn(curve.name, *style) for curve, style in zip(panel.curves, _styles(panel), strict=True)]
        data += _curves(panel, drawn, row)
        top = 1 - row * (pixels + GAP_PIXELS) / height - GAP_PIXELS / height
        layout[_axis("yaxis", row)] = _value_axis(panel, [max(0.0, top - pixels / height), top])
        layout[_axis("xaxis", row)] = _time_axis(row, last=row == len(panels) - 1)
        layout["annotations"].append(_name(panel, drawn, row))
        layout["shapes"] += _shaded(span, row) if span else []
    st.plotly_chart(
        {"data": data, "layout": layout},
        key=key,
        alt=alt,
        config={"displayModeBar": False, "scrollZoom": False},
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a curve is drawn. sign: the same dash in its label."""

    name: str
    colour: str
    dash: str
    sign: str

    @property
    def label(self) -> str:
        """The curve's name behind its line."""
        return f'<span style="color:{self.colour}"><b>{self.sign}</b></span> {_plain(self.name)}'


def _styles(panel: Panel) -> list[tuple[str, str, str]]:
    """Give each curve its owner's colour; those of one owner differ in their dashes.

    What is no service, such as a node, has a colour of its own among the panel's.
    """
    services = service_colours()
    others = assigned(frozenset(curve.owner for curve in panel.curves if curve.owner not in services.known))
    colours = [others.known.get(curve.owner) or services.of(curve.owner) for curve in panel.curves]
    nth = [colours[:position].count(colour) for position, colour in enumerate(colours)]
    return [(colour, *_DASHES[number % len(_DASHES)]) for colour, number in zip(colours, nth, strict=True)]


def _curves(panel: Panel, drawn: list[_Drawn], row: int) -> list[dict[str, Any]]:
    shape = "hv" if panel.scale in _STEPWISE else "linear"
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": curve.points["time"],
            "y": curve.points["value"],
            "xaxis": _axis("x", row),
            "yaxis": _axis("y", row),
            "name": _plain(curve.name),
            "line": {"shape": shape, "color": how.colour, "dash": how.dash, "width": 1.8},
            "hovertemplate": f"%{{y:{_FORMATS[panel.scale]}}}{_SUFFIXES.get(panel.scale, '')}",
        }
        for curve, how in zip(panel.curves, drawn, strict=True)
    ]


def _axis(name: str, row: int) -> str:
    return name if row == 0 else f"{name}{row + 1}"


def _time_axis(row: int, *, last: bool) -> dict[str, Any]:
    shared = {} if row == 0 else {"matches": "x"}
    return {
        "type": "date",
        "anchor": _axis("y", row),
        "tickformat": "%H:%M:%S",
        "showgrid": False,
        "nticks": 7,
        "showticklabels": last,
        "ticks": "outside" if last else "",
        **shared,
    }


def _value_axis(panel: Panel, domain: list[float]) -> dict[str, Any]:
    """Say how a panel's axis is written; small counts have a mark at each whole number."""
    axis: dict[str, Any] = {"domain": domain, "rangemode": "tozero", "zeroline": False, "nticks": 4}
    highest = max((float(curve.points["value"].max()) for curve in panel.curves), default=0.0)
    if panel.scale == "count" and highest <= _SMALL_COUNT:
        return axis | {"dtick": 1, "tickformat": "d", "range": [0, max(1.0, highest) * 1.1]}
    if panel.scale == "number":
        return axis
    return axis | {"tickformat": _FORMATS[panel.scale], "ticksuffix": _SUFFIXES.get(panel.scale, "")}


def _name(panel: Panel, drawn: list[_Drawn], row: int) -> dict[str, Any]:
    """Write a panel's name and its curves' names above it, so that no legend is needed."""
    names = "   ".join(how.label for how in drawn if how.name)
    more = f" · {panel.left_out} more not shown" if panel.left_out else ""
    return {
        "text": f"<b>{panel.title}</b>    {names}{more}",
        "xref": f"{_axis('x', row)} domain",
        "yref": f"{_axis('y', row)} domain",
        "x": 0,
        "y": 1.0,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": cell("plain")},
    }


def _shaded(span: tuple[pd.Timestamp, pd.Timestamp], row: int) -> list[dict[str, Any]]:
    place = {"xref": _axis("x", row), "yref": f"{_axis('y', row)} domain", "y0": 0, "y1": 1}
    area = {"type": "rect", "fillcolor": cell("bad"), "opacity": 0.09, "line": {"width": 0}, "layer": "below"}
    edge = {"type": "line", "line": {"color": cell("bad"), "width": 1}}
    return [{**place, **area, "x0": span[0], "x1": span[1]}, {**place, **edge, "x0": span[0], "x1": span[0]}]


def _plain(name: str) -> str:
    """Keep a name from being read as Plotly's markup; long ones are cut."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
