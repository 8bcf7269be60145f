"""Container logs as a container runtime writes them, in the layout of /var/log/containers."""

import secrets
from pathlib import Path

from eventrail_instrumentation.formatter import iso_time

_PART_BYTES = 16 * 1024  # containerd and CRI-O cut longer lines into parts
_ROTATE_BYTES = 5 * 1024 * 1024


class ContainerLog:
    """The log file of one container: `<time> <stream> F <text>`, a long line in parts marked `P`.

    Rotated at 5 MiB with one older file kept, as the kubelet does; the older one's name does not end in `.log`, so
    that no shipper reads it twice.
    """

    def __init__(self, folder: Path, pod: str, namespace: str, container: str) -> None:
        self.path = folder / f"{pod}_{namespace}_{container}-{secrets.token_hex(32)}.log"
        self._file = self.path.open("ab", buffering=0)
        self._size = 0
        self._rests = {"stdout": b"", "stderr": b""}

    def take(self, stream: str, output: bytes, now_ns: int) -> None:
        """Writes the whole lines in what the program wrote; the rest waits for its end."""
        *lines, self._rests[stream] = (self._rests[stream] + output).split(b"\n")
        self._write(b"".join(_entry(stream, line, now_ns) for line in lines))

    def close(self, now_ns: int) -> None:
        """Writes what is left without a line end, as after a crash."""
        for stream, rest in self._rests.items():
            if rest:
                self._write(_entry(stream, rest, now_ns))
        self._rests.clear()
        self._file.close()

    def delete(self) -> None:
        """Removes the files of a container that is gone."""
        self.path.unlink(missing_ok=True)
        self._older.unlink(missing_ok=True)

    @property
    def _older(self) -> Path:
        return self.path.with_suffix(".log.1")

    def _write(self, entries: bytes) -> None:
        if not entries:
            return
        self._file.write(entries)
        self._size += len(entries)
        if self._size >= _ROTATE_BYTES:
            self._file.close()
            self.path.replace(self._older)
            self._file = self.path.open("ab", buffering=0)
            self._size = 0


def _entry(stream: str, line: bytes, now_ns: int) -> bytes:
    # Nanoseconds, as container runtimes write them.
    head = f"{iso_time(now_ns)[:-1]}{now_ns % 1000:03d}Z {stream}".encode()
    parts = [line[start : start + _PART_BYTES] for start in range(0, len(line), _PART_BYTES)] or [b""]
    marked = [head + b" P " + part + b"\n" for part in parts[:-1]]
    return b"".join([*marked, head + b" F " + parts[-1] + b"\n"])
