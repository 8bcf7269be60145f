"""Container logs are written as a container runtime writes them, and never grow without bound."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bank.crilog import ContainerLog

NOW_NS = 1_795_438_800_123_456_789


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ContainerLog]:
    log = ContainerLog(tmp_path, "payments-7f9c4d-x2x4k", "bank", "payments")
    yield log
    log.close(NOW_NS)


def test_a_line_gets_time_stream_and_tag(log: ContainerLog) -> None:
    log.take("stdout", b'{"message":"one"}\n', NOW_NS)

    assert log.path.read_text() == '2026-11-23T13:00:00.123456789Z stdout F {"message":"one"}\n'
    assert re.fullmatch(r"payments-7f9c4d-x2x4k_bank_payments-[0-9a-f]{64}\.log", log.path.name)


def test_a_line_that_comes_in_pieces_is_one_line(log: ContainerLog) -> None:
    log.take("stdout", b"first ha", NOW_NS)
    log.take("stderr", b"an error\n", NOW_NS)
    log.take("stdout", b"lf\nsecond\n", NOW_NS)

    assert [line.split(" ", 3)[1:] for line in log.path.read_text().splitlines()] == [
        ["stderr", "F", "an error"],
        ["stdout", "F", "first half"],
        ["stdout", "F", "second"],
    ]


def test_what_a_crash_leaves_without_line_end_is_kept(log: ContainerLog) -> None:
    log.take("stdout", b"last wo", NOW_NS)
    log.close(NOW_NS)

    assert log.path.read_text().endswith(" stdout F last wo\n")


def test_a_long_line_is_cut_into_parts(log: ContainerLog) -> None:
    log.take("stdout", b"x" * 40_000 + b"\n", NOW_NS)
    parts = [line.split(" ", 3) for line in log.path.read_text().splitlines()]

    assert [part[2] for part in parts] == ["P", "P", "F"]
    assert "".join(part[3] for part in parts) == "x" * 40_000


def test_at_most_two_files_of_bounded_size_are_kept(log: ContainerLog, tmp_path: Path) -> None:
    for _ in range(200):
        log.take("stdout", b"y" * 100_000 + b"\n", NOW_NS)
    files = list(tmp_path.iterdir())

    assert len(files) == 2
    assert sum(file.stat().st_size for file in files) < 12 * 1024 * 1024
    assert [file.suffix for file in files].count(".log") == 1
    log.close(NOW_NS)
    log.delete()
    assert list(tmp_path.iterdir()) == []
