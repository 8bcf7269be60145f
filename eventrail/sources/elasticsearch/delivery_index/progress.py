"""The documents that say how far each worker is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from elasticsearch import Elasticsearch

from eventrail.errors import SourceError
from eventrail.model.index_progress import ShardPosition, WorkerProgress
from eventrail.sources.elasticsearch.delivery_index.layout import FORMAT, PROGRESS


def key_of(worker: int, workers: int) -> str:
    """Give the ID of a worker's document."""
    return f"{PROGRESS}-{worker}-of-{workers}"


def encode(progress: WorkerProgress, pattern: str) -> dict[str, Any]:
    """Give the document. pattern: the index pattern of the logs that are followed."""
    told = {
        "format": FORMAT,
        "pattern": pattern,
        "worker": progress.worker,
        "workers": progress.workers,
        "owner": progress.owner,
        "current_at": _written(progress.current_at),
        "since": _written(progress.since),
        "shards": {
            key: {
                "index": position.index,
                "next_number": position.next_number,
                "sure_below": position.sure_below,
                "seen": position.seen,
                "seen_at": _written(position.seen_at),
            }
            for key, position in progress.shards.items()
        },
    }
    return {"kind": PROGRESS, "progress": told}


def decode(document: Mapping[str, Any], index: str, pattern: str) -> WorkerProgress:
    """Read a document. Raises SourceError when it is of another version or about other logs."""
    told = document["progress"]
    if told["format"] != FORMAT:
        raise SourceError(
            f"the delivery index {index} is of format {told['format']}, this version writes {FORMAT}: "
            "delete it, or name another in index.name"
        )
    if told["pattern"] != pattern:
        raise SourceError(
            f"the delivery index {index} is about {told['pattern']}, not {pattern}: name another in index.name"
        )
    shards = {
        key: ShardPosition(
            each["index"], each["next_number"], each["sure_below"], each["seen"], _instant(each["seen_at"])
        )
        for key, each in told["shards"].items()
    }
    current_at, since = _instant(told["current_at"]), _instant(told["since"])
    return WorkerProgress(told["worker"], told["workers"], told["owner"], shards, current_at, since)


def read(client: Elasticsearch, index: str, pattern: str) -> tuple[WorkerProgress, ...]:
    """Give the progress of all workers. Raises the client's faults, SourceError as `decode`."""
    body = {"query": {"bool": {"filter": [{"term": {"kind": PROGRESS}}]}}, "size": 1_000, "track_total_hits": False}
    hits = client.search(index=index, body=body)["hits"]["hits"]
    return tuple(decode(hit["_source"], index, pattern) for hit in hits)


def _written(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
