"""Charts over time, drawn by Plotly.

Figures are written as plain values: Plotly's own builders take half a second for what a live page draws every few
seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.components import holding_panel
from dashboard.components.colours import cell
from dashboard.components.service_colours import service_colours
from dashboard.shaping.curves import Panel
from dashboard.shaping.holding import Holding
from dashboard.shaping.service_colours import assigned

PANEL_PIXELS: Final = 92
GAP_PIXELS: Final = 34  # above each panel, for its name and those of its curves
LINE_PIXELS: Final = 16  # for each further line of names
LINE_CHARACTERS: Final = 96  # what a window of 800 pixels has room for
BARS_GAP_PIXELS: Final = 10  # above the bars
FOOT_PIXELS: Final = 26  # below the last, for the times
_FORMATS: Final = {"count": ",.0f", "number": ",.2f", "bytes": ".3s", "share": ".0%"}
_SUFFIXES: Final = {"bytes": "B"}
_STEPWISE: Final = frozenset({"count"})
_LONGEST_NAME: Final = 48
_BETWEEN: Final = 3  # blanks between names
_SIGN: Final = 3  # the line drawn before a name takes the room of so many letters
_SMALL_COUNT: Final = 3
WIDTH: Final = 1.6
MARKED_WIDTH: Final = 3.0
_DASHES: Final = (("solid", "━"), ("dash", "╍"), ("dot", "┅"), ("dashdot", "╺"))


def curve_panels(
    panels: Sequence[Panel],
    *,
    key: str,
    alt: str,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    seen: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    pixels: int = PANEL_PIXELS,
    held: Holding | None = None,
) -> None:
    """Draw panels above each other over one time axis.

    span: shaded, with a line where it begins. seen: the part that is shown at first; None: all. held: drawn as bars
    below the panels, with a line through all of them at its mark.
    """
    if not panels and held is None:
        return
    drawn = [_drawn(panel) for panel in panels]
    gaps = [GAP_PIXELS + LINE_PIXELS * names.count("<br>") for _, names in drawn]
    below = 0 if held is None else holding_panel.pixels(held) + BARS_GAP_PIXELS
    height = pixels * len(panels) + sum(gaps) + below
    layout: dict[str, Any] = {
        "height": height + FOOT_PIXELS,
        "margin": {"l": 56, "r": 12, "t": 0, "b": FOOT_PIXELS},
        "showlegend": False,
        "hovermode": "x unified",
        "annotations": [],
        "shapes": [],
    }
    data: list[dict[str, Any]] = []
    foot = float(height)
    for row, (panel, gap, (curves, names)) in enumerate(zip(panels, gaps, drawn, strict=True)):
        data += _curves(panel, curves, row)
        top = foot - gap
        foot = top - pixels
        layout[_axis("yaxis", row)] = _value_axis(panel, [max(0.0, foot / height), top / height])
        layout[_axis("xaxis", row)] = _time_axis(row, last=held is None and row == len(panels) - 1, seen=seen)
        layout["annotations"].append(_name(names, row))
        layout["shapes"] += _shaded(span, row) if span else []
    if held is not None:
        data += _bars(held, len(panels), layout, (below - BARS_GAP_PIXELS) / height, seen)
    st.plotly_chart(
        {"data": data, "layout": layout},
        key=key,
        alt=alt,
        config={"displayModeBar": False, "scrollZoom": False},
    )


def _bars(
    held: Holding,
    row: int,
    layout: dict[str, Any],
    share: float,
    seen: tuple[pd.Timestamp, pd.Timestamp] | None,
) -> list[dict[str, Any]]:
    """Add the axes, names and mark of the bars to the layout, `share` of its height; give the bars."""
    axes = (_axis("x", row), _axis("y", row))
    rows = {"domain": [0.0, share], "range": [holding_panel.pixels(held), 0], "visible": False, "fixedrange": True}
    layout[_axis("yaxis", row)] = rows
    layout[_axis("xaxis", row)] = _time_axis(row, last=True, seen=seen)
    layout["annotations"] += holding_panel.names(held, axes)
    layout["shapes"] += holding_panel.marks(held, row, holding_panel.pixels(held))
    return holding_panel.traces(held, axes)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a curve is drawn. sign: the same dash in its label."""

    name: str
    colour: str
    dash: str
    sign: str
    marked: bool

    @property
    def width(self) -> float:
        """How thick its line is, in pixels."""
        return MARKED_WIDTH if self.marked else WIDTH

    @property
    def label(self) -> str:
        """The curve's name behind its line."""
        name = f"<b>{_plain(self.name)}</b>" if self.marked else _plain(self.name)
        return f'<span style="color:{self.colour}"><b>{self.sign}</b></span> {name}'


def _drawn(panel: Panel) -> tuple[list[_Drawn], str]:
    """Give how a panel's curves are drawn, and what is written above it."""
    styled = zip(panel.curves, _styles(panel), strict=True)
    curves = [_Drawn(curve.name, *style, marked=curve.marked) for curve, style in styled]
    more = [f"{panel.left_out} more not shown"] if panel.left_out else []
    words = [panel.title, *(_short(how.name) for how in curves if how.name), *more]
    shown = [f"<b>{panel.title}</b>", *(how.label for how in curves if how.name), *more]
    text, used = shown[0], len(words[0])
    for word, written in zip(words[1:], shown[1:], strict=True):
        broken = used + len(word) + _BETWEEN > LINE_CHARACTERS
        text += ("<br>" if broken else " " * _BETWEEN) + written
        used = len(word) + _SIGN if broken else used + _BETWEEN + len(word) + _SIGN
    return curves, text


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
            "line": {
                "shape": shape,
                "color": how.colour,
                "dash": how.dash,
                "width": MARKED_WIDTH if curve.marked else 1.6,
            },
            "hovertemplate": f"%{{y:{_FORMATS[panel.scale]}}}{_SUFFIXES.get(panel.scale, '')}",
        }
        for curve, how in zip(panel.curves, drawn, strict=True)
    ]


def _axis(name: str, row: int) -> str:
    return name if row == 0 else f"{name}{row + 1}"


def _time_axis(row: int, *, last: bool, seen: tuple[pd.Timestamp, pd.Timestamp] | None) -> dict[str, Any]:
    shared: dict[str, Any] = {} if row == 0 else {"matches": "x"}
    if seen is not None:
        shared["range"] = list(seen)
    return {
        "type": "date",
        "anchor": _axis("y", row),
        "tickformat": "%H:%M:%S",
        "showgrid": False,
        "tickfont": {"color": cell("unknown")},
        "nticks": 7,
        "showticklabels": last,
        "ticks": "outside" if last else "",
        **shared,
    }


def _value_axis(panel: Panel, domain: list[float]) -> dict[str, Any]:
    """Say how a panel's axis is written; small counts have a mark at each whole number."""
    axis: dict[str, Any] = {"domain": domain, "rangemode": "tozero", "zeroline": False, "nticks": 4}
    axis["tickfont"] = {"color": cell("unknown")}
    highest = max((float(curve.points["value"].max()) for curve in panel.curves), default=0.0)
    if panel.scale == "count" and highest <= _SMALL_COUNT:
        return axis | {"dtick": 1, "tickformat": "d", "range": [0, max(1.0, highest) * 1.1]}
    if panel.scale == "number":
        return axis
    return axis | {"tickformat": _FORMATS[panel.scale], "ticksuffix": _SUFFIXES.get(panel.scale, "")}


def _name(text: str, row: int) -> dict[str, Any]:
    """Write a panel's name and its curves' names above it, so that no legend is needed."""
    return {
        "text": text,
        "align": "left",
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


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _plain(name: str) -> str:
    """Keep a name from being read as Plotly's markup; long ones are cut."""
    return _short(name).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
