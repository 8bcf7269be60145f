"""The body of the page Sources."""

import streamlit as st

from dashboard.components import loading, tables, texts
from dashboard.components.colours import LINE, SOFT, css
from dashboard.components.frame import Frame
from dashboard.components.markup import Markup, element, joined, show
from dashboard.components.source_list import tone_of
from dashboard.shaping.freshness import freshness_table
from dashboard.shaping.tones import SIGNS
from dashboard.shaping.words import duration_text
from eventrail.model.answers import SourceCheck

PANEL_PIXELS = 380


def draw(frame: Frame) -> None:
    """Lay out the sources' health, and how far behind the logs are."""
    sources = loading.opened_sources()
    with loading.waiting(frame.body, "sources"):
        checks = loading.checks(frame.asked)
        pods = loading.freshness(frame.asked)
    frame.line(loading.moment(frame.asked), checks)
    if sources.extent is None:
        texts.note(f"Opened: {sources.description}")
    if not checks:
        texts.nothing("No source is configured.", "Name your servers in eventrail.toml, or open a recording.")
    with st.grid(3, min_column_width=PANEL_PIXELS):
        for check in checks:
            with st.container(border=True):
                _source(check)
    texts.heading("How far behind the logs are", "per pod, the one furthest behind first")
    texts.problems(pods.problems)
    rows = freshness_table(pods.frame, frame.asked.as_of or frame.asked.now)
    if rows.empty:
        texts.note("No pod has written a line in the last 15 minutes.")
        return
    tables.table(
        rows,
        "sources.freshness",
        "How far behind the logs of each pod are",
        columns={
            "pod": tables.words("pod"),
            "service": tables.words("service"),
            "node": tables.words("node"),
            "behind": tables.figures(
                "newest line", "How long before the instant shown its newest line was written", 130
            ),
            "documents": tables.figures("lines", "In the last 15 minutes", 100),
            "kind": tables.words(
                "heartbeat", "A pod with a heartbeat that falls silent is gone, or its shipper stopped"
            ),
        },
        formats={"behind": duration_text, "documents": "{:,.0f}".format},
        tones={"behind": rows["tone"]},
        most_rows=20,
    )


def _source(check: SourceCheck) -> None:
    """Show one source: does it answer, what was found in it, what to do."""
    tone = tone_of(check)
    sign = element("span", SIGNS[tone], style=f"color:{css(tone)};font-weight:700;margin-right:.5em;")
    state = check.version or "answers" if check.reachable else "does not answer"
    head = element("div", sign, element("b", check.source), f" · {state}", style="font-size:1.05rem;")
    address = element("div", check.address, style=f"color:{SOFT};overflow-wrap:anywhere;")
    facts = [
        joined([element("span", name, style=f"color:{SOFT};"), element("span", value, style="overflow-wrap:anywhere;")])
        for name, value in check.details
    ]
    rows = (
        f"display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;line-height:1.4;"
        f"border-top:1px solid {LINE};margin-top:.4rem;padding-top:.4rem;"
    )
    known = element("div", joined(facts), style=rows) if facts else Markup()
    show(element("div", head, address, known, style="font-variant-numeric:tabular-nums;"))
    texts.problems(check.problems)
