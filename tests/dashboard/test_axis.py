"""The broken time axis: milliseconds stay readable beside minutes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from dashboard.shaping.axis import MOST_BREAKS, broken_axis, offset_text


def seconds(*instants: float) -> np.ndarray:
    return np.array(instants)


def test_a_quarter_of_an_hour_of_nothing_takes_a_twentieth_of_the_width() -> None:
    axis = broken_axis(seconds(0.0, 0.1, 0.3, 842.0))

    (pause,) = axis.breaks
    assert pause.label == "14 min 02 s"
    assert pause.end - pause.start == pytest.approx(0.045)
    assert axis.place(seconds(0.1, 0.3)) == pytest.approx(
        [0.1 / 0.3 * axis.place(seconds(0.3))[0]] * 1 + [axis.place(seconds(0.3))[0]]
    )
    assert axis.place(seconds(0.3))[0] > 0.8


def test_each_of_four_equal_pauses_between_retries_is_broken() -> None:
    axis = broken_axis(seconds(0, 0.2, 30.2, 30.4, 60.4, 60.6, 90.6, 90.8, 120.8, 121.0))

    assert [pause.label for pause in axis.breaks] == ["30 s"] * 4
    widths = np.diff(axis.place(seconds(0, 0.2, 30.2, 30.4, 60.4, 60.6)))[::2]
    assert widths == pytest.approx([widths[0]] * 3), "every burst has the same scale"


@pytest.mark.parametrize(
    "instants",
    [(0.0, 0.4, 0.9), (0.0, 1.0, 2.0, 3.0), (0.0, 842.0), (5.0,), ()],
    ids=["all within a second", "evenly spread", "one wait and nothing else", "one instant", "no instant"],
)
def test_nothing_is_broken_where_it_would_make_nothing_more_readable(instants: tuple[float, ...]) -> None:
    assert broken_axis(seconds(*instants)).breaks == ()


def test_ticks_are_round_and_say_minutes_where_there_are_minutes() -> None:
    assert [tick.label for tick in broken_axis(seconds(0.0, 0.35)).ticks] == [
        "0",
        *(f"{step * 50} ms" for step in range(1, 8)),
    ]
    assert [tick.label for tick in broken_axis(seconds(0.0, 600.0)).ticks][:3] == ["0", "2 min", "4 min"]


def test_a_stretch_after_a_break_too_short_for_a_round_time_tells_its_first_moment() -> None:
    axis = broken_axis(seconds(0.0, 0.35, 900.0))

    assert axis.ticks[-1].label == "15 min 0.0 s"
    assert axis.ticks[-1].at == pytest.approx(axis.place(seconds(900.0))[0])


@pytest.mark.parametrize(
    ("offset", "step", "said"),
    [
        (0.0, 0.1, "0"),
        (0.0005, 0.0001, "0.5 ms"),
        (0.2, 0.1, "200 ms"),
        (1.5, 0.5, "1.5 s"),
        (90.0, 30.0, "1 min 30 s"),
        (120.0, 60.0, "2 min"),
        (7260.0, 60.0, "2 h 01 min"),
    ],
)
def test_offsets_are_said_as_exactly_as_the_ticks_need(offset: float, step: float, said: str) -> None:
    assert offset_text(offset, step) == said


@given(some.lists(some.floats(0, 1e6), min_size=1, max_size=60))
def test_the_axis_never_turns_back_and_holds_all_there_is(instants: list[float]) -> None:
    axis = broken_axis(np.array(instants))
    places = axis.place(np.sort(np.array(instants)))

    assert (np.diff(places) >= 0).all()
    assert places.min() >= 0
    assert places.max() <= 1 + 1e-9
    assert len(axis.breaks) <= MOST_BREAKS
    assert len(axis.ticks) <= 40
