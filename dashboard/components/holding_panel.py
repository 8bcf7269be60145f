"""The panel of bars under a queue's curves: who holds which delivery since when."""

from typing import Any, Final

from dashboard.components.colours import cell
from dashboard.components.service_colours import service_colours
from dashboard.shaping.holding import Bar, Held, Holding

BAR_PIXELS: Final = 13
NAME_PIXELS: Final = 20  # above each holder's bars
THICK: Final = 9  # of a delivery that is handled
THIN: Final = 4  # of one in the client's buffer


def pixels(held: Holding) -> int:
    """Give the height that the bars need."""
    return sum(NAME_PIXELS + BAR_PIXELS * len(each.bars) for each in held.holders)


def traces(held: Holding, axes: tuple[str, str]) -> list[dict[str, Any]]:
    """Draw the bars on these axes, of which the second counts pixels from the top, downwards."""
    colours = service_colours()
    drawn: list[dict[str, Any]] = []
    top = 0
    for each in held.holders:
        top += NAME_PIXELS
        for number, bar in enumerate(each.bars):
            drawn.append(_trace(each, bar, held, top + BAR_PIXELS * number + BAR_PIXELS / 2, colours.of(each.service)))
        top += BAR_PIXELS * len(each.bars)
    return [{**trace, "xaxis": axes[0], "yaxis": axes[1]} for trace in drawn]


def _trace(each: Held, bar: Bar, held: Holding, height: float, colour: str) -> dict[str, Any]:
    """Draw one bar: an arrow's head at its end says that it goes on."""
    words, folded = _plain(bar.words), bar.deliveries > 1
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [bar.begin, held.end],
        "y": [height, height],
        "line": {"color": colour, "width": THICK if bar.handling else THIN, "dash": "dot" if folded else "solid"},
        "marker": {"color": colour, "size": [1, 10], "symbol": ["line-ns", "triangle-right"]},
        "cliponaxis": False,
        "name": "",
        "hovertemplate": f"{_plain(each.holder)}<br>{words}<br>since %{{x|%H:%M:%S}}<extra></extra>",
    }


def names(held: Holding, axes: tuple[str, str]) -> list[dict[str, Any]]:
    """Write each holder above its bars, with how many are folded into the last of them."""
    written: list[dict[str, Any]] = []
    top = 0.0
    for each in held.holders:
        folded = [_plain(bar.words) for bar in each.bars if bar.deliveries > 1]
        since = [f"{each.deliveries:,} held since {each.begin:%H:%M:%S}", *(f"dotted: {words}" for words in folded)]
        words = f"<b>{_plain(each.holder)}</b>   {' · '.join(since)}"
        written.append(_text(words, top + NAME_PIXELS / 2, axes))
        top += NAME_PIXELS + BAR_PIXELS * len(each.bars)
    return written


def _text(words: str, height: float, axes: tuple[str, str]) -> dict[str, Any]:
    return {
        "text": words,
        "x": 0.0,
        "y": height,
        "xref": f"{axes[0]} domain",
        "yref": axes[1],
        "xanchor": "left",
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": 12, "color": cell("plain")},
    }


def marks(held: Holding, panels: int, pixels_high: int) -> list[dict[str, Any]]:
    """Draw a line where the holder took what it still has: through each of the panels above, and through the bars.

    It leaves out what is written between them.
    """
    line = {"type": "line", "line": {"color": cell("bad"), "width": 1.5, "dash": "dash"}}
    at = {"x0": held.mark, "x1": held.mark}
    numbers = ["", *range(2, panels + 2)]
    through = [{"xref": f"x{number}", "yref": f"y{number} domain", "y0": 0, "y1": 1} for number in numbers[:panels]]
    below = {"xref": f"x{numbers[panels]}", "yref": f"y{numbers[panels]}", "y0": NAME_PIXELS, "y1": pixels_high}
    return [{**line, **at, **place} for place in (*through, below)]


def _plain(text: str) -> str:
    """Keep foreign text from being read as Plotly's markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")
