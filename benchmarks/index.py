"""Fill an Elasticsearch index with log documents, by bulk requests side by side."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from elasticsearch import Elasticsearch

from benchmarks.log_documents import Shape, documents

BULK_DOCUMENTS = 5_000
BULKS_AT_ONCE = 3


def fill(client: Elasticsearch, index: str, shape: Shape) -> int:
    """Make the index anew with the shape's documents; as `fill_with`."""
    return fill_with(client, index, (text for _, text in documents(shape)))


def fill_with(client: Elasticsearch, index: str, texts: Iterator[str]) -> int:
    """Make the index anew with JSON documents, mapped dynamically as a fluentd index is; give how many."""
    client.options(ignore_status=404).indices.delete(index=index)
    client.indices.create(index=index, settings={"number_of_replicas": 0, "refresh_interval": "-1"})
    bulks = _bulks(texts)
    with ThreadPoolExecutor(BULKS_AT_ONCE) as pool:
        running: set[Future[int]] = {pool.submit(_send, client, index, bulk) for bulk in islice(bulks, BULKS_AT_ONCE)}
        sent = 0
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            sent += sum(one.result() for one in done)
            running |= {pool.submit(_send, client, index, bulk) for bulk in islice(bulks, len(done))}
    client.indices.put_settings(index=index, settings={"refresh_interval": "1s"})
    client.indices.refresh(index=index)
    return sent


def _bulks(texts: Iterator[str]) -> Iterator[list[str]]:
    """Give the documents in groups of BULK_DOCUMENTS."""
    while bulk := list(islice(texts, BULK_DOCUMENTS)):
        yield bulk


def _send(client: Elasticsearch, index: str, bulk: list[str]) -> int:
    """Index one group; raises when Elasticsearch turned a document down."""
    body = "".join(f'{{"create":{{}}}}\n{text}\n' for text in bulk)
    answer = client.options(request_timeout=120).perform_request(
        "POST",
        f"/{index}/_bulk",
        params={"filter_path": "errors"},
        headers={"content-type": "application/x-ndjson", "accept": "application/json"},
        body=body.encode(),
    )
    if answer.body["errors"]:
        raise RuntimeError(f"{index}: Elasticsearch turned documents down")
    return len(bulk)
