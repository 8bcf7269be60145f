"""Older recordings are converted step by step."""

from pathlib import Path

import pytest

from eventrail.recording.manifest import FORMAT_VERSION
from eventrail.recording.versions import CONVERTERS, Converter, RawRecording, up_to_date


def renamed(old: str, new: str, version: int) -> Converter:
    def convert(raw: RawRecording) -> RawRecording:
        manifest = {new if key == old else key: value for key, value in raw.manifest.items()}
        return RawRecording(manifest | {"format_version": version}, raw.tables)

    return convert


def test_converters_are_chained_from_the_files_version_to_the_present_one() -> None:
    converters = {1: renamed("about", "description", 2), 2: renamed("description", "title", 3)}

    oldest = up_to_date(RawRecording({"format_version": 1, "about": "x"}, {}), converters, 3)
    older = up_to_date(RawRecording({"format_version": 2, "description": "y"}, {}), converters, 3)

    assert oldest.manifest == {"format_version": 3, "title": "x"}
    assert older.manifest == {"format_version": 3, "title": "y"}


def test_a_recording_of_the_present_version_is_left_alone() -> None:
    raw = RawRecording({"format_version": FORMAT_VERSION}, {})

    assert up_to_date(raw) is raw


def test_every_version_but_the_present_one_has_a_converter_and_a_kept_sample() -> None:
    assert sorted(CONVERTERS) == list(range(1, FORMAT_VERSION))
    samples = {path.name for path in (Path(__file__).parent / "data").glob("*.eventrail")}
    assert samples == {f"version-{version}.eventrail" for version in range(1, FORMAT_VERSION + 1)}


def test_a_version_without_converter_would_be_noticed() -> None:
    with pytest.raises(KeyError):
        up_to_date(RawRecording({"format_version": 1}, {}), {}, 2)
