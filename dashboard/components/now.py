"""The body of the page Now."""

import streamlit as st

from dashboard.components import figures, loading, tables, texts
from dashboard.components.frame import PAGES, Frame
from dashboard.components.link import parameters
from dashboard.components.place import TIME_PARAMETERS
from dashboard.components.service_colours import service_colours
from dashboard.components.source_list import source_list
from dashboard.shaping import overview as shaping
from dashboard.shaping.tones import tone_of_age, tone_of_error_ratio
from dashboard.shaping.words import count_text, duration_text, share_text
from eventrail.investigate.answers import Overview

PANEL_PIXELS = 470  # below it, what stands beside each other stands below each other


def draw(frame: Frame) -> None:
    """Lay out the overview."""
    with loading.waiting(frame.body, "now"):
        answer = loading.overview(frame.asked)
    frame.line(answer.moment, answer.checks)
    answering = loading.answering(answer.checks)
    texts.verdict(answer.sentence)
    figures.cards(shaping.cards(answer, answering))
    texts.problems(answer.problems)
    _queues(answer, answering)
    with st.grid(2, min_column_width=PANEL_PIXELS):
        with st.container():
            _services(answer, answering)
        with st.container():
            _alerts(answer, answering)
            texts.heading("Sources")
            source_list(answer.checks)


def _queues(answer: Overview, answering: shaping.Answering) -> None:
    """Show the queues, worst first; a click leads to the queue's messages."""
    texts.heading("Queues", "that hold or keep waiting, worst first · click a row for its messages")
    rows = shaping.queue_table(answer)
    if rows.empty:
        texts.note(shaping.no_queues(answering))
        return
    clicked = tables.table(
        rows,
        "now.queues",
        "Queues with unacknowledged or waiting messages, worst first",
        columns={
            "queue": tables.words("queue", width=160),
            "unacked": tables.figures("unacked", "Delivered and not settled, as the broker counted it", 60),
            "listed": tables.words("listed", "Deliveries listed from the logs; ✔ as many as the broker counted", 60),
            "oldest": tables.figures("oldest", "How long the oldest delivery has been held", 80),
            "waiting": tables.figures("waiting", "In the queue, not yet delivered", 60),
            "curve": st.column_config.LineChartColumn("lately", help="Unacked messages of late", y_min=0, width=58),
            "flow": tables.words("out · in /s", "Messages settled, and coming in, per second over the last minute", 80),
            "holder": tables.words("holder", "Who holds the messages: pod and node", 188),
        },
        formats={
            "unacked": count_text,
            "oldest": duration_text,
            "waiting": count_text,
        },
        tones={"queue": rows["tone"], "unacked": rows["tone"], "oldest": rows["oldest"].map(tone_of_age)},
        clickable=True,
    )
    if clicked is not None:
        queue = answer.queues.iloc[clicked]
        chosen = {"unacked_queue": str(queue["queue"]), "unacked_vhost": str(queue["vhost"])}
        st.switch_page(PAGES["unacknowledged"], query_params=parameters(TIME_PARAMETERS, **chosen))


def _services(answer: Overview, answering: shaping.Answering) -> None:
    texts.heading("Services", "lines of the last 5 min, most errors first")
    rows = shaping.service_table(answer)
    if rows.empty:
        silent = f"{shaping.LOGS_SILENT.capitalize()}."
        texts.note("No service has written a line in the last 5 minutes." if answering.logs else silent)
        return
    tones = rows["error_ratio"].map(tone_of_error_ratio)
    tables.table(
        rows.assign(mark="⬤"),
        "now.services",
        "Services with their errors, most errors first",
        columns={
            "mark": tables.words("", "The service’s colour on all pages", 35),
            "service": tables.words("service"),
            "errors": tables.figures("errors", "Lines of level error or critical", 70),
            "error_ratio": tables.figures("error rate", "Part of the service’s lines that are errors", 90),
            "warnings": tables.figures("warnings", "Lines of level warning", 80),
            "in_flight": tables.figures("in hand", "Deliveries that its pods say they hold", 75),
            "pods": tables.figures("pods", "Pods seen", 60),
        },
        formats={
            "errors": count_text,
            "error_ratio": share_text,
            "warnings": count_text,
            "in_flight": count_text,
            "pods": count_text,
        },
        tones={"errors": tones, "error_ratio": tones},
        colours={"mark": rows["service"].map(service_colours().of)},
    )


def _alerts(answer: Overview, answering: shaping.Answering) -> None:
    texts.heading("Alerts", "firing in Prometheus")
    rows = shaping.alert_table(answer)
    if rows.empty:
        texts.note("None." if answering.metrics else f"{shaping.METRICS_SILENT.capitalize()}.")
        return
    tables.table(
        rows,
        "now.alerts",
        "Alerts that fire",
        columns={
            "alert": tables.words("alert"),
            "state": tables.words("state", width=75),
            "severity": tables.words("severity", width=80),
            "for": tables.words("for", width=95),
            "about": tables.words("about"),
        },
        most_rows=6,
    )
