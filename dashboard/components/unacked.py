"""The body of the page Unacknowledged."""

from typing import Final

import pandas as pd
import streamlit as st

from dashboard.components import charts, figures, loading, tables, texts
from dashboard.components.frame import PAGES, Frame
from dashboard.components.link import parameters, recall, remember
from dashboard.components.place import TIME_PARAMETERS
from dashboard.shaping import curves
from dashboard.shaping import unacked as shaping
from dashboard.shaping.overview import LOGS_SILENT, Answering
from dashboard.shaping.tones import tone_of_age
from dashboard.shaping.words import count_text, duration_text, visible_text
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import QueueLedger, Stage
from eventrail.words import count

QUEUE: Final = "unacked_queue"
VHOST: Final = "unacked_vhost"
POD: Final = "unacked_pod"
STAGE: Final = "unacked_stage"
PARAMETERS: Final = (QUEUE, VHOST, POD, STAGE)
ALL: Final = ""
STYLED_ROWS: Final = 5000


def draw(frame: Frame) -> None:
    """Lay out the ledger: all queues, or the one that is chosen."""
    with loading.waiting(frame.body, "unacknowledged"):
        answer = loading.unacked(frame.asked)
    frame.line(answer.moment)
    answering = loading.answering(loading.checks(frame.asked))
    queue, vhost = recall(QUEUE), recall(VHOST)
    ledger = shaping.chosen_ledger(answer, queue, vhost)
    if queue and ledger is None:
        texts.nothing(f"Nothing of {visible_text(queue)} is unacknowledged.", "")
    else:
        texts.verdict(answer.sentence)
    rows = shaping.delivery_table(answer)
    _filters(answer, rows)
    if ledger is not None:
        _one_queue(answer, ledger, answering)
    elif not queue:
        _all_queues(answer, answering)
    texts.problems(answer.problems)
    _deliveries(rows, queue if ledger is None else ledger.queue, "" if ledger is None else ledger.vhost, answering)
    if ledger is not None:
        _around(answer, ledger)


def _filters(answer: UnackedAnswer, rows: pd.DataFrame) -> None:
    """Offer to narrow the page to a queue, a pod, a stage."""
    with st.container(horizontal=True, gap="small"):
        _choice("queue", QUEUE, [ledger.queue for ledger in answer.ledger.queues], width=330)
        _choice("pod", POD, sorted(set(rows["pod"]) - {""}), width=230)
        _choice("stage", STAGE, [stage.value for stage in Stage], width=150)


def _choice(label: str, name: str, found: list[str], width: int) -> None:
    """Offer what was found, and what the link names even where it was not found."""
    chosen = recall(name)
    options = [ALL, *dict.fromkeys(found + ([chosen] if chosen else []))]
    key = f"unacked.{label}"
    st.session_state[key] = chosen
    cleared = {VHOST: ""} if name == QUEUE else {}
    st.selectbox(
        label,
        options,
        format_func=lambda option: visible_text(option) or f"every {label}",
        key=key,
        label_visibility="collapsed",
        on_change=lambda: remember(**{name: str(st.session_state[key]), **cleared}),
        width=width,
    )


def _all_queues(answer: UnackedAnswer, answering: Answering) -> None:
    figures.cards(shaping.total_cards(answer, answering))
    rows = shaping.ledger_table(answer)
    if rows.empty:
        return
    texts.heading("Queues", "gauge = explained + unexplained · list = explained + surplus · click a row")
    off = rows["agrees"].map(lambda said: "warn" if said.startswith("✖") else "plain")
    clicked = tables.table(
        rows,
        "unacked.queues",
        "Queues with their reckoning, worst first",
        columns={
            "queue": tables.words("queue"),
            "gauge": tables.figures("gauge", "What Prometheus counted", 90),
            "explained": tables.figures("explained", "Counted and listed", 100),
            "unexplained": tables.figures("unexplained", "Counted, and no line says who holds them", 110),
            "surplus": tables.figures("surplus", "Listed, and not counted", 90),
            "oldest": tables.figures("oldest", "How long the oldest delivery has been held", 120),
            "agrees": tables.words("agree", "Within the gauge’s own uncertainty", 90),
        },
        formats={
            "gauge": count_text,
            "explained": count_text,
            "unexplained": count_text,
            "surplus": count_text,
            "oldest": duration_text,
        },
        tones={"oldest": rows["oldest"].map(tone_of_age), "agrees": off, "unexplained": off, "surplus": off},
        most_rows=8,
        clickable=True,
    )
    if clicked is not None:
        ledger = answer.ledger.queues[clicked]
        remember(**{QUEUE: ledger.queue, VHOST: ledger.vhost})
        st.rerun(scope="fragment")


def _one_queue(answer: UnackedAnswer, ledger: QueueLedger, answering: Answering) -> None:
    own = answer.channels[answer.channels["queue"] == ledger.queue] if len(answer.channels) else answer.channels
    figures.cards(shaping.queue_cards(ledger, own, answering))
    for reason in shaping.reasons(ledger):
        texts.note(reason)


def _deliveries(rows: pd.DataFrame, queue: str, vhost: str, answering: Answering) -> None:
    pod, stage = recall(POD), recall(STAGE)
    shown = shaping.filtered(rows, vhost=vhost, queue=queue, pod=pod, stage=stage)
    of = f" of {count_text(len(rows))}" if len(shown) < len(rows) else ""
    texts.heading(
        "Deliveries", f"{count_text(len(shown))}{of} not settled, oldest first · click a row to follow its event"
    )
    if shown.empty:
        texts.note("None." if answering.logs else f"{LOGS_SILENT.capitalize()}.")
        return
    if len(shown) > STYLED_ROWS:
        texts.note(f"The oldest {count_text(STYLED_ROWS)} are shown.")
        shown = shown.head(STYLED_ROWS)
    clicked = tables.table(
        shown,
        "unacked.deliveries",
        "Outstanding deliveries, oldest first",
        columns={
            "age": tables.figures("held for", "Since it was delivered", 115),
            "stage": tables.words("stage", "received: in the client’s buffer; handling: a handler has it", 85),
            "event": tables.words("event", width=150),
            "correlation": tables.words("correlation ID", width=190),
            "attempt": tables.figures("attempt", "1 for the first delivery", 70),
            "holder": tables.words("holder", "pod · node", 200),
            "how": tables.words("how we know", "By a line of its own, or inferred by queue order", 130),
            "last_line": tables.words("last line for it", "The holder’s last log line for this event", 320),
            **({} if queue else {"queue": tables.words("queue", width=200)}),
        },
        formats={"age": duration_text, "attempt": count_text},
        tones={"age": shown["age"].map(tone_of_age)},
        most_rows=16,
        clickable=True,
    )
    if clicked is not None and shown["correlation_id"].iloc[clicked]:
        chosen = {"trace_id": str(shown["correlation_id"].iloc[clicked]), "trace_step": "", "trace_find": ""}
        st.switch_page(PAGES["trace"], query_params=parameters(TIME_PARAMETERS, **chosen))


def _around(answer: UnackedAnswer, ledger: QueueLedger) -> None:
    """Show what the figures rest on: the gauge over time, how far back lines were read, the broker's channels."""
    gauge = answer.series[(answer.series["queue"] == ledger.queue) & (answer.series["vhost"] == ledger.vhost)]
    if len(gauge):
        texts.heading("Gauge over time", "unacknowledged messages, as Prometheus sampled them")
        shown = curves.panels({"queue_messages_unacked": gauge}, curves.owners_of(ledger.deliveries))
        charts.curve_panels(shown, key="unacked.gauge", alt="The queue's unacknowledged messages over time", pixels=120)
    if searched := answer.searched_from.get((ledger.vhost, ledger.queue)):
        texts.note(f"How far back the logs were read: {searched}.")
    rows = shaping.channel_table(answer.channels, ledger.queue)
    if rows.empty:
        texts.note("The broker’s channels are shown for the present only, where its management API is configured.")
        return
    texts.heading("Broker’s channels", f"{count(len(rows), 'consumer')} of this queue, now")
    tables.table(
        rows,
        "unacked.channels",
        "The broker's channels of this queue",
        columns={
            "pod": tables.words("pod"),
            "peer": tables.words("peer address"),
            "consumer": tables.words("consumer tag"),
            "prefetch": tables.figures("prefetch", "How many it may hold", 90),
            "unacked": tables.figures("unacked", "Of the whole channel", 90),
        },
        formats={"prefetch": count_text, "unacked": count_text},
    )
