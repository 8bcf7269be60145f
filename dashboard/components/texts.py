"""Sentences, lines and problems, as the pages show them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import streamlit as st

from dashboard.components.colours import LINE, SOFT, css, tint
from dashboard.components.markup import Markup, element, joined, show
from dashboard.shaping.headline import Part
from dashboard.shaping.tones import SIGNS, Tone, tone_of_level
from dashboard.shaping.words import visible_text
from eventrail.model.problem import Problem, Severity
from eventrail.model.sentence import Sentence

SIGN: Final = "flex:none;width:1.4em;font-weight:700;"
_FIGURES: Final = "font-variant-numeric:tabular-nums;"
_TONE_OF_SEVERITY: Final[dict[Severity, Tone]] = {"error": "bad", "warning": "warn", "info": "unknown"}
_FOLDED_FROM: Final = 3  # so many are folded, so that they do not push the page away


def verdict(sentence: Sentence) -> None:
    """Show the page's first sentence, and why we say so."""
    tone = tone_of_level(sentence.level)
    sign = element("span", SIGNS[tone], style=f"color:{css(tone)};margin-right:.5em;", aria_hidden="true")
    head = element("div", sign, sentence.headline, style="font-size:1.2rem;font-weight:650;line-height:1.35;")
    why = " · ".join(sentence.evidence)
    foot = element("div", f"Why we say so: {why}", style=f"color:{SOFT};margin-top:.25rem;line-height:1.45;")
    style = (
        f"border-left:5px solid {css(tone)};background:{tint(tone)};border-radius:6px;"
        f"padding:.7rem 1rem;overflow-wrap:anywhere;{_FIGURES}"
    )
    show(element("div", head, foot if why else Markup(), style=style, role="status"))


def line(parts: Iterable[Part], place: Any = st) -> None:
    """Show parts of a line, dots between."""
    pieces = [
        element("span", part.words, style="" if part.tone == "plain" else f"color:{css(part.tone)};font-weight:600;")
        for part in parts
    ]
    show(element("div", joined(pieces, " · "), style=f"color:{SOFT};line-height:1.4;{_FIGURES}"), place)


def problems(found: Sequence[Problem]) -> None:
    """Show what is missing and what to do, in one compact place; errors always, many others folded."""
    errors = [problem for problem in found if problem.severity == "error"]
    others = sorted(
        (problem for problem in found if problem.severity != "error"), key=lambda problem: problem.severity != "warning"
    )
    folded = len(others) >= _FOLDED_FROM
    shown = errors if folded else [*errors, *others]
    if shown:
        show(joined([_problem(problem) for problem in shown]))
    if folded:
        more = "more " if errors else ""
        with st.expander(
            f"{len(others)} {more}things to know about these figures", icon=":material/info:", key="problems"
        ):
            show(joined([_problem(problem) for problem in others]))


def _problem(problem: Problem) -> Markup:
    tone = _TONE_OF_SEVERITY[problem.severity]
    sign = element("span", SIGNS[tone], style=f"color:{css(tone)};{SIGN}")
    remedy = element("span", f" → {problem.remedy}", style=f"color:{SOFT};") if problem.remedy else Markup()
    body = element("span", element("b", f"{problem.source}: "), problem.what, remedy)
    style = f"display:flex;padding:.35rem .2rem;border-top:1px solid {LINE};line-height:1.4;overflow-wrap:anywhere;"
    return element("div", sign, body, style=style + _FIGURES)


def note(words: str) -> None:
    """Show a soft remark."""
    show(element("div", words, style=f"color:{SOFT};line-height:1.45;{_FIGURES}"))


def nothing(headline: str, why: str) -> None:
    """Say that what was asked for is not there."""
    verdict(Sentence("unknown", headline, (why,)))


def heading(words: str, remark: str = "") -> None:
    """Show a section's name, and what it holds."""
    name = element("span", words, style="font-size:1.05rem;font-weight:650;")
    more = element("span", remark, style=f"color:{SOFT};margin-left:.7em;")
    show(element("div", name, more, role="heading", aria_level="2", style=f"margin-top:.4rem;{_FIGURES}"))


def refusal(error: Exception) -> None:
    """Say that nothing can be shown, why, and what to do."""
    verdict(Sentence("bad", "The dashboard cannot open its source.", ()))
    st.text(visible_text(str(error)))
    note("Repair what is named above and load this page again. “eventrail check” on the command line says the same.")
