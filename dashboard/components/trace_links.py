"""Buttons that lead from an event to the same lines in Kibana and the same curves in Grafana, where configured."""

import streamlit as st

from dashboard.components.settings import settings
from dashboard.shaping.links import grafana_link, kibana_link
from eventrail.investigate.answers import TraceAnswer
from eventrail.investigate.tracing import around
from eventrail.model.trace import Trace


def kibana_button(answer: TraceAnswer) -> None:
    """Lead to the event's lines in the window that was searched."""
    links = settings().links
    if links.kibana_url is not None:
        link = kibana_link(links.kibana_url, links.kibana_data_view, answer.correlation_id, answer.searched)
        st.link_button("Open in Kibana", link, icon=":material/open_in_new:", type="tertiary")


def grafana_button(answer: TraceAnswer, trace: Trace) -> None:
    """Lead to the curves on the event's way."""
    links = settings().links
    if links.grafana_url is not None and links.grafana_datasource is not None and answer.expressions:
        link = grafana_link(links.grafana_url, links.grafana_datasource, answer.expressions, around(trace))
        st.link_button("Open in Grafana", link, icon=":material/open_in_new:", type="tertiary")
