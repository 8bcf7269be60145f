"""`eventrail watch`: evaluates the ledger on an interval and serves metrics until it is told to end."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from eventrail.cli.options import Opened, opened, source_options
from eventrail.errors import SourceUnavailableError, UsageError

if TYPE_CHECKING:  # a help text shall not wait for what an answer needs
    from eventrail.watch.watcher import Watcher

# An evaluation under way gets so long to end when the watch is told to; a request may hang for its whole time-out.
END_SECONDS: Final = 5.0
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def _listen_address(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    from eventrail.configuration.sections import listen_address

    try:
        return None if value is None else listen_address(value)
    except ValueError as refused:
        raise click.BadParameter(f"{value!r} {refused}") from None


@click.command(
    epilog="Examples:\n\n  eventrail watch\n\n  eventrail watch --listen 0.0.0.0:9718 --interval 30\n\n"
    "  eventrail watch --queue payments --once --strict"
)
@click.option("--once", is_flag=True, help="Evaluate once, print the metrics and end.")
@click.option("--strict", is_flag=True, help="With --once: exit status 2 when a source is silent or the logs are late.")
@click.option(
    "--listen", metavar="ADDRESS:PORT", callback=_listen_address, help="Where to serve; watch.listen by default."
)
@click.option("--interval", type=click.FloatRange(1, 3600), metavar="SECONDS", help="How often to evaluate.")
@click.option("--queue", "queues", multiple=True, help="Only this queue; may be given several times.")
@click.option("--vhost", "vhosts", multiple=True, help="Only this virtual host; may be given several times.")
@source_options
def watch(
    once: bool,
    strict: bool,
    listen: str | None,
    interval: float | None,
    queues: tuple[str, ...],
    vhosts: tuple[str, ...],
    source: str,
    config: Path | None,
) -> None:
    """Serve the age and number of unacknowledged messages to Prometheus, at /metrics. Ctrl+C or SIGTERM ends it."""
    if strict and not once:
        raise click.UsageError("--strict goes with --once")
    ground = opened(source, config)
    if ground.sources.logs is None:
        raise UsageError("eventrail watch needs the logs: configure [elasticsearch], or open a file with --source")
    given = {"interval_seconds": interval, "queues": queues, "vhosts": vhosts}
    with _logging():
        watcher = _watcher(ground, {name: value for name, value in given.items() if value})
        if once:
            _once(watcher, ground.configuration.watch.late_seconds if strict else None)
        else:
            _serve(watcher, listen or ground.configuration.watch.listen)


def _watcher(ground: Opened, given: dict[str, Any]) -> "Watcher":
    """Make the watcher that configuration and options ask for; options go before."""
    from eventrail.investigate.watching import Chosen
    from eventrail.watch.bounds import Limits
    from eventrail.watch.watcher import Watcher, WatchSettings

    section = ground.configuration.watch.model_copy(update=given)
    settings = WatchSettings(
        interval_seconds=section.interval_seconds,
        chosen=Chosen(section.queues, section.vhosts),
        limits=Limits(section.queues_max, section.holders_max),
        dashboard_url=section.dashboard_url,
    )
    return Watcher(ground.sources, settings)


def _once(watcher: "Watcher", late_seconds: float | None) -> None:
    """Print what one evaluation gives. late_seconds: raise when it cannot be trusted or speaks of longer ago."""
    from eventrail.watch.serving import exposition

    answer = watcher.evaluate()
    click.echo(exposition(watcher), nl=False)
    if late_seconds is None:
        return
    if answer is None:
        raise SourceUnavailableError("the evaluation failed by a fault of Eventrail itself; see above")
    if answer.silent:
        why = next(str(problem) for problem in answer.problems if problem.severity == "error")
        raise SourceUnavailableError(f"no answer from {', '.join(sorted(answer.silent))} ({why})")
    if answer.moment.behind_seconds > late_seconds:
        behind = f"the logs are {answer.moment.behind_seconds:.0f} s behind, more than {late_seconds:.0f} s"
        raise SourceUnavailableError(f"{behind}; see whether the log shippers run, or raise watch.late_seconds")


def _serve(watcher: "Watcher", listen: str) -> None:
    """Evaluate and serve until a signal says to end."""
    from eventrail.watch.serving import MetricsServer

    server = MetricsServer(listen, watcher)
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _SIGNALS}
    evaluating = threading.Thread(target=watcher.run, args=(stop,), name="evaluations", daemon=True)
    try:
        server.start()
        evaluating.start()
        click.echo(f"Eventrail watches every {watcher.interval_seconds:g} s: {server.url}")
        stop.wait()
        server.stop()
        evaluating.join(END_SECONDS)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if evaluating.is_alive():
        # It waits for a server that does not answer, and Python would wait for it at exit. There is nothing to save.
        sys.stdout.flush()
        os._exit(0)


@contextmanager
def _logging() -> Iterator[None]:
    """Write what Eventrail logs to standard error, with the time in UTC."""
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    own = logging.getLogger("eventrail")
    level = own.level
    own.addHandler(handler)
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        own.setLevel(level)
        own.removeHandler(handler)
