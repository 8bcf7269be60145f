"""The sources' health in a few lines."""

from collections.abc import Sequence

from dashboard.components.colours import LINE, SOFT, css
from dashboard.components.markup import Markup, element, joined, show
from dashboard.components.texts import SIGN, note
from dashboard.shaping.tones import SIGNS, Tone
from eventrail.model.answers import SourceCheck


def source_list(checks: Sequence[SourceCheck]) -> None:
    """Show each source: whether it answers, its version, its worst problem."""
    if not checks:
        note("No source is configured. Name your servers in eventrail.toml, or open a recording.")
        return
    show(element("div", joined([_row(check) for check in checks])))


def tone_of(check: SourceCheck) -> Tone:
    """Judge a source: it does not answer, it lacks something, or all is well."""
    if not check.reachable:
        return "bad"
    return "warn" if any(problem.severity != "info" for problem in check.problems) else "ok"


def _row(check: SourceCheck) -> Markup:
    tone = tone_of(check)
    sign = element("span", SIGNS[tone], style=f"color:{css(tone)};{SIGN}")
    state = f" {check.version or 'answers'}" if check.reachable else " does not answer"
    said = element("span", element("b", check.source), state)
    first = next(iter(check.problems), None)
    why = element("div", first.what, style=f"color:{SOFT};") if first is not None else Markup()
    body = element("div", said, why, style="min-width:0;overflow-wrap:anywhere;")
    return element(
        "div", sign, body, style=f"display:flex;padding:.35rem .2rem;border-top:1px solid {LINE};line-height:1.4;"
    )
