"""The vocabulary maps and the page about them."""

import tomllib
from pathlib import Path

from eventrail.model.events import EVENT_COLUMNS
from eventrail.sources.documents import field_map
from queries.vocabularies import PREFERENCE, SIGNALS, VOCABULARY_FOLDER, load_vocabulary, shipped

PAGE = (Path(__file__).parents[2] / "docs" / "vocabularies.md").read_text(encoding="utf-8")


def test_every_map_is_loaded_and_says_what_it_is_for() -> None:
    assert {path.stem for path in VOCABULARY_FOLDER.glob("*.toml")} == set(PREFERENCE)
    for vocabulary in shipped():
        assert vocabulary.description
        assert set(vocabulary.columns) <= set(EVENT_COLUMNS)
        assert set(vocabulary.signals) <= set(SIGNALS)


def test_the_page_tells_every_map_and_every_signal() -> None:
    for name in PREFERENCE:
        assert f"| [{name}](../queries/vocabulary/{name}.toml) |" in PAGE
    for signal in SIGNALS:
        assert f"`{signal}`" in PAGE


def test_the_pages_example_is_a_map_that_works(tmp_path: Path) -> None:
    example = PAGE.split("```toml\n")[1].split("```")[0]
    house = tmp_path / "house.toml"
    house.write_text(example, encoding="utf-8")

    assert load_vocabulary(house).description == tomllib.loads(example)["description"]
    assert field_map(house).of("correlation_id")[0].field == "vorgang.id"


def test_names_of_the_tables_of_opentelemetry_stand_under_every_prefix_but_the_records_own_do_not() -> None:
    opentelemetry = shipped()[PREFERENCE.index("opentelemetry")]
    message_ids = [each.field for each in opentelemetry.columns["message_id"]]
    times = [each.field for each in opentelemetry.columns["time"]]

    assert {"messaging.message.id", "attributes.messaging.message.id", "Attributes.messaging.message.id"} <= set(
        message_ids
    )
    assert times == ["@timestamp", "Timestamp"]
