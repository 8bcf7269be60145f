"""The controls of time: the instant shown, playing a recording, and how long a stretch the curves show."""

from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import pandas as pd
import streamlit as st

from dashboard.components.link import remember
from dashboard.components.place import (
    LAST,
    WINDOW_MINUTES,
    Place,
    go_live,
    go_to,
    play,
    window_minutes,
)
from dashboard.shaping.playback import SPEEDS, read_instant
from eventrail.model.window import Window
from eventrail.sources.ports import Sources

Shown = TypeVar("Shown", str, datetime)

_TYPED: Final = "time_bar.typed"
_SLIDER: Final = "time_bar.slider"
_SPEED: Final = "time_bar.speed"
_WINDOW: Final = "time_bar.window"
_SHOWN: Final = "time_bar.shown"
_USUAL_SPEED: Final = 5
_SHOWN_KEPT: Final = 60


def time_bar(title: str, sources: Sources, place: Place) -> None:
    """Draw the page's title, and beside it the controls."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        if sources.extent is None:
            st.space("stretch")
        else:
            _player(sources.extent, place)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content", wrap=False):
            _instant_input(sources, place)
            _window_input()
            _back_button(sources, place)


def _instant_input(sources: Sources, place: Place) -> None:
    """Take a time that a person types."""
    short = sources.extent is not None and sources.extent.start.date() == sources.extent.end.date()
    shown = f"{place.instant:%H:%M:%S}" if short else f"{place.instant:%Y-%m-%d %H:%M:%S}"
    st.session_state[_TYPED] = _noted("" if place.live else shown, place)
    reference = sources.opening or place.instant
    st.text_input(
        "as of (UTC)",
        key=_TYPED,
        placeholder="live · or a time, UTC",
        label_visibility="collapsed",
        icon=":material/schedule:",
        on_change=_take_typed,
        args=(reference,),
        width=125 if short else 205,
    )


def _take_typed(reference: datetime) -> None:
    text = str(st.session_state[_TYPED]).strip()
    if _is_echo(text):
        return
    instant = read_instant(text, reference) if text else None
    if instant is not None:
        go_to(instant)
    elif text:
        remember(at=text)
    else:
        go_live()


def _window_input() -> None:
    """Take the length of the curves."""
    st.session_state[_WINDOW] = window_minutes()
    st.selectbox(
        "curves show the last",
        list(WINDOW_MINUTES),
        format_func=lambda minutes: f"last {WINDOW_MINUTES[minutes]}",
        label_visibility="collapsed",
        key=_WINDOW,
        on_change=lambda: remember(**{LAST: str(st.session_state[_WINDOW])}),
        width=130,
    )


def _back_button(sources: Sources, place: Place) -> None:
    """Lead back to the present, or to a recording's mark."""
    if sources.opening is not None:
        st.button(
            "Mark",
            key="time_bar.mark",
            icon=":material/flag:",
            help=f"Show {sources.opening.astimezone(UTC):%H:%M:%S} UTC, the moment this recording is marked at",
            on_click=go_live,
            disabled=not place.playing and place.instant == sources.opening,
        )
    elif not place.live:
        st.button("Live", key="time_bar.live", icon=":material/play_circle:", on_click=go_live)


def _player(extent: Window, place: Place) -> None:
    """Play, pause and move through a recording."""
    speed = st.session_state.get(_SPEED, _USUAL_SPEED)
    if place.playing:
        st.button("Pause", key="time_bar.pause", icon=":material/pause:", on_click=go_to, args=(place.instant,))
    else:
        start = extent.start if place.instant >= extent.end else place.instant
        st.button("Play", key="time_bar.play", icon=":material/play_arrow:", on_click=play, args=(start, speed))
    st.selectbox(
        "speed",
        SPEEDS,
        index=SPEEDS.index(_USUAL_SPEED),
        format_func=lambda times: f"{times} ×",
        key=_SPEED,
        label_visibility="collapsed",
        on_change=_change_speed,
        args=(place,),
        width=85,
    )
    _slider(extent, place)
    st.space(6)  # the slider's own words reach over its end


def _change_speed(place: Place) -> None:
    if place.playing:
        play(place.instant, st.session_state[_SPEED])


def _slider(extent: Window, place: Place) -> None:
    """Move through the recording by hand."""
    first = pd.Timestamp(extent.start).floor("s").to_pydatetime()
    last = pd.Timestamp(extent.end).ceil("s").to_pydatetime()
    st.session_state[_SLIDER] = _noted(min(max(place.instant.replace(microsecond=0), first), last), place)
    st.slider(
        "instant",
        min_value=first,
        max_value=last,
        step=timedelta(seconds=1),
        format="HH:mm:ss",
        key=_SLIDER,
        label_visibility="collapsed",
        on_change=_take_slider,
    )


def _take_slider() -> None:
    if not _is_echo(st.session_state[_SLIDER]):
        go_to(st.session_state[_SLIDER].astimezone(UTC))


def _noted(value: Shown, place: Place) -> Shown:
    """Note a value that is shown while a recording is played."""
    shown: list[object] = st.session_state.setdefault(_SHOWN, [])
    if place.playing:
        shown.append(value)
        del shown[:-_SHOWN_KEPT]
    else:
        shown.clear()
    return value


def _is_echo(value: object) -> bool:
    """Tell whether a control gives back what it was set to a moment ago, and nobody has touched it.

    A browser that is slower than the player sends the values of the last but one drawing, which look like changes.
    """
    return value in st.session_state.get(_SHOWN, [])
