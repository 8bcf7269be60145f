"""Elasticsearch, made and brought into trouble for tests."""

import itertools
import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import requests

from eventrail.configuration.sections import ElasticsearchSection
from eventrail.sources.elasticsearch import ElasticsearchLogs
from stack.elasticsearch import Elasticsearch
from tests.contract.loopback import closed_port, silent_port
from tests.contract.subjects import PATIENCE_SECONDS, Document

_NUMBERS = itertools.count(1)
_BULK_DOCUMENTS = 5_000

# Nothing said: dynamic mapping makes every text a `text` with a `keyword` beside it, and the time a `date`.
DYNAMIC: dict[str, Any] = {"properties": {"@timestamp": {"type": "date"}}}
# As an index template of a team that knows its IDs; times to the nanosecond.
KEYWORDS: dict[str, Any] = {
    "properties": {"@timestamp": {"type": "date_nanos"}, "message": {"type": "text"}},
    "dynamic_templates": [
        {"ids": {"match_mapping_type": "string", "mapping": {"type": "keyword", "ignore_above": 512}}}
    ],
}
# Everything is full text, and messages are not.
WORDS: dict[str, Any] = {
    "properties": {"@timestamp": {"type": "date"}, "message": {"type": "keyword"}},
    "dynamic_templates": [{"texts": {"match_mapping_type": "string", "mapping": {"type": "text"}}}],
}


class ElasticsearchSubject:
    """An index of its own for each source made."""

    def __init__(self, server: Elasticsearch, mapping: dict[str, Any]) -> None:
        self.name = "elasticsearch"
        self.server = server
        self.mapping = mapping
        self.made: list[str] = []
        self.troubles = ExitStack()

    def make(self, documents: Sequence[Document]) -> ElasticsearchLogs:
        return ElasticsearchLogs(self.section(index=self.fill(f"application-contract-{next(_NUMBERS)}", documents)))

    def fill(self, index: str, documents: Sequence[Document]) -> str:
        """Make an index of that name with these documents."""
        self.made.append(index)
        settings = {"number_of_shards": 2, "number_of_replicas": 0}
        self._admin("PUT", index, json.dumps({"mappings": self.mapping, "settings": settings}))
        for start in range(0, len(documents), _BULK_DOCUMENTS):
            chunk = documents[start : start + _BULK_DOCUMENTS]
            lines = "".join(f'{{"index":{{}}}}\n{json.dumps(document)}\n' for document in chunk)
            answer = self._admin("POST", f"{index}/_bulk", lines)
            assert not answer["errors"], answer["items"][:3]
        self._admin("POST", f"{index}/_refresh", "")
        return index

    def put(self, index: str, own_id: str, document: Document) -> None:
        """Write a document under an ID."""
        self._admin("PUT", f"{index}/_doc/{own_id}?refresh=true", json.dumps(document))

    def delete(self, index: str) -> None:
        """Delete an index that `fill` made."""
        self.made.remove(index)
        self._admin("DELETE", index, "")

    def clear(self) -> None:
        for index in list(self.made):
            self.delete(index)
        self.troubles.close()

    def unknown(self) -> ElasticsearchLogs:
        return ElasticsearchLogs(self.section(index="application-that-is-not-there"))

    def wrong_credentials(self) -> ElasticsearchLogs:
        return ElasticsearchLogs(self.section(password="not the password"))

    def down(self) -> ElasticsearchLogs:
        return ElasticsearchLogs(self.section(url=f"http://127.0.0.1:{closed_port()}"))

    def silent(self) -> ElasticsearchLogs:
        port = self.troubles.enter_context(silent_port())
        return ElasticsearchLogs(self.section(url=f"http://127.0.0.1:{port}", timeout_seconds=PATIENCE_SECONDS))

    def section(self, **keys: Any) -> ElasticsearchSection:
        reader = self.server.reader
        given = {"url": self.server.url, "username": reader.username, "password": reader.password}
        return ElasticsearchSection(**given | keys)

    def _admin(self, method: str, path: str, body: str) -> Any:
        response = requests.request(
            method,
            f"{self.server.url}/{path}",
            data=body.encode(),
            headers={"content-type": "application/x-ndjson" if path.endswith("_bulk") else "application/json"},
            auth=self.server.admin.pair,
            timeout=60,
        )
        response.raise_for_status()
        return response.json()
