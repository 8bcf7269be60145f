"""What every page has: title, time controls, the line about the moment, and a body that draws itself anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from dashboard.components import loading, texts
from dashboard.components.link import write_back
from dashboard.components.place import TIME_PARAMETERS, WINDOW_MINUTES, Asked, Place, find_place, window_minutes
from dashboard.components.time_bar import time_bar
from dashboard.shaping.headline import Part, moment_parts, source_parts
from dashboard.shaping.words import moment_text
from eventrail.investigate.answers import Moment
from eventrail.model.answers import SourceCheck

PAGES: Final = {
    "now": "views/now.py",
    "trace": "views/trace.py",
    "unacknowledged": "views/unacknowledged.py",
    "sources": "views/sources.py",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """Handed to a page's body. asked: for the loaders. place: see Place."""

    place: Place
    line_slot: Any
    body: Any

    @property
    def asked(self) -> Asked:
        """What to ask the use cases."""
        return self.place.asked

    def line(self, moment: Moment, checks: Sequence[SourceCheck] | None = None) -> None:
        """Write the line under the title; without `checks` they are loaded once the page's own answer is there."""
        parts = moment_parts(moment)
        self._write(parts)
        self._write((*parts, *self._sources(loading.checks(self.asked) if checks is None else checks)))

    def line_of_instant(self) -> None:
        """Write the line where an answer speaks about no moment of its own."""
        parts = (Part(f"as of {moment_text(self.place.instant)}"),)
        self._write((*parts, *self._sources(loading.checks(self.asked))))

    def _sources(self, checks: Sequence[SourceCheck]) -> tuple[Part, ...]:
        sources = loading.opened_sources()
        return source_parts(checks, sources.description if sources.extent is not None else "")

    def _write(self, parts: tuple[Part, ...]) -> None:
        complaint = (Part(self.place.complaint, "bad"),) if self.place.complaint else ()
        stretch = Part(f"curves: last {WINDOW_MINUTES[window_minutes()]}")
        texts.line((*complaint, *parts, stretch), self.line_slot)


def page(title: str, parameters: tuple[str, ...], body: Callable[[Frame], None]) -> None:
    """Draw a page and, where it is live or played, draw it anew every few seconds without losing the reader's place.

    parameters: the names of what the page keeps in its link, beside the time.
    """
    place = find_place(loading.opened_sources())
    rhythm = place.refresh_seconds
    st.fragment(_draw, run_every=rhythm)(title, parameters, body, rhythm)


def _draw(title: str, parameters: tuple[str, ...], body: Callable[[Frame], None], rhythm: float | None) -> None:
    sources = loading.opened_sources()
    place = find_place(sources)
    if place.refresh_seconds != rhythm:
        # Only a whole run can change how often a fragment runs.
        st.rerun(scope="app")
    write_back((*TIME_PARAMETERS, *parameters))
    time_bar(title, sources, place)
    line_slot = st.empty()
    below = st.container()
    with below:
        body(Frame(place, line_slot, below))
