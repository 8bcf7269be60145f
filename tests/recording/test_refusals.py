"""A file that is not a recording, or not a whole one, is refused in one clear line, whatever its bytes."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventrail.errors import RecordingError
from eventrail.recording import reading
from eventrail.recording.columns import TIME
from eventrail.recording.reading import read_recording
from eventrail.recording.writing import write_recording
from tests.recording.story import recording

SAMPLE = Path(__file__).parent / "data/version-3.eventrail"


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(SAMPLE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(contents: dict[str, bytes], path: Path, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def with_manifest(change: Callable[[dict[str, Any]], None], path: Path) -> Path:
    contents = members()
    manifest = json.loads(contents["manifest.json"])
    change(manifest)
    return packed(contents | {"manifest.json": json.dumps(manifest).encode()}, path)


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def refusal_of(path: Path) -> str:
    before = sorted(path.parent.iterdir())
    with pytest.raises(RecordingError) as refusal:
        read_recording(path)
    assert str(refusal.value).startswith(f"{path}: ")
    assert "\n" not in str(refusal.value)
    assert sorted(path.parent.iterdir()) == before, "reading must write nothing"
    return str(refusal.value).removeprefix(f"{path}: ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "no.eventrail") == "is not there"
    assert refusal_of(tmp_path) == "is not a file"


@pytest.mark.parametrize("content", [b"", b"P", b"hello", b'{"@timestamp": "2026"}\n', b"PAR1"])
def test_another_kind_of_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.eventrail"
    path.write_bytes(content)

    assert refusal_of(path) == "is not a recording; `eventrail record` makes one"


def test_a_zip_archive_of_something_else(tmp_path: Path) -> None:
    path = packed({"holiday.txt": b"sun"}, tmp_path / "holiday.eventrail")

    assert refusal_of(path) == "is a zip archive without manifest.json, so not a recording"


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.95, 0.9999])
def test_a_truncated_recording(tmp_path: Path, part: float) -> None:
    whole = SAMPLE.read_bytes()
    path = tmp_path / "cut.eventrail"
    path.write_bytes(whole[: int(len(whole) * part)])

    assert refusal_of(path).startswith("is truncated or damaged")


def test_a_recording_with_a_damaged_byte(tmp_path: Path) -> None:
    content = bytearray(SAMPLE.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "damaged.eventrail"
    path.write_bytes(content)

    assert refusal_of(path).startswith("is damaged: events.parquet cannot be read")


def test_a_recording_of_a_newer_version(tmp_path: Path) -> None:
    path = with_manifest(lambda manifest: manifest.update(format_version=4, unheard_of=True), tmp_path / "newer")

    assert refusal_of(path) == "is of format version 4, and this Eventrail reads up to 3; update Eventrail"


@pytest.mark.parametrize("version", [None, "1", 0, -1, True, 1.0])
def test_a_manifest_without_a_version(tmp_path: Path, version: object) -> None:
    path = with_manifest(lambda manifest: manifest.update(format_version=version), tmp_path / "odd")

    assert refusal_of(path).startswith("its manifest has no format_version")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"window": None}, "window"),
        ({"window": {"start": "2026-01-31T09:00:00Z", "end": "2026-01-30T09:00:00Z"}}, "the window ends before"),
        ({"window": {"start": "2026-01-31T09:00:00", "end": "2026-01-31T09:00:00"}}, "window.start"),
        ({"window": {"start": "0001-01-01T00:00:00+23:00", "end": "2026-01-31T09:00:00Z"}}, "the year must lie"),
        ({"opening": "2026-02-01T00:00:00Z"}, "the opening lies outside the window"),
        ({"surprise": 1}, "surprise"),
        ({"metrics": [{"name": "../../etc/passwd", "rows": 1}]}, "metrics.0.name"),
        ({"metrics": [{"name": "a", "rows": 1}, {"name": "a", "rows": 1}]}, "named twice"),
        ({"metrics": [{"name": "absent", "rows": 1}]}, "is incomplete: metrics/absent.parquet is missing"),
        ({"events": {"rows": 1, "documents_read": 1}}, "is damaged: events.parquet has "),
    ],
)
def test_a_manifest_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = with_manifest(lambda manifest: manifest.update(changes), tmp_path / "odd")

    assert told in refusal_of(path)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"format_version": 1}'])
def test_a_manifest_that_is_none(tmp_path: Path, manifest: bytes) -> None:
    path = packed(members() | {"manifest.json": manifest}, tmp_path / "odd")

    assert "manifest" in refusal_of(path)


def test_tables_of_the_wrong_form(tmp_path: Path) -> None:
    rows = json.loads(members()["manifest.json"])["events"]["rows"]
    times = pa.array([0] * rows, type=TIME)
    wrong = {
        "column 'surprise'": {"time": times, "surprise": pa.array(["x"] * rows)},
        "column pod is int64, not string": {"time": times, "pod": pa.array([1] * rows)},
        "rows without time": {"time": pa.array([None] * rows, type=TIME)},
        "has rows without time": {"pod": pa.array(["x"] * rows)},
        "cannot be read": {"time": times, "pod": pa.array([b"\xff"] * rows).view(pa.string())},
    }

    for told, columns in wrong.items():
        contents = members() | {"events.parquet": parquet(columns)}
        assert told in refusal_of(packed(contents, tmp_path / "wrong.eventrail"))


class TestBombs:
    """Small files that would unpack to more than the machine has."""

    def test_members_packed_a_second_time(self, tmp_path: Path) -> None:
        path = packed(members() | {"zeros": bytes(10_000_000)}, tmp_path / "bomb", zipfile.ZIP_DEFLATED)

        assert "packed a second time" in refusal_of(path)

    def test_many_rows_of_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "ROWS_MAX", 1_000)
        content = parquet({"time": pa.array([0] * 1_001, type=TIME)})

        assert "1001 rows, more than the limit" in self.refusal_with(content, tmp_path)

    def test_one_long_text_referred_to_by_many_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "UNPACKED_BYTES_MAX", 1_000_000)
        text = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000), pa.array(["x" * 10_000]))
        content = parquet({"message": text.cast(pa.string())}, compression="zstd")
        assert len(content) < 10_000

        assert "10000000 bytes of text, more than the limit" in self.refusal_with(content, tmp_path)

    def test_pages_that_unpack_to_much(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reading, "UNPACKED_BYTES_MAX", 1_000_000)
        content = parquet({"sequence": pa.array(range(200_000))}, compression="zstd", use_dictionary=False)

        assert "bytes, more than the limit" in self.refusal_with(content, tmp_path)

    def test_many_columns(self, tmp_path: Path) -> None:
        content = parquet({f"column{number}": pa.array([0]) for number in range(201)})

        assert "201 columns, more than the limit" in self.refusal_with(content, tmp_path)

    def test_many_members(self, tmp_path: Path) -> None:
        path = packed(members() | {f"member{number}": b"" for number in range(1_000)}, tmp_path / "bomb")

        assert "files, more than the limit" in refusal_of(path)

    @staticmethod
    def refusal_with(events: bytes, folder: Path) -> str:
        return refusal_of(packed(members() | {"events.parquet": events}, folder / "bomb.eventrail"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.binary(max_size=300).map(lambda content: b"PK\x03\x04" + content))
def test_no_bytes_end_in_another_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.eventrail"
    path.write_bytes(content)

    with pytest.raises(RecordingError):
        read_recording(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_recording_with_changed_bytes_is_refused_or_read_and_never_ends_in_another_error(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "changed.eventrail"
    path.write_bytes(with_changed_bytes(SAMPLE.read_bytes(), data))

    assert_read_or_refused(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_table_in_a_sound_archive_is_refused_or_read_and_never_ends_in_another_error(
    tmp_path: Path, data: st.DataObject
) -> None:
    contents = members()
    name = data.draw(st.sampled_from(sorted(contents)))
    path = packed(contents | {name: with_changed_bytes(contents[name], data)}, tmp_path / "changed.eventrail")

    assert_read_or_refused(path)


def with_changed_bytes(content: bytes, data: st.DataObject) -> bytes:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    return bytes(changed)


def assert_read_or_refused(path: Path) -> None:
    try:
        read = read_recording(path)
    except RecordingError as refusal:
        assert "\n" not in str(refusal)  # noqa: PT017 - both ways out are right
    else:
        assert set(read.metrics) <= set(recording().metrics)


def test_writing_the_story_again_gives_a_file_that_opens(tmp_path: Path) -> None:
    write_recording(recording(), tmp_path / "again.eventrail")

    assert len(read_recording(tmp_path / "again.eventrail").events) == len(recording().events)
