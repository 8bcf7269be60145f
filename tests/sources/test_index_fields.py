"""How an index has its fields, from what it says of them."""

from typing import Any

import pytest

from eventrail.sources.elasticsearch.index_fields import IndexField, index_fields


def understood(**told: dict[str, Any]) -> IndexField:
    answer = {
        "indices": ["old", "new"],
        "fields": {"id" + name.removeprefix("id"): kinds for name, kinds in told.items()},
    }
    return index_fields(answer, ["id"]).fields["id"]


def test_a_keyword_is_compared_and_counted_by_itself() -> None:
    field = understood(id={"keyword": {}})

    assert (field.exact, field.countable, field.alone_in_words) == (("id",), True, False)


def test_a_text_with_a_keyword_beside_it_is_compared_and_counted_by_that() -> None:
    field = understood(id={"text": {}}, **{"id.keyword": {"keyword": {}}})

    assert (field.exact, field.countable, field.alone_in_words) == (("id.keyword",), True, False)


def test_a_bare_text_is_found_by_phrase_and_not_counted() -> None:
    field = understood(id={"text": {}})

    assert (field.exact, field.countable, field.alone_in_words) == ((), False, True)


def test_a_keyword_beside_the_text_in_only_one_of_two_indices_does_not_speak_for_both() -> None:
    field = understood(
        id={"text": {}}, **{"id.keyword": {"keyword": {"indices": ["new"]}, "unmapped": {"indices": ["old"]}}}
    )

    assert (field.exact, field.countable, field.alone_in_words) == (("id.keyword",), False, True)


def test_a_field_that_one_index_lacks_altogether_is_still_counted() -> None:
    field = understood(
        id={"text": {"indices": ["new"]}, "unmapped": {"indices": ["old"]}},
        **{"id.keyword": {"keyword": {"indices": ["new"]}, "unmapped": {"indices": ["old"]}}},
    )

    assert (field.countable, field.alone_in_words) == (True, False)


def test_a_keyword_in_one_index_and_a_text_in_another_is_not_counted() -> None:
    field = understood(
        id={"keyword": {"indices": ["old"]}, "text": {"indices": ["new"]}},
        **{"id.keyword": {"keyword": {"indices": ["new"]}, "unmapped": {"indices": ["old"]}}},
    )

    assert field.exact == ("id", "id.keyword")
    assert not field.countable


@pytest.mark.parametrize("kind", ["object", "unmapped", "nested", "geo_point"])
def test_what_cannot_be_asked_for_is_no_field(kind: str) -> None:
    assert index_fields({"indices": ["a"], "fields": {"id": {kind: {}}}}, ["id"]).fields == {}
