"""Values as they are logged, good and bad: each becomes what its column takes, or is set aside and counted."""

from typing import Any

import pandas as pd
import pytest

from eventrail.model.events import EVENT_COLUMNS
from eventrail.sources.documents import join_converted
from tests.sources.converting import INSTANT, converted, only_row


@pytest.mark.parametrize(
    ("logged", "instant"),
    [
        ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123456789Z"),
        ("2026-01-31T13:00:00.5+01:00", "2026-01-31T12:00:00.5Z"),
        ("2026-01-31 12:00:00", "2026-01-31T12:00:00Z"),
        (1769860800123, "2026-01-31T12:00:00.123Z"),
        ("1769860800123", "2026-01-31T12:00:00.123Z"),
        (["2026-01-31T12:00:00Z"], "2026-01-31T12:00:00Z"),
    ],
)
def test_times_are_understood_as_people_write_them(logged: Any, instant: str) -> None:
    assert only_row({"@timestamp": logged})["time"] == pd.Timestamp(instant)


@pytest.mark.parametrize(
    "useless", [None, "", "yesterday", "9999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", {}, [], True, 1e300, "nan"]
)
def test_a_document_without_a_usable_time_is_set_aside_and_counted(useless: Any) -> None:
    result = converted({"@timestamp": useless, "message": "lost"}, {"@timestamp": INSTANT, "message": "kept"})

    assert result.events["message"].tolist() == ["kept"]
    assert result.set_aside == 1
    assert "1 of 2 documents have no usable time" in str(result.problems("the test")[0])


def test_without_any_time_field_all_is_set_aside() -> None:
    result = converted({"message": "x"}, {"message": "y"})

    assert (len(result.events), result.set_aside) == (0, 2)
    assert list(result.events.columns) == list(EVENT_COLUMNS)


@pytest.mark.parametrize("bad", ["many", 1.5, {"a": 1}, [1, 2], True, 2**70, float("inf")])
def test_a_bad_delivery_tag_is_missing_and_said_and_the_line_stays(bad: Any) -> None:
    good = {"@timestamp": INSTANT, "messaging.rabbitmq.message.delivery_tag": "42", "message": "kept"}
    odd = good | {"messaging.rabbitmq.message.delivery_tag": bad}

    result = converted(good, odd)

    assert result.events["delivery_tag"].tolist()[0] == 42
    assert pd.isna(result.events["delivery_tag"].iloc[1])
    assert result.events["message"].tolist() == ["kept", "kept"]
    assert "1 documents have a messaging.rabbitmq.message.delivery_tag that is no whole number" in str(
        result.problems("the test")[0]
    )


def test_what_did_not_fit_adds_up_over_pages() -> None:
    odd = {"@timestamp": INSTANT, "messaging.rabbitmq.message.delivery_tag": "many"}

    whole = join_converted([converted(odd, {"message": "no time"}), converted(odd, odd), converted()])

    assert (len(whole.events), whole.set_aside, whole.documents) == (3, 1, 4)
    assert [str(problem).split(" documents")[0] for problem in whole.problems("x")] == ["x: 1 of 4", "x: 3"]
    assert whole.fields["delivery_tag"] == ("messaging.rabbitmq.message.delivery_tag",)


def test_a_bad_value_is_shown_short_and_without_control_characters() -> None:
    hostile = "\x1b[31m" + "x" * 1000

    told = str(converted({"@timestamp": INSTANT, "event.sequence": hostile}).problems("the test")[0])

    assert "\x1b" not in told
    assert len(told) < 300


def test_identifiers_of_any_type_are_text_and_objects_are_none() -> None:
    events = converted(
        {"@timestamp": INSTANT, "correlation_id": 12345},
        {"@timestamp": INSTANT, "correlation_id": True},
        {"@timestamp": INSTANT, "correlation_id": ""},
        {"@timestamp": INSTANT, "correlation_id": {"id": 1}},
        {"@timestamp": INSTANT, "correlation_id": ["c-1"]},
        {"@timestamp": INSTANT, "correlation_id": "half a pair \ud800"},
    ).events

    assert events["correlation_id"].fillna("missing").tolist() == [
        "12345",
        "true",
        "missing",
        "missing",
        "c-1",
        "half a pair ?",
    ]


def test_a_message_that_is_no_text_is_shown_as_it_was_logged() -> None:
    assert only_row({"@timestamp": INSTANT, "message": ["a", {"b": "ü"}]})["message"] == '["a", {"b": "ü"}]'


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"event.duration": 1_500_000_000}, 1.5),
        ({"duration_ms": 1500}, 1.5),
        ({"duration_ms": 1500.5}, 1.5005),
        ({"duration_seconds": "1.5"}, 1.5),
    ],
)
def test_durations_are_seconds_whatever_unit_the_field_has(fields: dict[str, Any], seconds: float) -> None:
    assert only_row({"@timestamp": INSTANT, **fields})["duration_seconds"] == pytest.approx(seconds)


def test_things_that_are_no_documents_are_set_aside() -> None:
    result = converted(None, 5, "text", ["list"], {1: 2}, {"@timestamp": INSTANT})

    assert (len(result.events), result.set_aside) == (1, 5)


def test_every_line_of_no_documents_is_none() -> None:
    assert len(converted().events) == 0
