"""Charts over time, drawn by Plotly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from dashboard.components.colours import SERVICE_COLOURS, cell, service_colour
from dashboard.shaping.curves import Panel

PANEL_PIXELS: Final = 118
TITLE_PIXELS: Final = 44
GAP_PIXELS: Final = 34
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
    mark: pd.Timestamp | None = None,
    pixels: int = PANEL_PIXELS,
) -> None:
    """Draw panels above each other over one time axis. span: shaded; mark: a line at the instant shown."""
    if not panels:
        return
    figure = make_subplots(
        rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=min(0.3, 34 / (pixels * len(panels)))
    )
    for row, panel in enumerate(panels, start=1):
        _draw(figure, panel, row)
    if span is not None:
        figure.add_vrect(x0=span[0], x1=span[1], fillcolor=cell("bad"), opacity=0.09, line_width=0, layer="below")
        figure.add_vline(x=span[0], line_color=cell("bad"), line_width=1)
    if mark is not None:
        figure.add_vline(x=mark, line_color=cell("bad"), line_dash="dot", line_width=1)
    figure.update_layout(
        height=TITLE_PIXELS + pixels * len(panels),
        margin={"l": 56, "r": 12, "t": 26, "b": 24},
        showlegend=False,
        hovermode="x unified",
    )
    figure.update_xaxes(tickformat="%H:%M:%S", showgrid=False, ticks="outside", nticks=7)
    st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False, "scrollZoom": False})


def _draw(figure: Any, panel: Panel, row: int) -> None:
    """Draw one panel; its name and its curves' names stand above it, so that no legend is needed."""
    drawn = [_Drawn(curve.name, *style) for curve, style in zip(panel.curves, _styles(panel), strict=True)]
    axis = "" if row == 1 else str(row)
    for curve, how in zip(panel.curves, drawn, strict=True):
        figure.add_trace(
            go.Scatter(
                x=curve.points["time"],
                y=curve.points["value"],
                name=_plain(curve.name),
                mode="lines",
                line={"shape": "hv" if panel.scale in _STEPWISE else "linear", "color": how.colour, "dash": how.dash},
                hovertemplate=f"%{{y:{_FORMATS[panel.scale]}}}{_SUFFIXES.get(panel.scale, '')}",
            ),
            row=row,
            col=1,
        )
    names = " · ".join(how.label for how in drawn if how.name)
    more = f" · {panel.left_out} more not shown" if panel.left_out else ""
    figure.add_annotation(
        text=f"<b>{panel.title}</b>  {names}{more}",
        xref=f"x{axis} domain",
        yref=f"y{axis} domain",
        x=0,
        y=1.0,
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12, "color": cell("plain")},
    )
    figure.update_yaxes(row=row, col=1, rangemode="tozero", zeroline=False, **_scale(panel))


def _scale(panel: Panel) -> dict[str, Any]:
    """Say how a panel's axis is written; small counts have a mark at each whole number."""
    highest = max((float(curve.points["value"].max()) for curve in panel.curves), default=0.0)
    if panel.scale == "count" and highest <= _SMALL_COUNT:
        return {"dtick": 1, "tickformat": "d", "range": [0, max(1.0, highest) * 1.1]}
    if panel.scale == "number":
        return {"nticks": 4}
    return {"nticks": 4, "tickformat": _FORMATS[panel.scale], "ticksuffix": _SUFFIXES.get(panel.scale, "")}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How a curve is drawn. sign: the same dash in its label."""

    name: str
    colour: str
    dash: str
    sign: str

    @property
    def label(self) -> str:
        """The curve's name in its colour."""
        return f'<span style="color:{self.colour}">{self.sign} {_plain(self.name)}</span>'


def _styles(panel: Panel) -> list[tuple[str, str, str]]:
    """Give each curve its owner's colour; those of one owner differ in their dashes."""
    colours = [_colour(curve.name) for curve in panel.curves]
    nth = [colours[:position].count(colour) for position, colour in enumerate(colours)]
    return [(colour, *_DASHES[number % len(_DASHES)]) for colour, number in zip(colours, nth, strict=True)]


def _plain(name: str) -> str:
    """Keep a name from being read as Plotly's markup; long ones are cut."""
    short = name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _colour(name: str) -> str:
    """Give a queue and a pod the colour of the service that their name begins with."""
    if not name:
        return SERVICE_COLOURS[0]
    head, dot, _ = name.partition(".")
    return service_colour(head if dot else name.rpartition("-")[0] or name)
