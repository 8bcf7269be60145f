"""Reads a recording, or refuses it with one clear line. Whatever the bytes are, nothing else is raised."""

import json
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from eventrail.errors import RecordingError
from eventrail.recording.columns import events_from_table, metric_from_table
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.recording.manifest import Manifest
from eventrail.recording.versions import RawRecording, up_to_date, version_of
from eventrail.recording.writing import EVENTS_NAME, MANIFEST_NAME, metric_member

# Limits keep a made-up file from taking the machine. The largest real recording (an hour of a busy bank) is a tenth.
FILE_BYTES_MAX: Final = 512 * 1024**2
MANIFEST_BYTES_MAX: Final = 4 * 1024**2
MEMBERS_MAX: Final = 1_000
ROWS_MAX: Final = 5_000_000
COLUMNS_MAX: Final = 200
UNPACKED_BYTES_MAX: Final = 2 * 1024**3

_ZIP_FIRST_BYTES: Final = b"PK\x03\x04"

# What the zip and Parquet readers raise on bytes that are not what they expect.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    pa.ArrowException,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)


def read_recording(path: Path) -> Recording:
    """Read a recording whole.

    Raises RecordingError, one line beginning with the path, when the file cannot be read, is not a recording, is
    truncated or damaged, is of a newer version, or is beyond the limits above.
    """
    try:
        return _contents(up_to_date(_read_archive(path)))
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from None


def _read_archive(path: Path) -> RawRecording:
    _require_archive(path)
    with _damage_told("is truncated or damaged"), zipfile.ZipFile(path) as archive:
        sizes = _sizes(archive)
        manifest = _read_manifest(archive, sizes)
        version_of(manifest)
        tables = {name: _read_table(archive, name) for name in sizes if name.endswith(".parquet")}
    return RawRecording(manifest, tables)


def _require_archive(path: Path) -> None:
    try:
        if not path.is_file():
            raise RecordingError("is not there" if not path.exists() else "is not a file")
        if path.stat().st_size > FILE_BYTES_MAX:
            raise RecordingError(f"is larger than {FILE_BYTES_MAX // 1024**2} MiB, the limit for a recording")
        with path.open("rb") as file:
            first = file.read(len(_ZIP_FIRST_BYTES))
    except OSError as error:
        raise RecordingError(f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise RecordingError("is no possible file name") from None
    if first != _ZIP_FIRST_BYTES:
        raise RecordingError("is not a recording; `eventrail record` makes one")


def _sizes(archive: zipfile.ZipFile) -> dict[str, int]:
    """Give member name → size, having made sure that reading them cannot take more than the file itself."""
    members = archive.infolist()
    if len(members) > MEMBERS_MAX:
        raise RecordingError(f"holds {len(members)} files, more than the limit of {MEMBERS_MAX}")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise RecordingError(f"holds {member.filename!r} packed a second time, as no recording does")
    sizes = {member.filename: member.file_size for member in members}
    if len(sizes) != len(members):
        raise RecordingError("holds two files of the same name")
    return sizes


def _read_manifest(archive: zipfile.ZipFile, sizes: dict[str, int]) -> dict[str, Any]:
    if MANIFEST_NAME not in sizes:
        raise RecordingError(f"is a zip archive without {MANIFEST_NAME}, so not a recording")
    if sizes[MANIFEST_NAME] > MANIFEST_BYTES_MAX:
        raise RecordingError(f"has a {MANIFEST_NAME} beyond the limit of {MANIFEST_BYTES_MAX} bytes")
    try:
        manifest = json.loads(archive.read(MANIFEST_NAME))
    except (ValueError, RecursionError):
        raise RecordingError(f"has a {MANIFEST_NAME} that is not JSON") from None
    if not isinstance(manifest, dict):
        raise RecordingError(f"has a {MANIFEST_NAME} that is not a JSON object")
    return manifest


def _read_table(archive: zipfile.ZipFile, name: str) -> pa.Table:
    # Reading a member whole checks its CRC: damaged bytes are found before the Parquet reader sees them.
    with _damage_told(f"is damaged: {name} cannot be read"):
        content = pa.BufferReader(archive.read(name))
        metadata = pq.read_metadata(content)
        _require_bounds(metadata, name)
        schema = metadata.schema.to_arrow_schema()
        text = [field.name for field in schema if field.type == pa.string()]
        packed = pq.read_table(content, read_dictionary=text, page_checksum_verification=True)
        _require_text_bounds(packed, name)
        table = packed.cast(schema)
        # Checks that all text is UTF-8, which the Parquet reader takes on trust.
        table.validate(full=True)
        return table


def _require_bounds(metadata: pq.FileMetaData, name: str) -> None:
    if metadata.num_rows > ROWS_MAX:
        raise RecordingError(f"{name} has {metadata.num_rows} rows, more than the limit of {ROWS_MAX}")
    if metadata.num_columns > COLUMNS_MAX:
        raise RecordingError(f"{name} has {metadata.num_columns} columns, more than the limit of {COLUMNS_MAX}")
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    if unpacked > UNPACKED_BYTES_MAX:
        raise RecordingError(f"{name} unpacks to {unpacked} bytes, more than the limit of {UNPACKED_BYTES_MAX}")


def _require_text_bounds(packed: pa.Table, name: str) -> None:
    """Refuse text that is stored once and referred to so often that it would not fit when laid out."""
    laid_out = 0
    for column in packed.columns:
        for chunk in column.chunks:
            if pa.types.is_dictionary(chunk.type):
                lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
                laid_out += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if laid_out > UNPACKED_BYTES_MAX:
        raise RecordingError(f"{name} holds {laid_out} bytes of text, more than the limit of {UNPACKED_BYTES_MAX}")


def _contents(raw: RawRecording) -> Recording:
    try:
        manifest = Manifest.model_validate_json(json.dumps(raw.manifest))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise RecordingError(f"has a {MANIFEST_NAME} that is not right: {key}: {first['msg']}") from None
    return Recording(
        window=manifest.extent,
        created_at=manifest.created_at,
        events=events_from_table(_table(raw, EVENTS_NAME, manifest.events.rows)),
        metrics={
            metric.name: RecordedMetric(
                metric_from_table(_table(raw, metric_member(metric.name), metric.rows), metric.name),
                metric.generation,
                tuple(part.problem() for part in metric.problems),
            )
            for metric in manifest.metrics
        },
        opening=manifest.opening,
        description=manifest.description,
        sources=manifest.sources,
        problems=tuple(part.problem() for part in manifest.problems),
        duplicates=manifest.events.duplicates,
        set_aside=manifest.events.set_aside,
    )


def _table(raw: RawRecording, name: str, rows: int) -> pa.Table:
    table = raw.tables.get(name)
    if table is None:
        raise RecordingError(f"is incomplete: {name} is missing")
    if table.num_rows != rows:
        raise RecordingError(f"is damaged: {name} has {table.num_rows} rows where the manifest says {rows}")
    return table


@contextmanager
def _damage_told(what: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise RecordingError(f"{what} ({type(error).__name__})") from None
