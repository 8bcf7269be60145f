"""Figures and foreign text in words."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from dashboard.shaping.words import (
    clock_text,
    count_text,
    duration_text,
    moment_text,
    rate_figure,
    share_text,
    visible_text,
    visible_texts,
)


def test_what_is_missing_is_a_dash() -> None:
    said = (duration_text(None), count_text(float("nan")), rate_figure(None), share_text(None), moment_text(pd.NaT))

    assert said == ("–",) * 5


def test_figures_carry_their_units() -> None:
    assert (duration_text(842.0), count_text(1204), share_text(0.0042), share_text(0.31)) == (
        "14 min 02 s",
        "1,204",
        "0.4 %",
        "31 %",
    )


def test_little_is_not_called_none() -> None:
    assert [rate_figure(rate) for rate in (4.23, 0.03, 0.0)] == ["4.2", "0.03", "0.0"]


def test_an_instant_names_its_day_unless_it_is_the_readers() -> None:
    instant = datetime(2026, 1, 31, 9, 14, 20, tzinfo=UTC)

    assert moment_text(instant) == "2026-01-31 09:14:20 UTC"
    assert moment_text(instant, day=instant) == "09:14:20 UTC"


def test_a_column_of_instants_is_said_in_milliseconds() -> None:
    instants = pd.Series(pd.to_datetime(["2026-01-31T09:00:18.204999Z", None], format="ISO8601", utc=True))

    assert list(clock_text(instants)) == ["09:00:18.204", "–"]


@pytest.mark.parametrize(
    ("hostile", "seen"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\u202eb", "a⟨202E⟩b"),
        ("null\x00 delete\x7f", "null␀ delete␡"),
        ("c1 \x9b31m", "c1 ⟨9B⟩31m"),
        ("two\r\nlines\tand tabs", "two\nlines\tand tabs"),
        ("<b>plain</b> **text** ørsted 支付", "<b>plain</b> **text** ørsted 支付"),
    ],
)
def test_control_characters_and_direction_marks_are_seen_and_do_nothing(hostile: str, seen: str) -> None:
    assert visible_text(hostile) == seen


def test_a_column_of_foreign_texts_is_made_visible_and_missing_ones_stay_missing() -> None:
    shown = visible_texts(pd.Series(["a\x1b", None, "a\x1b", "b"], index=[3, 1, 2, 0], dtype="str"))
    assert shown.index.tolist() == [3, 1, 2, 0]
    assert shown.fillna("none").tolist() == ["a␛", "none", "a␛", "b"]
