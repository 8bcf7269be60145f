"""What every page has: title, time controls, the line about the moment, and a body that draws itself anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from dashboard.components import loading, texts
from dashboard.components.link import arrive, write_back
from dashboard.components.place import TIME_PARAMETERS, WINDOW_MINUTES, Asked, Place, find_place, window_minutes
from dashboard.components.table_keys import table_keys
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


@dataclass(slots=True)
class _Line:
    """What the line under the title tells; see Frame.line."""

    moment: Moment | None = None
    checks: Sequence[SourceCheck] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Handed to a page's body. place: see Place. line_slot, body: where the line and the body are drawn."""

    place: Place
    line_slot: Any
    body: Any
    _said: _Line = field(default_factory=_Line)

    @property
    def asked(self) -> Asked:
        """What to ask the use cases."""
        return self.place.asked

    def line(self, moment: Moment | None, checks: Sequence[SourceCheck] | None = None) -> None:
        """Say what the line under the title shall tell: the answer's moment, and the checks where it has them.

        It is written when the body is drawn: what it needs beside the answer must not hold that back, and a line that
        is emptied and filled again would make the page jump.
        """
        self._said.moment, self._said.checks = moment, checks

    def write_line(self) -> None:
        """Write the line."""
        said = self._said
        instant = Part(f"as of {moment_text(self.place.instant)}")
        parts = (instant,) if said.moment is None else moment_parts(said.moment)
        sources = self._sources(loading.checks(self.asked) if said.checks is None else said.checks)
        complaint = (Part(self.place.complaint, "bad"),) if self.place.complaint else ()
        stretch = Part(f"curves: last {WINDOW_MINUTES[window_minutes()]}")
        texts.line((*complaint, *parts, *sources, stretch), self.line_slot)

    def _sources(self, checks: Sequence[SourceCheck]) -> tuple[Part, ...]:
        sources = loading.opened_sources()
        return source_parts(checks, sources.description if sources.extent is not None else "")


def page(title: str, parameters: tuple[str, ...], body: Callable[[Frame], None]) -> None:
    """Draw a page and, where it is live or played, draw it anew every few seconds without losing the reader's place.

    parameters: the names of what the page keeps in its link, beside the time.
    """
    arrive(title, parameters)
    place = find_place(loading.opened_sources())
    rhythm = place.refresh_seconds
    st.fragment(_draw, run_every=rhythm)(title, parameters, body, rhythm)
    table_keys()


def _draw(title: str, parameters: tuple[str, ...], body: Callable[[Frame], None], rhythm: float | None) -> None:
    sources = loading.opened_sources()
    place = find_place(sources)
    if place.refresh_seconds != rhythm:
        # Only a whole run can change how often a fragment runs.
        st.rerun(scope="app")
    write_back(title, (*TIME_PARAMETERS, *parameters))
    time_bar(title, sources, place)
    line_slot = st.container()
    below = st.container()
    frame = Frame(place, line_slot, below)
    with below:
        body(frame)
    frame.write_line()
