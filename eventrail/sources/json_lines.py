"""Reads plain log files, one JSON object a line, packed by gzip or not: the good lines, and a count of the others."""

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eventrail.errors import SourceUnavailableError
from eventrail.model.problem import Problem

# Limits keep a made-up file from taking the machine; a longer file is better searched in Elasticsearch.
LINE_BYTES_MAX: Final = 1024**2
UNPACKED_BYTES_MAX: Final = 4 * 1024**3
LINES_MAX: Final = 5_000_000
BATCH_LINES: Final = 10_000

_GZIP_FIRST_BYTES: Final = b"\x1f\x8b"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# Services in Python write NaN and Infinity, which are not JSON; the value is not known then.
_DECODER: Final = json.JSONDecoder(parse_constant=lambda _name: None)


@dataclass(slots=True)
class LinesRead:
    """What reading a file came to; complete when its batches have been taken.

    broken: lines that are no JSON object, first_broken the number of the first. ended_early: why reading stopped
    before the end, empty when it did not.
    """

    path: Path
    good: int = 0
    broken: int = 0
    first_broken: int = 0
    ended_early: str = ""

    def refusal(self) -> str:
        """Say why nothing of the file can be used; empty when something can, or when there is nothing in it."""
        if self.good or not (self.broken or self.ended_early):
            return ""
        return self.ended_early or f"none of its {self.broken:,} lines is a JSON object"

    def problems(self) -> tuple[Problem, ...]:
        """Say what of the file could not be used."""
        told = []
        if self.broken:
            told.append(
                Problem(
                    self.path.name,
                    f"{self.broken:,} of {self.good + self.broken:,} lines are no JSON object and are left out; "
                    f"the first is line {self.first_broken:,}",
                    "look at that line: it may be cut, or belong to a text of several lines",
                )
            )
        if self.ended_early:
            told.append(Problem(self.path.name, self.ended_early, "fetch the file again, or split it"))
        if not self.good and not self.broken:
            told.append(Problem(self.path.name, "the file holds no line", "see whether the right file was named"))
        return tuple(told)


@dataclass(frozen=True, slots=True)
class Batch:
    """Good lines in order, and their numbers in the file, counted from 1."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)


def read_batches(path: Path, read: LinesRead) -> Iterator[Batch]:
    """Give the file's good lines, some thousand at a time, and count in `read` as they are taken.

    Raises SourceUnavailableError when the file cannot be opened. A file that cannot be read to its end gives what
    comes before.
    """
    batch = Batch()
    with _opened(path) as file:
        for number, line in _lines(file, read):
            document = _object(line)
            if document is None:
                read.broken += 1
                read.first_broken = read.first_broken or number
                continue
            read.good += 1
            batch.documents.append(document)
            batch.numbers.append(number)
            if len(batch.documents) == BATCH_LINES:
                yield batch
                batch = Batch()
    if batch.documents:
        yield batch


def line_text(path: Path, number: int) -> str | None:
    """Give the file's line of this number as it stands there; None when it has no such line that could be read.

    A packed file is read from its beginning. Raises SourceUnavailableError when it cannot be opened.
    """
    with _opened(path) as file:
        for found, line in _lines(file, LinesRead(path)):
            if found >= number:
                return line.decode("utf-8", "replace").rstrip("\r\n") if found == number else None
    return None


@contextmanager
def _opened(path: Path) -> Iterator["io.BufferedReader[Any]"]:
    try:
        packed = path.open("rb")
    except OSError as error:
        raise SourceUnavailableError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise SourceUnavailableError(f"{path}: is no possible file name") from None
    with packed:
        # By its first bytes, not its name: a log fetched from elsewhere may be unpacked and keep its name.
        if packed.peek(2)[:2] != _GZIP_FIRST_BYTES:
            yield packed
            return
        with gzip.GzipFile(fileobj=packed) as unpacked, io.BufferedReader(unpacked) as lines:
            yield lines


def _lines(file: "io.BufferedReader[Any]", read: LinesRead) -> Iterator[tuple[int, bytes]]:
    """Number the lines from 1 and give those not blank, overlong ones cut, until the file ends or cannot be read."""
    unpacked_bytes = lines = 0
    while True:
        try:
            line = file.readline(LINE_BYTES_MAX + 1)
            rest = len(line) > LINE_BYTES_MAX
            while rest and not (more := file.readline(LINE_BYTES_MAX)).endswith(b"\n") and more:
                unpacked_bytes += len(more)
        except (OSError, EOFError, zlib.error) as error:
            read.ended_early = f"is cut off or damaged after line {lines:,} ({error}); the lines before it are used"
            return
        if not line:
            return
        lines += 1
        unpacked_bytes += len(line)
        if lines > LINES_MAX or unpacked_bytes > UNPACKED_BYTES_MAX:
            read.ended_early = f"is longer than can be read at once: its first {lines - 1:,} lines are used"
            return
        line = line.removeprefix(_BYTE_ORDER_MARK) if lines == 1 else line
        if not line.isspace():
            yield lines, line


def _object(line: bytes) -> dict[str, Any] | None:
    if len(line) > LINE_BYTES_MAX:
        return None
    try:
        value = _DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
