"""One JSON object a line, whatever is logged."""

import itertools
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonEncoder, JsonFormatter

from eventrail_instrumentation import fields
from eventrail_instrumentation.context import current_cause
from eventrail_instrumentation.identity import Identity

TEXT_LIMIT = 4_000
"""Characters kept of a message or stack trace: container runtimes cut lines at 16 KiB, and half a JSON line
is lost.
"""

_RESERVED = frozenset(RESERVED_ATTRS) | {"taskName", "eventrail_fields", "eventrail_time_ns"}


class JsonLineFormatter(JsonFormatter):
    """Formats a log record as the line that docs/log-fields.md describes.

    Takes what the event log put on the record (`eventrail_fields`, `eventrail_time_ns`), else the caller's
    `extra`, which never overwrites a field of the contract. Never raises and never yields more than one line:
    a value that JSON cannot hold is written as text.
    """

    def __init__(self, identity: Identity) -> None:
        super().__init__()
        self._identity = {
            fields.SERVICE: identity.service,
            fields.VERSION: identity.version,
            fields.INSTANCE_ID: identity.instance_id,
        }
        self._sequence = itertools.count(1)
        self._encode = JsonEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON, in ASCII, without the line end."""
        line = self._line(record)
        try:
            return self._encode(line)
        except Exception:  # noqa: BLE001 - NaN, a circular value, an object whose str() raises anything
            # Its text is better than no line.
            plain = {str(key): _plain(value) for key, value in line.items()}
            return self._encode(plain)

    def _line(self, record: logging.LogRecord) -> dict[str, object]:
        time_ns = getattr(record, "eventrail_time_ns", None)
        line: dict[str, object] = {
            fields.TIMESTAMP: iso_time(time_ns if isinstance(time_ns, int) else int(record.created * 1e9)),
            fields.LEVEL: record.levelname.lower(),
            fields.MESSAGE: _limited(_message(record)),
            fields.LOGGER: record.name,
            **self._identity,
            fields.SEQUENCE: next(self._sequence),
        }
        cause = current_cause()
        if cause is not None:
            line[fields.CORRELATION_ID] = cause.correlation_id
        own = getattr(record, "eventrail_fields", None)
        if isinstance(own, Mapping):
            line.update(own)
            return line
        for key, value in record.__dict__.items():
            if key not in _RESERVED:
                line.setdefault(key, value)
        if record.exc_info and record.exc_info[0] is not None:
            line.setdefault(fields.ERROR_TYPE, record.exc_info[0].__name__)
            line.setdefault(fields.STACK_TRACE, _limited(str(self.formatException(record.exc_info))))
        return line


def configure_logging(identity: Identity, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Sends every logger of the process to `stream` (standard output when None) as JSON lines.

    Replaces the root logger's handlers. pika speaks from `WARNING` upwards only: its connection chatter at
    `INFO` says nothing that the channel lines do not.
    """
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonLineFormatter(identity))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def iso_time(time_ns: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 in UTC with microseconds, ending in `Z`."""
    seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000, tzinfo=None)
    return moment.isoformat(timespec="microseconds") + "Z"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - wrong arguments to a log call, or an argument whose str() fails
        return f"{record.msg!s} (its arguments do not fit)"


def _limited(text: str) -> str:
    if len(text) <= TEXT_LIMIT:
        return text
    return f"{text[:TEXT_LIMIT]} … ({len(text) - TEXT_LIMIT} more characters)"


def _plain(value: object) -> str | int | bool | None:
    if value is None or isinstance(value, str | bool | int):
        return value
    try:
        return _limited(repr(value))
    except Exception:  # noqa: BLE001 - a foreign object's repr() may raise anything
        return f"<{type(value).__name__} that cannot be shown>"
