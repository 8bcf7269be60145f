"""Writes a recording: all of it or nothing."""

import io
import os
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from eventrail.errors import RecordingError
from eventrail.recording.columns import events_to_table, metric_to_table
from eventrail.recording.contents import Recording
from eventrail.recording.manifest import (
    FORMAT_VERSION,
    EventsPart,
    Manifest,
    MetricPart,
    ProblemPart,
    WindowPart,
)

MANIFEST_NAME: Final = "manifest.json"
EVENTS_NAME: Final = "events.parquet"

# Members have one fixed date, so that the same contents give the same bytes.
_MEMBER_DATE: Final = (2020, 1, 1, 0, 0, 0)
# 19 is zstd's strongest level that needs no more memory to read; writing half a million lines takes 4 s.
_ZSTD_LEVEL: Final = 19


def metric_member(name: str) -> str:
    """Give the name of the file in the archive that holds a query's answer."""
    return f"metrics/{name}.parquet"


def write_recording(recording: Recording, path: Path) -> int:
    """Write the recording to `path`, replacing what is there, and give its size in bytes.

    The file appears whole or not at all: it is written beside its place first. Raises RecordingError when it cannot
    be written.
    """
    content = _archive(recording)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        partial.unlink(missing_ok=True)
    return len(content)


def _archive(recording: Recording) -> bytes:
    members = {MANIFEST_NAME: _manifest(recording).model_dump_json(indent=2).encode()}
    members[EVENTS_NAME] = parquet_bytes(events_to_table(recording.events))
    for name, metric in recording.metrics.items():
        members[metric_member(name)] = parquet_bytes(metric_to_table(metric.frame))
    buffer = io.BytesIO()
    # Parquet is compressed already; members that are stored plainly cannot grow when they are read.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _MEMBER_DATE), content)
    return buffer.getvalue()


def _manifest(recording: Recording) -> Manifest:
    rows = len(recording.events)
    return Manifest(
        format_version=FORMAT_VERSION,
        created_at=recording.created_at,
        created_by=f"eventrail {version('eventrail')}",
        description=recording.description,
        window=WindowPart(start=recording.window.start, end=recording.window.end),
        opening=recording.opening,
        sources=recording.sources,
        events=EventsPart(
            rows=rows,
            documents_read=rows + recording.duplicates + recording.set_aside,
            duplicates=recording.duplicates,
            set_aside=recording.set_aside,
        ),
        metrics=tuple(
            MetricPart(
                name=name,
                rows=len(metric.frame),
                generation=metric.generation,
                problems=tuple(ProblemPart.of(problem) for problem in metric.problems),
            )
            for name, metric in recording.metrics.items()
        ),
        problems=tuple(ProblemPart.of(problem) for problem in recording.problems),
    )


def parquet_bytes(table: pa.Table) -> bytes:
    """Give the table as one Parquet file of one row group, packed for size.

    Text is kept once in a dictionary and referred to; times are kept as differences; numbers byte by byte, so that
    the bytes that change little lie together.
    """
    text = [field.name for field in table.schema if field.type == pa.string()]
    encodings = {field.name: _encoding(field) for field in table.schema if field.type in _PLAIN_ENCODINGS}
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
        row_group_size=max(1, table.num_rows),
        use_dictionary=text,
        column_encoding=encodings,
        # A dictionary that outgrows its page would be given up for plain text, at several times the size.
        dictionary_pagesize_limit=1 << 30,
        data_page_size=1 << 24,
        write_page_checksum=True,
        store_schema=False,
    )
    return sink.getvalue()


_PLAIN_ENCODINGS: Final = {pa.timestamp("ns", tz="UTC"), pa.int64(), pa.float64()}
# Counters and clocks of a process; the difference to the line before is small.
_RISING: Final = {"time", "sequence", "delivery_tag"}


def _encoding(field: pa.Field) -> str:
    return "DELTA_BINARY_PACKED" if field.name in _RISING else "BYTE_STREAM_SPLIT"
