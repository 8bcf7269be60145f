"""The delivery index as its workers write it: documents are made once, and replaced only where they are as read."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
from elasticsearch import ApiError, ConflictError, NotFoundError

from eventrail.configuration.sections import ElasticsearchSection, IndexSection
from eventrail.errors import SourceError, SourceUnavailableError
from eventrail.model.delivery_index import Facts, Stored
from eventrail.model.index_progress import WorkerProgress
from eventrail.sources.elasticsearch.connection import connect
from eventrail.sources.elasticsearch.delivery_index import progress as progress_documents
from eventrail.sources.elasticsearch.delivery_index.encoding import Source, decode, encode, instant
from eventrail.sources.elasticsearch.delivery_index.layout import MAPPINGS, PROGRESS, SETTINGS
from eventrail.sources.elasticsearch.faults import FAULTS, Asked, problem_of

DELETED_AT_ONCE: Final = 10_000
_ASKED_AT_ONCE: Final = 5_000
_CONFLICT: Final = 409
_DONE: Final = (200, 201)


class ElasticsearchStore:
    """DeliveryStore in the configured index. Used by one worker."""

    def __init__(self, elasticsearch: ElasticsearchSection, section: IndexSection) -> None:
        """Ask nothing of the server yet."""
        self._client: Final = connect(elasticsearch)
        self._pattern: Final = elasticsearch.index
        self._index: Final = section.name
        self._asked: Final = Asked("writing the delivery index", ", ".join(elasticsearch.url), section.name)
        self._progress_version: tuple[int, int] | None = None

    def prepare(self) -> None:
        """As DeliveryStore.prepare."""
        try:
            self._client.indices.create(index=self._index, mappings=MAPPINGS, settings=SETTINGS)
        except ApiError as error:
            if "resource_already_exists_exception" not in str(error.body):
                raise self._unavailable(error) from error
        except FAULTS as fault:
            raise self._unavailable(fault) from fault

    def all_progress(self) -> tuple[WorkerProgress, ...]:
        """As DeliveryStore.all_progress."""
        try:
            self._client.indices.refresh(index=self._index)
            return progress_documents.read(self._client, self._index, self._pattern)
        except FAULTS as fault:
            raise self._unavailable(fault) from fault

    def take_over(self, progress: WorkerProgress) -> None:
        """As DeliveryStore.take_over."""
        key = progress_documents.key_of(progress.worker, progress.workers)
        try:
            try:
                found = self._client.get(index=self._index, id=key, source=False)
                self._progress_version = (found["_seq_no"], found["_primary_term"])
            except NotFoundError:
                self._progress_version = None
            self._write_progress(progress)
        except FAULTS as fault:
            raise self._unavailable(fault) from fault

    def save(self, progress: WorkerProgress) -> None:
        """As DeliveryStore.save."""
        try:
            # Who reads how far the index is must find what it is said to hold.
            self._client.indices.refresh(index=self._index)
            self._write_progress(progress)
        except FAULTS as fault:
            raise self._unavailable(fault) from fault

    def add(self, facts: Facts) -> frozenset[str]:
        """As DeliveryStore.add."""
        sources = encode(facts)
        return self._bulk([({"create": {"_id": key}}, source) for key, source in sources.items()])

    def stored(self, keys: Collection[str]) -> Stored:
        """As DeliveryStore.stored."""
        found: list[Mapping[str, Any]] = []
        ordered = sorted(keys)
        try:
            for start in range(0, len(ordered), _ASKED_AT_ONCE):
                chunk = ordered[start : start + _ASKED_AT_ONCE]
                found += [each for each in self._client.mget(index=self._index, ids=chunk)["docs"] if each.get("found")]
        except FAULTS as fault:
            raise self._unavailable(fault) from fault
        return Stored(
            decode([each["_source"] for each in found]),
            {each["_id"]: each["_source"] for each in found},
            {each["_id"]: (each["_seq_no"], each["_primary_term"]) for each in found},
        )

    def replace(self, facts: Facts, stored: Stored) -> frozenset[str]:
        """As DeliveryStore.replace."""
        actions: list[tuple[Source, Source | None]] = []
        for key, source in encode(facts).items():
            if key not in stored.versions:
                actions.append(({"create": {"_id": key}}, source))
            elif source != stored.documents[key]:
                number, term = stored.versions[key]
                actions.append(({"index": {"_id": key, "if_seq_no": number, "if_primary_term": term}}, source))
        return self._bulk(actions)

    def forget(self, before: datetime) -> int:
        """As DeliveryStore.forget."""
        body: dict[str, Any] = {
            "query": {
                "bool": {
                    "filter": [{"range": {"last_at": {"lt": instant(pd.Timestamp(before))}}}],
                    "must_not": [{"term": {"kind": PROGRESS}}],
                }
            },
            "size": DELETED_AT_ONCE,
            "seq_no_primary_term": True,
            "_source": False,
            "track_total_hits": False,
        }
        try:
            hits = self._client.search(index=self._index, body=body)["hits"]["hits"]
        except FAULTS as fault:
            raise self._unavailable(fault) from fault
        conflicts = self._bulk(
            [
                (
                    {
                        "delete": {
                            "_id": hit["_id"],
                            "if_seq_no": hit["_seq_no"],
                            "if_primary_term": hit["_primary_term"],
                        }
                    },
                    None,
                )
                for hit in hits
            ]
        )
        return len(hits) - len(conflicts)

    def _write_progress(self, progress: WorkerProgress) -> None:
        conditions: dict[str, Any] = {"op_type": "create"}
        if self._progress_version is not None:
            conditions = {"if_seq_no": self._progress_version[0], "if_primary_term": self._progress_version[1]}
        key = progress_documents.key_of(progress.worker, progress.workers)
        document = progress_documents.encode(progress, self._pattern)
        try:
            written = self._client.index(index=self._index, id=key, document=document, refresh=True, **conditions)
        except ConflictError as conflict:
            raise SourceError(
                f"another process has begun to work as worker {progress.worker}/{progress.workers} of "
                f"{self._index}; nothing is lost. Give each process a number of its own with --worker"
            ) from conflict
        self._progress_version = (written["_seq_no"], written["_primary_term"])

    def _bulk(self, actions: list[tuple[Source, Source | None]]) -> frozenset[str]:
        """Carry out the actions; give the keys of those that were in conflict with another worker's."""
        if not actions:
            return frozenset()
        lines = [json.dumps(each) for action in actions for each in action if each is not None]
        try:
            response = self._client.options(request_timeout=120).perform_request(
                "POST",
                f"/{self._index}/_bulk",
                params={"filter_path": "errors,items.*._id,items.*.status,items.*.error"},
                headers={"content-type": "application/x-ndjson", "accept": "application/json"},
                body=("\n".join(lines) + "\n").encode(),
            )
        except FAULTS as fault:
            raise self._unavailable(fault) from fault
        if not response.body["errors"]:
            return frozenset()
        items = [next(iter(item.values())) for item in response.body["items"]]
        refused = [item for item in items if item["status"] not in (*_DONE, _CONFLICT, 404)]
        if refused:
            error = ApiError("a document was turned down", response.meta, {"error": refused[0]["error"]})
            raise self._unavailable(error) from error
        return frozenset(item["_id"] for item in items if item["status"] == _CONFLICT)

    def _unavailable(self, fault: Exception) -> SourceUnavailableError:
        return SourceUnavailableError(str(problem_of(fault, self._asked)))
