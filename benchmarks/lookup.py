"""From a correlation ID to its trace, and the ledger of a stuck queue, on a large Elasticsearch index.

`python -m benchmarks.lookup [--documents N]` starts an Elasticsearch of its own and fills it. The bare request and
Eventrail's own take turns within one run, so that what else the machine does falls on both.
"""

import resource
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import click
import pandas as pd
from elasticsearch import Elasticsearch as Client

from benchmarks.index import fill
from benchmarks.log_documents import Shape
from eventrail.analysis.completeness import judge_completeness
from eventrail.configuration.sections import ElasticsearchSection
from eventrail.investigate.answers import Moment
from eventrail.investigate.ledgers import LedgersBuilt, build_ledgers
from eventrail.investigate.moment import MomentFound
from eventrail.investigate.tracing import read_event, trace_of_lines
from eventrail.model.summaries import FRESHNESS_COLUMNS
from eventrail.model.table import conform
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric
from eventrail.sources.elasticsearch import ElasticsearchLogs
from eventrail.sources.ports import Sources
from eventrail.sources.recording import RecordedMetrics
from stack.elasticsearch import Elasticsearch
from stack.places import temporary_root

INDEX = "application-2026.01.31"
RUNS = 15
HEAP = "2g"


@dataclass(frozen=True)
class Subject:
    """What is measured on: the index, a client with the same rights as the dashboard, and the log source."""

    shape: Shape
    client: Client
    logs: ElasticsearchLogs

    @property
    def window(self) -> Window:
        """All of the index."""
        return Window(self.shape.start - timedelta(seconds=1), self.shape.end + timedelta(seconds=1))


@click.command()
@click.option("--documents", default=5_000_000, show_default=True, help="Documents in the index.")
def main(documents: int) -> None:
    """Fill an index and measure."""
    shape = Shape(documents)
    folder = temporary_root("eventrail-benchmark-")
    server = Elasticsearch.create(folder / "elasticsearch", heap=HEAP)
    server.start()
    try:
        admin = Client(server.url, basic_auth=server.admin.pair, request_timeout=120)
        begin = time.perf_counter()
        sent = fill(admin, INDEX, shape)
        print(f"{sent:,} documents indexed in {time.perf_counter() - begin:.0f} s\n")
        reader = Client(server.url, basic_auth=server.reader.pair, request_timeout=60)
        section = ElasticsearchSection.model_validate(
            {"url": server.url, "username": server.reader.username, "password": server.reader.password}
        )
        subject = Subject(shape, reader, ElasticsearchLogs(section))
        traces(subject)
        stuck_queue(subject)
    finally:
        server.stop()
        shutil.rmtree(folder)


def traces(subject: Subject) -> None:
    """Print, for each long event, the bare request beside the assembled trace."""
    print("| event | lines | steps | bare request, ms | assembled trace, ms | ratio, median (min to max) |")
    print("|---|---:|---:|---:|---:|---:|")
    for correlation_id, _ in subject.shape.long_events:
        lines, steps = bare(subject, correlation_id), assembled(subject, correlation_id)
        one, other = partial(bare, subject, correlation_id), partial(assembled, subject, correlation_id)
        pairs = [(timed(one), timed(other)) for _ in range(RUNS)]
        ratios = [own / request for request, own in pairs]
        request_ms, own_ms = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
        told = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"| {correlation_id} | {lines:,} | {steps:,} | {request_ms:.1f} | {own_ms:.1f} | {told} |", flush=True)


def bare(subject: Subject, correlation_id: str) -> int:
    """Ask Elasticsearch for the same documents and nothing more; give how many came."""
    answer = subject.client.search(
        index="application-*",
        query={"bool": {"filter": [{"term": {"messaging.message.conversation_id.keyword": correlation_id}}]}},
        size=10_000,
        track_total_hits=False,
    )
    return len(answer["hits"]["hits"])


def assembled(subject: Subject, correlation_id: str) -> int:
    """Go from the correlation ID to its trace; give how many steps it has."""
    answer, routes = read_event(subject.logs, correlation_id, subject.window)
    as_of = pd.Timestamp(subject.window.end)
    return len(trace_of_lines(subject.logs, correlation_id, answer.events, routes.frame, as_of).steps)


def stuck_queue(subject: Subject) -> None:
    """Print how long the ledger of the stuck queue takes; its gauge is in memory, as Prometheus' part is not meant."""
    built = ledger(subject)
    seconds = [timed(lambda: ledger(subject)) for _ in range(RUNS)]
    (queue,) = built.ledger.queues
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nstuck queue {queue.queue}: {len(queue.deliveries)} of {queue.gauge} listed, the oldest for")
    print(f"{queue.oldest_age_seconds or 0:,.0f} s; median {statistics.median(seconds):.2f} s", end=" ")
    print(f"({min(seconds):.2f} to {max(seconds):.2f}); peak memory of the process {peak:,.0f} MB")


def ledger(subject: Subject) -> LedgersBuilt:
    """Build the ledger of the stuck queue at the end of the index."""
    shape = subject.shape
    end = pd.Timestamp(shape.end)
    hung_from = end - pd.Timedelta(seconds=shape.stuck_seconds)
    times = pd.date_range(hung_from - pd.Timedelta(minutes=5), end, freq="5s")
    held = pd.DataFrame({"time": times, "value": 10.0, "vhost": "bank", "queue": shape.stuck_queue})
    held.loc[held["time"] <= hung_from, "value"] = 0.0
    frames = {
        "queue_messages_unacked": RecordedMetric(held, "benchmark"),
        "queue_messages_ready": RecordedMetric(held.assign(value=0.0), "benchmark"),
    }
    metrics = RecordedMetrics("gauge in memory", frames, subject.window)
    sources = Sources(subject.logs, metrics, None, "benchmark")
    completeness = judge_completeness(conform({}, FRESHNESS_COLUMNS), None, end, end)
    moment = Moment(as_of=end, asked=end, logs_complete_to=end, behind_seconds=0.0, live=False)
    return build_ledgers(sources, MomentFound(moment, completeness, ()), shape.stuck_queue, "bank", 1800.0)


def timed(action: Callable[[], object]) -> float:
    """Give the seconds an action takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
