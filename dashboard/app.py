"""The dashboard's entry: opens the sources and leads to the pages.

Start it with `eventrail dashboard`, or `python -m streamlit run dashboard/app.py` in the checkout. EVENTRAIL_SOURCE
says what to open: live (the servers of the configuration), recording:FILE or jsonl:FILE; EVENTRAIL_CONFIG names the
configuration file.
"""

from importlib.resources import files

import streamlit as st

from dashboard.components.frame import PAGES
from dashboard.components.loading import opened_sources
from dashboard.components.texts import refusal
from eventrail.errors import EventrailError

st.set_page_config(page_title="Eventrail", page_icon=str(files("dashboard").joinpath("eventrail.svg")), layout="wide")

chosen = st.navigation(
    [
        st.Page(
            PAGES["now"],
            title="Now",
            icon=":material/monitor_heart:",
            default=True,
            help="What is wrong at this instant: stuck queues, failing services, alerts, sources that do not answer.",
        ),
        st.Page(
            PAGES["trace"],
            title="Trace",
            icon=":material/waterfall_chart:",
            url_path="trace",
            help="Follow one event through the services: every step, its log lines, and the metrics on its way.",
        ),
        st.Page(
            PAGES["unacknowledged"],
            title="Unacknowledged",
            icon=":material/pending_actions:",
            url_path="unacknowledged",
            help="The messages that are delivered and not settled: since when, and which pod holds them.",
        ),
        st.Page(
            PAGES["sources"],
            title="Sources",
            icon=":material/lan:",
            url_path="sources",
            help="Whether logs, metrics and broker answer, what was found in them, and how far behind the logs are.",
        ),
    ],
    position="top",
)

try:
    opened_sources()
except EventrailError as error:
    refusal(error)
    st.stop()

chosen.run()
