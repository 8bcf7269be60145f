"""The body of the page Unacknowledged."""

from collections import Counter

import streamlit as st

from dashboard.components import (
    closing,
    counts,
    dead_letters,
    delivery_filters,
    figures,
    holders,
    loading,
    tables,
    texts,
    waiting,
)
from dashboard.components.delivery_filters import PARAMETERS, QUEUE, VHOST
from dashboard.components.delivery_list import delivery_list
from dashboard.components.frame import Frame
from dashboard.components.link import remember
from dashboard.components.queue_time_line import queue_time_line
from dashboard.components.unacked_loading import unacked
from dashboard.shaping import holders as shaping_holders
from dashboard.shaping import unacked as shaping
from dashboard.shaping.overview import Answering
from dashboard.shaping.tones import tone_of_age
from dashboard.shaping.words import count_text, duration_text, visible_text
from eventrail.investigate.answers import UnackedAnswer
from eventrail.model.ledger import QueueLedger
from eventrail.words import count

__all__ = ["PARAMETERS", "draw"]


def draw(frame: Frame) -> None:
    """Lay out the ledger: all queues, or the one that is chosen."""
    with loading.waiting(frame.body, "unacknowledged"):
        shapes = unacked(frame.asked)
    answer = shapes.answer
    frame.line(answer.moment)
    answering = loading.answering(loading.checks(frame.asked))
    wanted = delivery_filters.chosen_filter()
    ledger = shaping.chosen_ledger(answer, wanted.queue, wanted.vhost)
    if wanted.queue and ledger is None:
        texts.nothing(f"Nothing of {visible_text(wanted.queue)} is unacknowledged.", "")
    else:
        texts.verdict(answer.sentence)
    held = Counter[str]()
    for each in answer.ledger.queues:
        held[each.queue] += len(each.deliveries)
    delivery_filters.queue_filter(held, wanted)
    if ledger is not None:
        counts.draw(answer, ledger, answering)
    elif not wanted.queue:
        _all_queues(answer, answering)
    texts.problems(answer.problems)
    if ledger is not None:
        queue_time_line(ledger, frame.asked.window_seconds)
    _holders(answer, ledger)
    closing.draw(answer.holders)
    listed = len(shapes.deliveries) if ledger is None else len(ledger.deliveries)
    delivery_list(shapes, wanted, listed, answering, one_queue=bool(wanted.queue) or ledger is not None)
    if ledger is not None:
        _around(answer, ledger)
    waiting.draw(frame.asked, wanted.queue, wanted.vhost)
    dead_letters.draw()


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


def _holders(answer: UnackedAnswer, ledger: QueueLedger | None) -> None:
    """Show who holds deliveries of the queue, or of any queue."""
    queue, vhost = ("", "") if ledger is None else (ledger.queue, ledger.vhost)
    kept = shaping_holders.worth_a_card(answer.holders, queue, vhost)
    if kept.empty:
        return
    cards = shaping_holders.holder_cards(kept, answer.states, answer.moment.as_of)
    of = "" if len(kept) == len(cards) else f"the {len(cards)} oldest of {count(len(kept), 'channel')} · "
    texts.heading("Holders", f"{of}a channel each; then: as it took the oldest delivery")
    holders.holder_cards(cards)
    texts.note(shaping_holders.patience_text(answer.timeouts, queue, vhost))


def _around(answer: UnackedAnswer, ledger: QueueLedger) -> None:
    """Show what the figures rest on: how far back lines were read, the broker's channels."""
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
