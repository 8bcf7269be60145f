"""Which instant and which stretch of time the pages speak about."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import streamlit as st

from dashboard.components.link import recall, remember
from dashboard.components.settings import settings
from dashboard.shaping.playback import LIVE, Playback, floor_to, instant_text, read_instant
from eventrail import clock
from eventrail.sources.ports import Sources

AT: Final = "at"
LAST: Final = "last"
TIME_PARAMETERS: Final = (AT, LAST)

PLAY_SECONDS: Final = 1.0
OFTEN_SECONDS: Final = 15.0  # where pages ask less often, waiting for an answer does not disturb
SETTLED_SECONDS: Final = 60.0  # a set instant's answer may still change as late lines arrive
WINDOW_MINUTES: Final = {"5": "5 min", "15": "15 min", "30": "30 min", "60": "1 h", "180": "3 h", "720": "12 h"}
_PLAYBACK: Final = "place.playback"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the use cases, see their parameters; `now` is rounded where it is part of what is kept."""

    now: datetime
    as_of: datetime | None
    window_seconds: float


@dataclass(frozen=True, slots=True)
class Place:
    """instant: the one asked for. refresh_seconds: how often the page draws itself anew; None: only when asked."""

    asked: Asked
    instant: datetime
    live: bool
    playing: bool
    refresh_seconds: float | None
    complaint: str = ""


def find_place(sources: Sources) -> Place:
    """Read the link, the player and the clock."""
    now = clock.now()
    window_seconds = float(window_minutes()) * 60
    text = recall(AT)
    playback: Playback | None = st.session_state.get(_PLAYBACK)
    if playback is not None and sources.extent is not None and text == instant_text(playback.instant):
        instant = playback.at(now, sources.extent)
        if playback.ended(now, sources.extent):
            go_to(instant)
        asked = Asked(_settled(sources, now, instant), instant, window_seconds)
        playing = not playback.ended(now, sources.extent)
        return Place(asked, instant, live=False, playing=playing, refresh_seconds=PLAY_SECONDS if playing else None)
    reference = sources.opening or now
    found = read_instant(text, reference) if text not in ("", LIVE) else None
    complaint = f"“{text}” is no time; shown instead is" if text not in ("", LIVE) and found is None else ""
    wanted = found or sources.opening
    if wanted is not None:
        asked = Asked(_settled(sources, now, wanted), wanted, window_seconds)
        return Place(asked, wanted, live=False, playing=False, refresh_seconds=None, complaint=complaint)
    asked = Asked(now, None, window_seconds)
    return Place(asked, now, live=True, playing=False, refresh_seconds=_live_rhythm(), complaint=complaint)


def _settled(sources: Sources, now: datetime, instant: datetime) -> datetime:
    """Give the `now` under which a set instant's answer is kept; what a file holds is the same at any time."""
    return floor_to(now, SETTLED_SECONDS) if sources.extent is None else instant


def _live_rhythm() -> float:
    """Give how often a live page is drawn: twice as often as it asks, since an answer is ready one drawing later."""
    asks = settings().dashboard.refresh_seconds
    return asks / 2 if asks <= OFTEN_SECONDS else asks


def window_minutes() -> str:
    """Give the length of the curves, as the link says it; an unknown length is the usual one."""
    usual = str(settings().dashboard.window_minutes)
    minutes = recall(LAST, usual)
    return minutes if minutes in WINDOW_MINUTES else usual


def go_to(instant: datetime) -> None:
    """Show an instant, standing still."""
    st.session_state[_PLAYBACK] = None
    remember(at=instant_text(instant))


def go_live() -> None:
    """Show the present, or a recording's mark."""
    st.session_state[_PLAYBACK] = None
    remember(at=LIVE)


def play(instant: datetime, speed: float) -> None:
    """Let a recording run from an instant on. The link keeps that instant until it is paused."""
    start = instant.replace(microsecond=0)
    remember(at=instant_text(start))
    st.session_state[_PLAYBACK] = Playback(start, clock.now(), speed)
