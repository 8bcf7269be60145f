"""Answers of Elasticsearch are taken apart by columns or value by value, and the lines are the same either way."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventrail.sources.documents import convert_fields, field_map, joined, wanted_paths
from eventrail.sources.elasticsearch.decoding import Decoder, Page

FIELDS = field_map()
TIME = "2026-01-31T12:00:00.123456789Z"
USUAL: dict[str, Any] = {
    "@timestamp": TIME,
    "message": "handling payments",
    "service.name": "payments",
    "event.sequence": 7,
    "event.duration": 1500000,
    "messaging.rabbitmq.message.redelivered": False,
    "kubernetes": {"pod_name": "payments-0", "labels": {"app": "payments"}},
}


def answer(*documents: Any, **more: Any) -> bytes:
    hits = [
        {"_index": "application-1", "_id": f"id-{number}", "_score": None, "_source": each, "sort": [number]}
        for number, each in enumerate(documents)
    ]
    whole = {
        "took": 1,
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {"max_score": None, "hits": hits},
    }
    # As Elasticsearch does it: half a character stays the escape that it was logged as.
    return json.dumps(whole | more, separators=(",", ":")).encode()


def decoder() -> Decoder:
    return Decoder(wanted_paths(FIELDS), FIELDS.paths(["duration_seconds"]))


def lines(page: Page) -> pd.DataFrame:
    return joined([convert_fields(page.fields, page.documents, FIELDS, document_ids=page.document_ids)]).events


def lines_of(documents: Sequence[Any]) -> pd.DataFrame:
    """The lines as one gets them when nothing is known of the documents."""
    fresh = decoder()
    page = fresh.page(answer(*documents))
    assert (fresh.by_columns, fresh.by_value) == (0, 1)
    return lines(page)


@pytest.fixture
def knowing() -> Decoder:
    """A decoder that has seen usual documents."""
    made = decoder()
    made.page(answer(USUAL))
    return made


def test_documents_like_those_seen_are_taken_apart_by_columns(knowing: Decoder) -> None:
    documents = [USUAL | {"message": "grüße 😀"}, {"@timestamp": TIME}, {"kubernetes": {"host": None}} | USUAL]

    page = knowing.page(answer(*documents))

    assert (knowing.by_columns, knowing.by_value) == (1, 1)
    assert page.last_sort == [2]
    pd.testing.assert_frame_equal(lines(page), lines_of(documents))


@pytest.mark.parametrize(
    "odd",
    [
        {"message": "half a character: \ud800 and its other half \udc00"},
        {"message": ["in a list"]},
        {"message": {"as": "an object"}},
        {"message": 5},
        {"event.sequence": "8"},
        {"event.sequence": 8.5},
        {"event.sequence": 2**64},
        {"service.name": True},
        {"@timestamp": 1769860800123},
        {"kubernetes": "no object"},
        {"kubernetes.pod_name": "payments-1", "kubernetes": {}},
        {"messaging.rabbitmq": {"message.redelivered": True}},
        {"log": {"level": "WARN"}},
        {"log.level": "a field not seen before"},
    ],
    ids=str,
)
def test_what_was_not_seen_before_is_looked_at_value_by_value_and_nothing_is_lost(
    knowing: Decoder, odd: dict[str, Any]
) -> None:
    documents = [USUAL, USUAL | odd, USUAL]

    page = knowing.page(answer(*documents))

    assert (knowing.by_columns, knowing.by_value) == (0, 2)
    pd.testing.assert_frame_equal(lines(page), lines_of(documents))


def test_a_field_is_new_only_once(knowing: Decoder) -> None:
    documents = [USUAL | {"log": {"level": "WARN"}}]
    knowing.page(answer(*documents))

    page = knowing.page(answer(*documents))

    assert (knowing.by_columns, knowing.by_value) == (1, 2)
    assert lines(page)["level"].tolist() == ["warning"]


def test_durations_may_have_fractions_or_none(knowing: Decoder) -> None:
    documents = [USUAL | {"event.duration": 1500000.5}, USUAL]

    page = knowing.page(answer(*documents))

    assert knowing.by_columns == 1
    pd.testing.assert_frame_equal(lines(page), lines_of(documents))


def test_fields_that_nobody_wants_may_be_anything(knowing: Decoder) -> None:
    documents = [USUAL | {"stream": "stdout", "tags": [{"a": 1}], "docker": {"id": {"deep": [1, 2]}}, "": 1}, USUAL]

    page = knowing.page(answer(*documents))

    assert knowing.by_columns == 1
    pd.testing.assert_frame_equal(lines(page), lines_of(documents))


def test_documents_of_very_many_fields_are_not_made_into_as_many_columns(knowing: Decoder) -> None:
    documents = [USUAL | {f"id-{number}": number for number in range(1_000)}]

    first, second = knowing.page(answer(*documents)), knowing.page(answer(*documents))

    assert (knowing.by_columns, knowing.by_value) == (0, 3)
    pd.testing.assert_frame_equal(lines(first), lines(second))


def test_an_answer_that_lacks_something_comes_with_what_it_says_of_that(knowing: Decoder) -> None:
    failures = [{"shard": 0, "reason": {"type": "x", "reason": "no such field"}}]

    page = knowing.page(answer(USUAL, _shards={"total": 2, "failed": 1, "failures": failures}))
    late = knowing.page(answer(USUAL, timed_out=True))

    assert page.documents == late.documents == 1
    assert page.lacking is not None
    assert page.lacking["_shards"]["failures"] == failures
    assert late.lacking is not None


def test_an_answer_without_documents_is_one(knowing: Decoder) -> None:
    page = knowing.page(answer(hits={"total": {"value": 0, "relation": "eq"}, "max_score": None, "hits": []}))

    assert (page.documents, page.total, list(page.last_sort)) == (0, 0, [])
    assert len(lines(page)) == 0


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(st.characters()), st.just(["x"])
)
NAMES = ("@timestamp", "message", "service.name", "event.sequence", "event.duration", "status_code", "stream")
DOCUMENTS = st.fixed_dictionaries(
    {"@timestamp": st.just(TIME)},
    optional=dict.fromkeys(NAMES[1:], VALUES)
    | {"kubernetes": st.one_of(VALUES, st.dictionaries(st.sampled_from(("pod_name", "host", "labels")), VALUES))},
)


@given(st.lists(DOCUMENTS, max_size=4), st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_lines_do_not_depend_on_what_was_seen_before(before: list[Any], documents: list[Any]) -> None:
    one = decoder()
    one.page(answer(*before))

    first, second = one.page(answer(*documents)), one.page(answer(*documents))

    for page in (first, second):
        pd.testing.assert_frame_equal(lines(page), lines_of(documents))
