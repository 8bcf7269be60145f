"""The instant shown: typed, linked, played."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.shaping.playback import Playback, floor_to, instant_text, read_instant
from eventrail.model.window import Window

NINE = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
EXTENT = Window(NINE, NINE + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-01-31T09:14:20Z", datetime(2026, 1, 31, 9, 14, 20, tzinfo=UTC)),
        ("2026-01-31 09:14:20", datetime(2026, 1, 31, 9, 14, 20, tzinfo=UTC)),
        ("2026-01-31T10:14:20+01:00", datetime(2026, 1, 31, 9, 14, 20, tzinfo=UTC)),
        ("09:14:20 UTC", datetime(2026, 1, 31, 9, 14, 20, tzinfo=UTC)),
        (" 09:14 ", datetime(2026, 1, 31, 9, 14, tzinfo=UTC)),
        ("23:50", datetime(2026, 1, 30, 23, 50, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("25:00", None),
    ],
)
def test_people_and_links_say_times_in_many_ways(typed: str, meant: datetime | None) -> None:
    assert read_instant(typed, reference=NINE) == meant


def test_what_is_written_into_a_link_is_read_from_it_again() -> None:
    instant = NINE + timedelta(milliseconds=1250)

    assert instant_text(instant) == "2026-01-31T09:00:01.250Z"
    assert read_instant(instant_text(instant), reference=EXTENT.end) == instant


def test_a_recording_played_twenty_times_as_fast_stops_at_its_end() -> None:
    playing = Playback(NINE, since=EXTENT.end, speed=20)

    assert playing.at(EXTENT.end + timedelta(seconds=3), EXTENT) == NINE + timedelta(minutes=1)
    assert not playing.ended(EXTENT.end + timedelta(seconds=3), EXTENT)
    assert playing.at(EXTENT.end + timedelta(hours=3), EXTENT) == EXTENT.end
    assert playing.ended(EXTENT.end + timedelta(hours=3), EXTENT)


def test_readers_within_the_same_seconds_ask_the_same() -> None:
    assert floor_to(NINE + timedelta(seconds=7.9), 5) == floor_to(NINE + timedelta(seconds=5.1), 5)
