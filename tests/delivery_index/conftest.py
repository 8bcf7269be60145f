"""An index of logs and a delivery index of their own for each test, and workers on them."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
import requests

from eventrail.configuration.sections import ElasticsearchSection, IndexSection
from eventrail.investigate.indexing import Indexer
from eventrail.sources.elasticsearch.delivery_index import (
    ElasticsearchDeliveries,
    ElasticsearchFeed,
    ElasticsearchStore,
)
from stack.credentials import Credentials
from stack.elasticsearch import Elasticsearch
from tests.cli.conftest import eventrail
from tests.contract.elasticsearch_subject import DYNAMIC
from tests.delivery_index.logged import document_of

__all__ = ["eventrail"]  # a fixture that tests here use too

KEEP_SECONDS = 365 * 86_400.0
NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@dataclass
class Ground:
    """What a test writes to and asks."""

    server: Elasticsearch
    logs: str
    index: str
    shards: int = 2
    made: list[str] = field(default_factory=list)

    @property
    def section(self) -> ElasticsearchSection:
        """With the account of `eventrail index`, which may do no more than the documents ask for."""
        return self._section_of(self.server.indexer)

    @property
    def index_section(self) -> IndexSection:
        return IndexSection(name=self.index)

    def write(self, documents: Mapping[str, Any] | Sequence[tuple[str, Any]], index: str = "") -> None:
        """Write documents under their IDs, and let them be found."""
        pairs = documents.items() if isinstance(documents, Mapping) else documents
        self.write_texts([(key, json.dumps(each)) for key, each in pairs], index)

    def write_texts(self, documents: Sequence[tuple[Any, str]], index: str = "") -> None:
        """Write documents that are JSON already; as `write`."""
        name = index or self.logs
        if name not in self.made:
            settings = {"number_of_shards": self.shards, "number_of_replicas": 0}
            self._ask("PUT", name, {"mappings": DYNAMIC, "settings": settings})
            self.made.append(name)
        lines = "".join(f'{{"index":{{"_id":{json.dumps(str(key))}}}}}\n{text}\n' for key, text in documents)
        if lines:
            answer = self._ask("POST", f"{name}/_bulk?refresh=true", lines)
            assert not answer["errors"], answer["items"][:3]

    def write_events(self, events: pd.DataFrame) -> None:
        """Write lines as the instrumentation logs them."""
        self.write([(row["document_id"], document_of(row)) for row in events.to_dict("records")])

    def indexer(self, worker: int = 1, workers: int = 1, owner: str = "test") -> Indexer:
        feed, store = ElasticsearchFeed(self.section), ElasticsearchStore(self.section, self.index_section)
        return Indexer(feed, store, worker, workers, owner, KEEP_SECONDS)

    def deliveries(self) -> ElasticsearchDeliveries:
        """Ask as the dashboard does, which may only read."""
        return ElasticsearchDeliveries(self._section_of(self.server.reader), self.index_section)

    def _section_of(self, account: Credentials) -> ElasticsearchSection:
        return ElasticsearchSection(
            url=self.server.url, index=f"{self.logs}*", username=account.username, password=account.password
        )

    def documents(self) -> dict[str, Any]:
        """Give the index's own documents, but for those that say how far workers are."""
        self._ask("POST", f"{self.index}/_refresh", "")
        body: dict[str, Any] = {
            "query": {"bool": {"must_not": [{"term": {"kind": "progress"}}]}},
            "sort": ["_doc"],
            "size": 10_000,
        }
        hits = self._ask("POST", f"{self.index}/_search", body)["hits"]["hits"]
        assert len(hits) < 10_000
        return {hit["_id"]: hit["_source"] for hit in hits}

    def delete(self, name: str) -> None:
        requests.delete(f"{self.server.url}/{name}", auth=self.server.admin.pair, timeout=60)

    def clear(self) -> None:
        """Delete everything made."""
        for name in (*self.made, self.index):
            self.delete(name)
        self.made.clear()

    def _ask(self, method: str, path: str, body: Any) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "application/x-ndjson" if "_bulk" in path else "application/json"
        response = requests.request(
            method,
            f"{self.server.url}/{path}",
            data=text.encode(),
            headers={"content-type": kind},
            auth=self.server.admin.pair,
            timeout=60,
        )
        response.raise_for_status()
        return response.json()


@pytest.fixture
def ground(elasticsearch: Elasticsearch) -> Iterator[Ground]:
    """Elasticsearch 8."""
    yield from _ground(elasticsearch)


@pytest.fixture
def ground_9(elasticsearch_9: Elasticsearch) -> Iterator[Ground]:
    """Elasticsearch 9."""
    yield from _ground(elasticsearch_9)


def _ground(server: Elasticsearch) -> Iterator[Ground]:
    name = secrets.token_hex(4)
    made = Ground(server, f"application-followed-{name}-", f"eventrail-deliveries-{name}")
    yield made
    made.clear()
