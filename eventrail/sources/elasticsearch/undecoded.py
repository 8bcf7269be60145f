"""Answers as they came, so that pages of documents can be taken apart without making objects of them first."""

from typing import Any, Final

from elasticsearch.serializer import JsonSerializer

# How Elasticsearch begins the body of a refusal; those are small, and the client wants to read them.
_REFUSAL: Final = b'{"error"'


class Undecoded(JsonSerializer):
    """Gives the bytes of an answer; a refusal decoded, as the client's own serializer does."""

    def loads(self, data: bytes) -> Any:
        """Give the bytes, or the refusal as a mapping."""
        return super().loads(data) if data.startswith(_REFUSAL) else data
