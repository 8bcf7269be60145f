"""A row of figures."""

from collections.abc import Sequence

from dashboard.components.colours import LINE, SOFT, css
from dashboard.components.markup import Markup, element, joined, show
from dashboard.shaping.overview import Card


def cards(shown: Sequence[Card]) -> None:
    """Show figures beside each other, wrapping where there is no room."""
    row = "display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:.75rem;"
    show(element("div", joined([_card(card) for card in shown]), style=row))


def _card(card: Card) -> Markup:
    label = element("div", card.label, style=f"color:{SOFT};font-size:.86rem;")
    colour = "" if card.tone == "plain" else f"color:{css(card.tone)};"
    figure = element(
        "div", card.figure, style=f"font-size:1.65rem;font-weight:650;line-height:1.25;white-space:nowrap;{colour}"
    )
    remark = element("div", card.remark, style=f"color:{SOFT};font-size:.86rem;line-height:1.3;")
    box = f"border:1px solid {LINE};border-radius:8px;padding:.55rem .9rem;font-variant-numeric:tabular-nums;"
    return element("div", label, figure, remark, style=box)
