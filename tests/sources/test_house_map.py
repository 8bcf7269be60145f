"""Vocabulary maps: the shipped ones, and a house's own before them."""

from pathlib import Path

import pandas as pd
import pytest

from eventrail.errors import ConfigurationError
from eventrail.model.events import EVENT_COLUMNS
from eventrail.sources.documents import field_map
from tests.sources.converting import converted


def test_a_house_map_goes_before_the_shipped_ones(tmp_path: Path) -> None:
    house = tmp_path / "house.toml"
    house.write_text(
        '[columns]\ncorrelation_id = ["zahlung.vorgang"]\ntime = [{field = "zeit", unit = "seconds"}]\n',
        encoding="utf-8",
    )

    events = converted({"zeit": 1769860800.5, "zahlung": {"vorgang": "v-1"}, "message": "m"}, house=house).events

    assert events["correlation_id"].tolist() == ["v-1"]
    assert events["time"].iloc[0] == pd.Timestamp("2026-01-31T12:00:00.5Z")
    assert events["message"].tolist() == ["m"], "what the house map does not say, the shipped ones do"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[columns]\ncorrelationid = ["x"]\n', "no such column"),
        ('[columns]\nservice = "x"\n', "columns.service"),
        ('[signals]\nverb = ["x"]\n[columns]\n', "there is no"),
        ("[columns\n", "cannot be read as TOML"),
        ('[columns]\nservice = [{field = "x", unit = "hours"}]\n', "unit"),
    ],
)
def test_a_wrong_house_map_is_refused_by_what_is_wrong(tmp_path: Path, content: str, told: str) -> None:
    house = tmp_path / "house.toml"
    house.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=told):
        field_map(house)


def test_the_shipped_vocabularies_have_a_word_for_every_column_but_the_documents_own() -> None:
    decided = {"document_id", "operation", "outcome"}

    assert set(EVENT_COLUMNS) - decided <= set(field_map().candidates)
