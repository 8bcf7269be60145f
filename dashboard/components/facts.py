"""Facts in two columns: what each is called, and what is known."""

from collections.abc import Iterable
from typing import Final

from dashboard.components.colours import SOFT, css
from dashboard.components.markup import Markup, element, joined
from dashboard.shaping.details import Fact

_GRID: Final = "display:grid;grid-template-columns:max-content 1fr;gap:.25rem .9rem;"


def fact_grid(facts: Iterable[Fact]) -> Markup:
    """Lay the facts out, one below the other."""
    return element("div", joined([_fact(fact) for fact in facts]), style=_GRID)


def _fact(fact: Fact) -> Markup:
    colour = "" if fact.tone == "plain" else f"color:{css(fact.tone)};font-weight:650;"
    name = element("span", fact.name, style=f"color:{SOFT};")
    return joined([name, element("span", fact.words, style=f"overflow-wrap:anywhere;{colour}")])
