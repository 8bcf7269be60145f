"""The cards of those who hold outstanding deliveries."""

from collections.abc import Sequence

import streamlit as st

from dashboard.components import closing
from dashboard.components.colours import LINE, SOFT, css
from dashboard.components.facts import fact_grid
from dashboard.components.markup import Markup, element, joined, show
from dashboard.shaping.holders import HolderCard
from dashboard.shaping.tones import SIGNS

_ACTING_WIDTH = 440
_BOX = f"border:1px solid {LINE};border-radius:8px;padding:.7rem .9rem;font-variant-numeric:tabular-nums;"


def holder_cards(cards: Sequence[HolderCard]) -> None:
    """Show the cards beside each other, below each other where there is no room.

    Where connections can be closed, each card of a living channel has a button for that.
    """
    if closing.offered():
        with st.container(horizontal=True, gap="small"):
            for card in cards:
                with st.container(width=_ACTING_WIDTH):
                    show(_card(card))
                    # Two channels of a connection are closed together, so the first of them has the button.
                    if card.connection and card is next(one for one in cards if one.connection == card.connection):
                        closing.button(card.connection)
        return
    row = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(430px,100%),1fr));gap:.75rem;"
    show(element("div", joined([_card(card) for card in cards]), style=row))


def _card(card: HolderCard) -> Markup:
    colour = "" if card.tone == "plain" else f"color:{css(card.tone)};"
    sign = element("span", f"{SIGNS[card.tone]} ", style=colour, aria_hidden="true") if SIGNS[card.tone] else Markup()
    head = element("div", sign, card.title, style="font-weight:650;overflow-wrap:anywhere;")
    place = element("div", card.place, style=f"color:{SOFT};font-size:.86rem;margin-bottom:.35rem;")
    return element("div", head, place, fact_grid(card.facts), style=_BOX)
