"""What the header x-death says of a message's last death, whatever stands in it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from eventrail_instrumentation.deaths import Death, last_death

# As pika gives AMQP's timestamps: in UTC, and without saying so.
UTC_TIME = datetime(2026, 1, 31, 9, 5, tzinfo=UTC).replace(tzinfo=None)


def test_the_newest_death_is_the_first_of_the_list() -> None:
    expired = {"queue": "q.retry", "reason": "expired", "count": 2, "time": UTC_TIME}
    rejected = {"queue": "q", "reason": "rejected", "count": 2, "time": UTC_TIME - timedelta(minutes=1)}

    told = last_death({"x-death": [expired, rejected]})

    assert told == Death("q.retry", "expired", 2, "2026-01-31T09:05:00Z")


def test_a_time_with_a_zone_is_told_in_utc() -> None:
    paris = datetime(2026, 1, 31, 10, 5, tzinfo=timezone(timedelta(hours=1)))

    told = last_death({"x-death": [{"queue": "q", "time": paris}]})

    assert told is not None
    assert told.time == "2026-01-31T09:05:00Z"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-death": None},
        {"x-death": []},
        {"x-death": "rejected"},
        {"x-death": [7]},
        {"x-death": [{"reason": "rejected"}]},
        {"x-death": [{"queue": 5}]},
    ],
)
def test_a_header_that_names_no_queue_tells_no_death(headers: dict[str, object]) -> None:
    assert last_death(headers) is None


def test_odd_parts_of_a_death_are_left_out() -> None:
    odd = {"queue": "q", "reason": 3, "count": "many", "time": "yesterday"}

    assert last_death({"x-death": [odd]}) == Death("q", None, 1, None)
