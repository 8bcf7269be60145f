"""An event of many documents out of Elasticsearch: the bare fetch beside Eventrail's whole way to the event table.

`python -m benchmarks.fetching [--lines N]...` starts an Elasticsearch of its own and fills it with events of so many
lines, among three times as many others'. Both fetch the same documents in the same slices and pages, side by side,
and take turns within one run. The bare fetch decodes with orjson, the fastest decoder found, and throws all away.
"""

import resource
import shutil
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import click
from elasticsearch import Elasticsearch as Client
from elasticsearch.serializer import OrjsonSerializer

from benchmarks.index import fill
from benchmarks.log_documents import APPLICATION_LINES, Shape
from benchmarks.lookup import HEAP, INDEX, timed
from eventrail.configuration.sections import ElasticsearchSection
from eventrail.model.answers import LogQuery
from eventrail.model.progress import Progress
from eventrail.model.window import Window
from eventrail.sources.elasticsearch import ElasticsearchLogs
from stack.elasticsearch import Elasticsearch
from stack.places import temporary_root

RUNS = 7
SLICES = 4
PAGE = 2_500
LINES_PER_MESSAGE = 4 + APPLICATION_LINES


@dataclass(frozen=True)
class Turn:
    """One fetch of each kind, in seconds. outlined: until the event's outline was known; read: until all was."""

    bare: float
    outlined: float
    read: float


@click.command()
@click.option("--lines", multiple=True, type=int, default=(1_000, 10_000, 100_000), show_default=True)
def main(lines: Sequence[int]) -> None:
    """Fill an index and measure."""
    events = tuple((f"event-of-{each}-lines", each // LINES_PER_MESSAGE) for each in lines)
    shape = Shape(int(max(lines) * 3.1) + 1_000, long_events=events, long_events_from=0.0)
    folder = temporary_root("eventrail-benchmark-")
    server = Elasticsearch.create(folder / "elasticsearch", heap=HEAP)
    server.start()
    try:
        begin = time.perf_counter()
        sent = fill(Client(server.url, basic_auth=server.admin.pair, request_timeout=120), INDEX, shape)
        print(f"{sent:,} documents indexed in {time.perf_counter() - begin:.0f} s\n")
        measure(server, shape)
    finally:
        server.stop()
        shutil.rmtree(folder)


def measure(server: Elasticsearch, shape: Shape) -> None:
    """Print a row for each long event."""
    account = {"username": server.reader.username, "password": server.reader.password}
    logs = ElasticsearchLogs(ElasticsearchSection.model_validate({"url": server.url, **account}))
    client = Client(server.url, basic_auth=server.reader.pair, request_timeout=60, serializer=OrjsonSerializer())
    window = Window(shape.start - timedelta(seconds=1), shape.end + timedelta(seconds=1))
    print("| lines | bare fetch, s | event table, s | ratio, median (min to max) | until outline, s | memory, MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for correlation_id, _ in shape.long_events:
        # A little fewer than were asked for: what hangs at the end of the index is never settled.
        lines = int(client.count(index="application-*", query=_of_event(correlation_id))["count"])
        turn(client, logs, window, correlation_id, lines)
        turns = [turn(client, logs, window, correlation_id, lines) for _ in range(RUNS)]
        ratios = [each.read / each.bare for each in turns]
        bare, read, outlined = (
            statistics.median(getattr(each, name) for each in turns) for name in ("bare", "read", "outlined")
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {lines:,} | {bare:.3f} | {read:.3f} | {told} | {outlined:.3f} | {peak:,.0f} |", flush=True)


def turn(client: Client, logs: ElasticsearchLogs, window: Window, correlation_id: str, lines: int) -> Turn:
    """Fetch once in each way."""
    bare = timed(partial(fetch, client, correlation_id, lines))
    told: list[tuple[float, Progress]] = []
    begin = time.perf_counter()
    answer = logs.read(
        LogQuery(window, correlation_ids=(correlation_id,)),
        lambda progress: told.append((time.perf_counter() - begin, progress)),
    )
    read = time.perf_counter() - begin
    assert len(answer.events) == lines, answer.problems
    # What fits into one request is there as soon as its outline would be.
    return Turn(bare, next((at for at, progress in told if progress.outline is not None), read), read)


def fetch(client: Client, correlation_id: str, lines: int) -> None:
    """Fetch an event's documents and nothing more."""
    body: dict[str, Any] = {
        "query": _of_event(correlation_id),
        "track_total_hits": False,
        "size": PAGE,
    }
    if lines <= PAGE:
        fetched = len(client.search(index="application-*", **body)["hits"]["hits"])
    else:
        pit_id: str = client.open_point_in_time(index="application-*", keep_alive="1m")["id"]
        body |= {"pit": {"id": pit_id, "keep_alive": "1m"}, "sort": ["_shard_doc"]}
        with ThreadPoolExecutor(SLICES) as pool:
            fetched = sum(pool.map(partial(_fetch_slice, client, body), range(SLICES)))
        client.close_point_in_time(id=pit_id)
    assert fetched == lines, fetched


def _of_event(correlation_id: str) -> dict[str, Any]:
    return {"bool": {"filter": [{"term": {"messaging.message.conversation_id.keyword": correlation_id}}]}}


def _fetch_slice(client: Client, body: dict[str, Any], number: int) -> int:
    """Fetch one slice's documents; give how many."""
    body = body | {"slice": {"field": "@timestamp", "id": number, "max": SLICES}}
    fetched = 0
    while True:
        hits = client.search(body=body)["hits"]["hits"]
        fetched += len(hits)
        if len(hits) < PAGE:
            return fetched
        body["search_after"] = hits[-1]["sort"]


if __name__ == "__main__":
    main()
