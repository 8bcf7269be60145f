"""`eventrail index`: keep the delivery index."""

import os
import re
import socket
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from eventrail import clock
from eventrail.cli.options import config_option
from eventrail.errors import SourceUnavailableError, UsageError
from eventrail.harmless import plain

if TYPE_CHECKING:  # a help text shall not wait for what the work needs
    from eventrail.configuration import Configuration
    from eventrail.investigate.indexing import Indexer, Round

WORKERS_MAX: Final = 64
# How far a worker is, is saved after so many blocks: what is read again after a crash is no more than that.
BLOCKS_BETWEEN_SAVES: Final = 5
# After an outage the servers are asked again so soon at first, and this seldom at last.
RETRY_SECONDS: Final = 1.0
RETRY_SECONDS_MAX: Final = 30.0
FORGET_EVERY_SECONDS: Final = 600.0


class _Worker(click.ParamType[tuple[int, int]]):
    """K/N: the K-th of N workers."""

    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Give K and N; fails for anything else."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", value)
        worker, workers = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= worker <= workers <= WORKERS_MAX:
            self.fail(f"{value!r} is not a worker such as 1/4, the first of four (at most {WORKERS_MAX})", param, ctx)
        return worker, workers


@click.command(
    epilog="Examples:\n\n  eventrail index\n\n  eventrail index --once\n\n  eventrail index --worker 2/4",
)
@click.option("--once", is_flag=True, help="Take in what is there now, and end.")
@click.option(
    "--worker", type=_Worker(), default="1/1", show_default=True, help="Which of how many workers side by side this is."
)
@config_option
def index(once: bool, worker: tuple[int, int], config: Path | None) -> None:
    """Follow the logs and keep one small document a delivery in Elasticsearch, for ledgers over large volumes.

    May be ended and started at any point: nothing is lost, nothing counted twice.
    """
    from eventrail.configuration import load_configuration

    configuration = load_configuration(config)
    indexer = _indexer(configuration, *worker)
    poll_seconds = configuration.index.poll_seconds if configuration.index else 0.0
    if once:
        _take_in_all(indexer, poll_seconds)
    else:
        _follow(indexer, poll_seconds)


def _indexer(configuration: "Configuration", worker: int, workers: int) -> "Indexer":
    from eventrail.investigate.indexing import Indexer
    from eventrail.sources.elasticsearch.delivery_index import ElasticsearchFeed, ElasticsearchStore

    if configuration.elasticsearch is None or configuration.index is None:
        raise UsageError(
            "the delivery index needs [elasticsearch] and [index] in eventrail.toml (see docs/configuration.md); "
            "an [index] without keys will do"
        )
    return Indexer(
        ElasticsearchFeed(configuration.elasticsearch),
        ElasticsearchStore(configuration.elasticsearch, configuration.index),
        worker,
        workers,
        owner=f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4()}",
        keep_seconds=configuration.index.keep_days * 86_400,
    )


def _take_in_all(indexer: "Indexer", poll_seconds: float) -> None:
    """Take in what is there; a fault ends it."""
    begin = time.monotonic()
    indexer.begin()
    documents = lines = 0
    whole = False
    while not whole:
        done = indexer.look(clock.now(), BLOCKS_BETWEEN_SAVES)
        documents, lines, whole = documents + done.documents, lines + done.lines, done.whole
        if not whole and not done.documents:
            time.sleep(poll_seconds)
    removed = _forget(indexer)
    seconds = time.monotonic() - begin
    click.echo(
        f"{documents:,} log documents read in {seconds:.1f} s ({documents / seconds:,.0f}/s), "
        f"{lines:,} lines taken in, {removed:,} old documents removed"
    )


def _follow(indexer: "Indexer", poll_seconds: float) -> None:
    """Follow the logs until ended; an outage is waited for."""
    begun = False
    wait_seconds = RETRY_SECONDS
    forgot_at = -FORGET_EVERY_SECONDS
    while True:
        try:
            if not begun:
                indexer.begin()
                begun = True
                click.echo(f"worker {indexer.worker}/{indexer.workers} follows {indexer.feed.name}", err=True)
            done = indexer.look(clock.now(), BLOCKS_BETWEEN_SAVES)
            if done.whole and time.monotonic() - forgot_at >= FORGET_EVERY_SECONDS:
                forgot_at = time.monotonic()
                _forget(indexer)
            wait_seconds = RETRY_SECONDS
        except SourceUnavailableError as error:
            click.echo(f"eventrail: {plain(error)}; asking again in {wait_seconds:.0f} s", err=True)
            time.sleep(wait_seconds)
            wait_seconds = min(2 * wait_seconds, RETRY_SECONDS_MAX)
            continue
        if not _more(done):
            time.sleep(poll_seconds)


def _more(done: "Round") -> bool:
    """Whether there is more to take in right away."""
    return bool(done.documents) and not done.whole


def _forget(indexer: "Indexer") -> int:
    """Remove all documents that are no longer kept."""
    removed = 0
    while some := indexer.forget(clock.now()):
        removed += some
    return removed
