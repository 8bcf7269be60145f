"""docs/recording-format.md tells every key of the manifest and both columns that are stored in another form."""

import re
from pathlib import Path

from eventrail.model.events import EVENT_COLUMNS
from eventrail.recording.columns import EVENTS_SCHEMA
from eventrail.recording.manifest import FORMAT_VERSION, Manifest

PAGE = (Path(__file__).parents[2] / "docs/recording-format.md").read_text(encoding="utf-8")


def told_in(heading: str) -> list[str]:
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found
    return re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| ([^|]*) \|", found[1], flags=re.MULTILINE)))


def test_every_key_of_the_manifest_is_told_in_its_order() -> None:
    assert told_in("manifest.json") == list(Manifest.model_fields)
    assert f"version {FORMAT_VERSION}" in PAGE.splitlines()[0]


def test_the_columns_that_differ_from_the_canonical_table_are_told() -> None:
    assert set(told_in("events.parquet")) == set(EVENTS_SCHEMA) - set(EVENT_COLUMNS)
