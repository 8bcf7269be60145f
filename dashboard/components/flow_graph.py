"""The flow graph's drawing, by Graphviz in the browser."""

import streamlit as st

from dashboard.components.colours import cell, is_dark
from dashboard.components.service_colours import service_colours
from dashboard.shaping.flow_graph import FlowGraph, Inks, dot


def flow_drawing(graph: FlowGraph, *, alt: str) -> None:
    """Draw it in the colours of the reader's theme. alt: what it shows, for those who cannot see it."""
    inks = Inks(
        text="#E3E8EE" if is_dark() else "#1B2430",
        background="#1B222A" if is_dark() else "#FFFFFF",
        service=service_colours().of,
        tones={"bad": cell("bad"), "failed": cell("bad"), "warn": cell("warn"), "": cell("unknown")},
    )
    st.graphviz_chart(dot(graph, inks), alt=alt)
