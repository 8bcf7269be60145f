"""The ledger of one busy queue with a hung consumer, from the logs and from the delivery index.

`python -m benchmarks.delivery_index [--documents N ...]` starts an Elasticsearch of its own, fills it, lets
`eventrail index` take all in, and asks both ways in turns. Four pods take 200 messages/s of the queue until one
hangs, an hour (or the whole index, if that is shorter) before the end. With `--folder` the filled Elasticsearch is kept
there, and what an earlier run filled is asked again.
"""

import os
import shutil
import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pandas as pd
from elasticsearch import Elasticsearch as Client

from benchmarks.busy_queue import QUEUE, BusyQueue
from benchmarks.index import fill_with
from benchmarks.lookup import timed
from eventrail.analysis.completeness import judge_completeness
from eventrail.configuration.sections import ElasticsearchSection, IndexSection
from eventrail.investigate.answers import Moment
from eventrail.investigate.indexing import Indexer
from eventrail.investigate.ledgers import LedgersBuilt, build_ledgers
from eventrail.investigate.moment import MomentFound
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric
from eventrail.sources.elasticsearch import ElasticsearchLogs
from eventrail.sources.elasticsearch.delivery_index import (
    ElasticsearchDeliveries,
    ElasticsearchFeed,
    ElasticsearchStore,
)
from eventrail.sources.ports import Sources
from eventrail.sources.recording import RecordedMetrics
from stack.elasticsearch import Elasticsearch
from stack.places import temporary_root

INDEX_PREFIX = "application-busy"
RUNS = 5
HEAP = "2g"
KEEP_SECONDS = 400 * 86_400.0


@click.command()
@click.option("--documents", multiple=True, default=(1_000_000, 10_000_000), show_default=True, help="Index sizes.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the filled Elasticsearch here.")
def main(documents: tuple[int, ...], folder: Path | None) -> None:
    """Fill an index of each size and measure."""
    root = folder or temporary_root("eventrail-benchmark-")
    server = Elasticsearch.create(root / "elasticsearch", heap=HEAP)
    server.start()
    try:
        print(f"load average at the begin: {os.getloadavg()[0]:.1f}\n")
        print("| log documents | indexed, documents/s | listed | from the logs, s | from the delivery index, s |")
        print("|---:|---:|---:|---:|---:|")
        for number in documents:
            measure(server, BusyQueue(number), keep=folder is not None)
        print(f"\nload average at the end: {os.getloadavg()[0]:.1f}")
    finally:
        server.stop()
        if folder is None:
            shutil.rmtree(root)


def measure(server: Elasticsearch, queue: BusyQueue, *, keep: bool) -> None:
    """Print one row."""
    admin = Client(server.url, basic_auth=server.admin.pair, request_timeout=120)
    section = ElasticsearchSection.model_validate(
        {
            "url": server.url,
            "username": server.admin.username,
            "password": server.admin.password,
            "index": f"{INDEX_PREFIX}-{queue.documents}",
            "timeout_seconds": 600,
        }
    )
    index = IndexSection(name=f"eventrail-deliveries-{queue.documents}")
    filled, speed = _filled(admin, section, index, queue)
    by_logs = _sources(section, queue)
    by_index = replace(by_logs, deliveries=ElasticsearchDeliveries(section, index))
    one, other = _ledger(by_logs, queue), _ledger(by_index, queue)
    assert not one.way.by_index
    assert other.way.by_index, other.ledger.problems
    (first,), (second,) = one.ledger.queues, other.ledger.queues
    assert set(first.deliveries["message_id"]) == set(second.deliveries["message_id"])

    def ask(sources: Sources) -> float:
        # The same question is never asked of logs that grow; here Elasticsearch would answer it from its cache.
        admin.indices.clear_cache(index=f"{section.index},{index.name}", request=True, query=True)
        return timed(lambda: _ledger(sources, queue))

    pairs = [(ask(by_logs), ask(by_index)) for _ in range(RUNS)]
    told = " | ".join(
        f"{statistics.median(side):.2f} ({min(side):.2f} to {max(side):.2f})" for side in zip(*pairs, strict=True)
    )
    print(f"| {filled:,} | {speed} | {len(second.deliveries):,} | {told} |", flush=True)
    if not keep:
        admin.indices.delete(index=section.index)
        admin.indices.delete(index=index.name)


def _filled(admin: Client, section: ElasticsearchSection, index: IndexSection, queue: BusyQueue) -> tuple[int, str]:
    """Give how many documents the logs have, and how many a second the delivery index took in.

    Logs whose delivery index was begun are whole and not filled again; what it lacks is taken in.
    """
    begun = bool(admin.indices.exists(index=index.name))
    filled = int(admin.count(index=section.index)["count"]) if begun else fill_with(admin, section.index, queue.lines())
    begin = time.perf_counter()
    indexer = Indexer(
        ElasticsearchFeed(section),
        ElasticsearchStore(section, index),
        1,
        1,
        owner="benchmark",
        keep_seconds=KEEP_SECONDS,
    )
    indexer.begin()
    while not indexer.look(datetime.now(tz=UTC)).whole:
        pass
    return filled, "earlier" if begun else f"{filled / (time.perf_counter() - begin):,.0f}"


def _sources(section: ElasticsearchSection, queue: BusyQueue) -> Sources:
    """Give the logs, and the queue's gauge in memory, as Prometheus' part is not meant."""
    end = pd.Timestamp(queue.end)
    times = pd.date_range(pd.Timestamp(queue.hung_from) - pd.Timedelta(minutes=1), end, freq="5s")
    held = pd.DataFrame({"time": times, "value": float(queue.prefetch), "vhost": "bank", "queue": QUEUE})
    held.loc[held["time"] <= pd.Timestamp(queue.hung_from), "value"] = 0.0
    frames = {
        "queue_messages_unacked": RecordedMetric(held, "benchmark"),
        "queue_messages_ready": RecordedMetric(held.assign(value=0.0), "benchmark"),
    }
    window = Window(queue.start - timedelta(hours=1), queue.end + timedelta(seconds=1))
    return Sources(ElasticsearchLogs(section), RecordedMetrics("gauge in memory", frames, window), None, "benchmark")


def _ledger(sources: Sources, queue: BusyQueue) -> LedgersBuilt:
    """Build the queue's ledger at the end of the logs."""
    end = pd.Timestamp(queue.end)
    completeness = judge_completeness(conform({}, FRESHNESS_COLUMNS), None, end, end)
    moment = Moment(as_of=end, asked=end, logs_complete_to=end, behind_seconds=0.0, live=False)
    return build_ledgers(sources, MomentFound(moment, completeness, ()), QUEUE, "bank", 1800.0)


if __name__ == "__main__":
    main()
