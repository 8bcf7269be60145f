"""The journal: who did what, when, to which messages, and what came of it. JSON lines, only ever added to.

A line says that a message is about to be sent before it is, and that the broker has it before it is taken from the
dead-letter queue. So whatever a crash leaves behind can be told from what was never touched.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from eventrail import clock
from eventrail.errors import UsageError

_logger = logging.getLogger(__name__)
_ONLY_OWNER: Final = 0o600


class JournalError(OSError):
    """A line could not be written; nothing more may be done."""


@dataclass(frozen=True, slots=True)
class Actor:
    """who: the name that was given; account: of the machine's user that ran it; host: where."""

    who: str
    account: str
    host: str


class Journal:
    """The file, open for adding one act's lines. Raises UsageError where it cannot be written: no act without it."""

    def __init__(self, path: Path, actor: Actor, act: str, now: Callable[[], datetime] = clock.now) -> None:
        """Open it, making it where it is not there. act: the ID that all lines of this act carry."""
        self._path, self._actor, self._act, self._now = path, actor, act, now
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _ONLY_OWNER)
        except OSError as error:
            raise UsageError(
                f"the journal {path} cannot be written ({error.strerror}); nothing was done; correct acting.journal"
            ) from None
        self._end_torn_line()

    def write(self, stage: str, **told: Any) -> None:
        """Add a line and tell the log too. Raises JournalError where the disk refuses it."""
        line = {
            "time": self._now().isoformat().replace("+00:00", "Z"),
            "act": self._act,
            "who": self._actor.who,
            "account": f"{self._actor.account}@{self._actor.host}",
            "stage": stage,
            **told,
        }
        text = json.dumps(line)
        data = text.encode() + b"\n"
        try:
            written = os.write(self._file, data)
        except OSError as error:
            raise JournalError(f"{self._path} cannot be written ({error.strerror})") from None
        if written != len(data):
            raise JournalError(f"{self._path} took only a part of a line")
        _logger.info("%s", text)

    def keep(self) -> None:
        """Wait until the lines are on the disk, so that they outlive the machine too."""
        os.fsync(self._file)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        os.close(self._file)

    def _end_torn_line(self) -> None:
        """A line that a crash cut off must not swallow the next."""
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")


def unsettled(path: Path, vhost: str, queue: str) -> frozenset[str]:
    """Give the fingerprints of letters of a queue that acts without a clean end began to send.

    If such a letter is in the queue still, it may be in both: it is told so when it is sent again.
    """
    begun: dict[str, set[str]] = {}
    for line in _lines(path):
        act, stage = line.get("act"), line.get("stage")
        if not isinstance(act, str):
            continue
        if stage == "began" and line.get("vhost") == vhost and line.get("queue") == queue:
            begun[act] = set()
        elif act in begun and isinstance(fingerprint := line.get("fingerprint"), str):
            (begun[act].discard if stage == "not sent" else begun[act].add)(fingerprint)
        elif stage == "ended" and line.get("clean") is True:
            begun.pop(act, None)
    return frozenset().union(*begun.values())


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue  # torn by a crash: what it was about to say had not been done
            if isinstance(line, dict):
                yield line
