"""Message properties whose headers are passed on byte by byte, and the connection that reads messages so.

See eventrail.acting.header_table for why, and docs/adr for what else was looked at.
"""

import struct
from typing import Any, Final

from pika import SelectConnection, frame, spec

from eventrail.acting.header_table import RawHeaders, join, readable, split

_FLAGS: Final = struct.Struct(">H")
_LENGTH: Final = struct.Struct(">I")
_FRAME_HEAD: Final = struct.Struct(">BHL")
# Class, weight and body size stand before the properties in a header frame.
_BODY_SIZE: Final = struct.Struct(">HHQ")


class ExactProperties(spec.BasicProperties):  # type: ignore[misc]  # the library has no types
    """As the library's, but `raw_headers` are what is written; `headers` are for reading only."""

    headers: dict[str, Any] | None

    def __init__(self, **properties: Any) -> None:
        """Take the library's properties, without headers."""
        super().__init__(**properties)
        self.raw_headers: RawHeaders = ()

    def decode(self, encoded: bytes, offset: int = 0) -> Any:
        """Read properties; raises ValueError where the headers are no table."""
        encoded = encoded[offset:]
        (flags,) = _FLAGS.unpack_from(encoded)
        if not flags & spec.BasicProperties.FLAG_HEADERS:
            return super().decode(encoded)
        begin = _headers_begin(encoded, flags)
        end = begin + _LENGTH.size + _LENGTH.unpack_from(encoded, begin)[0]
        without = _FLAGS.pack(flags & ~spec.BasicProperties.FLAG_HEADERS) + encoded[_FLAGS.size : begin] + encoded[end:]
        super().decode(without)
        self.raw_headers = split(encoded[begin + _LENGTH.size : end])
        self.headers = readable(self.raw_headers)
        return self

    def encode(self) -> list[bytes]:
        """Give the properties as they are sent."""
        shown, self.headers = self.headers, None
        try:
            encoded = b"".join(super().encode())
        finally:
            self.headers = shown
        if not self.raw_headers:
            return [encoded]
        (flags,) = _FLAGS.unpack_from(encoded)
        begin = _headers_begin(encoded, flags)
        table = join(self.raw_headers)
        head = _FLAGS.pack(flags | spec.BasicProperties.FLAG_HEADERS) + encoded[_FLAGS.size : begin]
        return [head, _LENGTH.pack(len(table)), table, encoded[begin:]]


def _headers_begin(encoded: bytes, flags: int) -> int:
    """Give where the headers stand, or would stand: behind the content's type and encoding."""
    at = _FLAGS.size
    for flag in (spec.BasicProperties.FLAG_CONTENT_TYPE, spec.BasicProperties.FLAG_CONTENT_ENCODING):
        if flags & flag:
            at += 1 + encoded[at]
    return at


class ExactConnection(SelectConnection):  # type: ignore[misc]
    """The library's connection, reading the properties of messages as ExactProperties."""

    def _read_frame(self) -> Any:
        buffer = bytes(self._frame_buffer[: _FRAME_HEAD.size])
        if len(buffer) < _FRAME_HEAD.size or buffer[0] != spec.FRAME_HEADER:
            return super()._read_frame()
        _, channel, size = _FRAME_HEAD.unpack(buffer)
        end = _FRAME_HEAD.size + size + spec.FRAME_END_SIZE
        if len(self._frame_buffer) < end:
            return 0, None
        content = bytes(self._frame_buffer[_FRAME_HEAD.size : end - spec.FRAME_END_SIZE])
        _, _, body_size = _BODY_SIZE.unpack_from(content)
        properties = ExactProperties()
        properties.decode(content, _BODY_SIZE.size)
        return end, frame.Header(channel, body_size, properties)
