"""Older format versions are converted step by step; a newer one is refused.

A recording is read into a manifest (the JSON object) and its tables (member name → table). `CONVERTERS[n]` makes
those of version n + 1 from those of version n. To change the format: raise FORMAT_VERSION, add the converter, keep a
sample of the old version under tests/recording/data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from eventrail.errors import RecordingError
from eventrail.recording.manifest import FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class RawRecording:
    """What is in the file, not yet looked into."""

    manifest: dict[str, Any]
    tables: dict[str, pa.Table]


Converter = Callable[[RawRecording], RawRecording]


def _with_service_versions(raw: RawRecording) -> RawRecording:
    """Version 2 has the column service_version; no line of version 1 states one."""
    return RawRecording(raw.manifest | {"format_version": 2}, raw.tables)


def _with_deaths(raw: RawRecording) -> RawRecording:
    """Version 3 has the columns of a message's last death; no line of version 2 states one."""
    return RawRecording(raw.manifest | {"format_version": 3}, raw.tables)


CONVERTERS: Final[Mapping[int, Converter]] = {1: _with_service_versions, 2: _with_deaths}


def version_of(manifest: dict[str, Any]) -> int:
    """Give the format version that a manifest says; RecordingError when it says none or one that is too new."""
    version = manifest.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise RecordingError("its manifest has no format_version, so it is not a recording")
    if version > FORMAT_VERSION:
        raise RecordingError(
            f"is of format version {version}, and this Eventrail reads up to {FORMAT_VERSION}; update Eventrail"
        )
    return version


def up_to_date(
    raw: RawRecording, converters: Mapping[int, Converter] = CONVERTERS, target: int = FORMAT_VERSION
) -> RawRecording:
    """Give the recording in the format of version `target`."""
    for version in range(raw.manifest["format_version"], target):
        raw = converters[version](raw)
    return raw
