"""`eventrail trace`, `unacked`, `find` and `check`: ask, lay out, and say by the exit status what came of it."""

from pathlib import Path

import click

from eventrail.cli.options import (
    as_of_option,
    chosen_format,
    format_options,
    json_option,
    opened,
    source_options,
    window_options,
)
from eventrail.cli.outcome import logs_outage, require_found
from eventrail.cli.times import Instant
from eventrail.errors import SourceUnavailableError
from eventrail.model.delivery_filter import AGAIN, KNOWN, STAGES, DeliveryFilter

# Of options.FORMATS; the others hand on the event alone, and need not wait for others to be read.
TELLING_WHAT_IS_USUAL = ("table", "json")


@click.command(
    epilog="Examples:\n\n  eventrail trace 01kg4yq1r9\n\n"
    "  eventrail trace 01kg4yq1r9 --logs --source recording:hung.eventrail\n\n"
    "  eventrail trace 01kg4yq1r9 --from -7d --format markdown"
)
@click.argument("correlation_id")
@click.option("--logs", is_flag=True, help="Show the event's other log lines too.")
@as_of_option
@window_options
@format_options
@click.option(
    "--spans",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Parquet file of spans to read beside the log lines.",
)
@source_options
def trace(
    correlation_id: str,
    logs: bool,
    as_of: Instant | None,
    begin: Instant | None,
    end: Instant | None,
    form: str | None,
    as_json: bool,
    spans: Path | None,
    source: str,
    config: Path | None,
) -> None:
    """Follow the event CORRELATION_ID through all services.

    Searched is the day before, or the whole of a file; --from and --to widen that.
    """
    from eventrail.cli.reading import reading_shown
    from eventrail.cli.screen import seconds
    from eventrail.cli.show_trace import say_trace
    from eventrail.investigate.tracing import investigate_trace
    from eventrail.investigate.usual import investigate_usual

    chosen = chosen_format(form, as_json)
    ground = opened(source, config, spans)
    window, at = ground.window(begin, end), ground.instant(as_of)
    with reading_shown() as show:
        answer = investigate_trace(
            ground.sources, correlation_id, now=ground.now, as_of=at, window=window, on_progress=show
        )
    usual = None
    if answer.trace is not None and chosen in TELLING_WHAT_IS_USUAL:
        usual = investigate_usual(ground.sources, answer.trace, window=window)
    say_trace(answer, usual, chosen, log_lines=logs)
    searched = f"{seconds(answer.searched.start)} to {seconds(answer.searched.end)} UTC"
    require_found(
        answer.trace is not None,
        f"no log line carries the correlation ID {correlation_id!r} from {searched}; widen the search with --from, "
        "or look for a part of it with `eventrail find`",
        ground.sources,
        answer.problems,
    )


@click.command(
    epilog="Examples:\n\n  eventrail unacked\n\n  eventrail unacked --queue payments --as-of -10m\n\n"
    "  eventrail unacked --as-of 2026-01-31T09:15:00Z --json\n\n"
    "  eventrail unacked --node node-b --attempted-before"
)
@click.option("--queue", help="Only this queue, also when it holds nothing.")
@click.option("--vhost", help="Only this virtual host.")
@click.option("--consumer", default="", help="Only deliveries to the consumer with this tag.")
@click.option("--pod", default="", help="Only deliveries that this pod holds.")
@click.option("--node", default="", help="Only deliveries held on this node.")
@click.option("--event-type", default="", help="Only deliveries of this event type.")
@click.option("--correlation-id", "correlation", default="", help="Only those whose correlation ID contains this.")
@click.option("--stage", type=click.Choice(STAGES), help="Only those so far.")
@click.option("--attempted-before", is_flag=True, help="Only those that were delivered before.")
@click.option("--known", type=click.Choice(KNOWN), help="Only those that lines state, or that are inferred.")
@as_of_option
@json_option
@source_options
def unacked(
    queue: str | None,
    vhost: str | None,
    as_of: Instant | None,
    as_json: bool,
    source: str,
    config: Path | None,
    attempted_before: bool,
    **wanted: str | None,
) -> None:
    """List the messages that are delivered and not acknowledged: since when, and who holds them.

    Counts are always of whole queues; what is listed of them may be narrowed.
    """
    from eventrail.cli import documents
    from eventrail.cli.screen import screen
    from eventrail.cli.show_unacked import show_unacked
    from eventrail.investigate.unacked import investigate_unacked
    from eventrail.report.json_values import as_text

    only = DeliveryFilter(
        attempt=AGAIN if attempted_before else "", **{name: text or "" for name, text in wanted.items()}
    )
    ground = opened(source, config)
    answer = investigate_unacked(ground.sources, now=ground.now, queue=queue, vhost=vhost, as_of=ground.instant(as_of))
    if as_json:
        click.echo(as_text(documents.unacked_document(answer, only)))
    elif queue is None or answer.ledger.queues:
        show_unacked(screen(), answer, only)
    found = bool(answer.ledger.queues) or (queue is None and not logs_outage(ground.sources, answer.problems))
    what = f"neither metrics nor log lines know a queue {queue!r}"
    require_found(found, what, ground.sources, answer.problems)


@click.command(
    epilog="Examples:\n\n  eventrail find 01kg4y\n\n  eventrail find payment.requested --from -2h\n\n"
    "  eventrail find 'limit exceeded'"
)
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many events.")
@window_options
@json_option
@source_options
def find(
    text: str, limit: int, begin: Instant | None, end: Instant | None, as_json: bool, source: str, config: Path | None
) -> None:
    """Find events by TEXT, newest first.

    TEXT is the beginning of a correlation ID, a message ID, an event type, a service, or words of a log line.
    """
    from eventrail.cli import documents
    from eventrail.cli.screen import screen, seconds
    from eventrail.cli.show_sources import show_found
    from eventrail.investigate.finding import find_events
    from eventrail.report.json_values import as_text

    ground = opened(source, config)
    answer = find_events(ground.sources, text, now=ground.now, window=ground.window(begin, end), limit=limit)
    if as_json:
        click.echo(as_text(documents.found_document(answer)))
    elif len(answer.frame):
        show_found(screen(), answer)
    searched = f"{seconds(answer.searched.start)} to {seconds(answer.searched.end)} UTC"
    require_found(len(answer.frame) > 0, f"nothing found for {text!r} from {searched}", ground.sources, answer.problems)


@click.command(epilog="Examples:\n\n  eventrail check\n\n  eventrail check --source jsonl:application.log.gz")
@window_options
@json_option
@source_options
def check(begin: Instant | None, end: Instant | None, as_json: bool, source: str, config: Path | None) -> None:
    """Say which sources answer, their versions, and which fields and metrics they hold."""
    from eventrail.cli import documents
    from eventrail.cli.screen import screen
    from eventrail.cli.show_sources import show_checks
    from eventrail.investigate.checking import check_sources
    from eventrail.report.json_values import as_text

    ground = opened(source, config)
    checks = check_sources(ground.sources, now=ground.now, window=ground.window(begin, end))
    if as_json:
        click.echo(as_text(documents.checks_document(checks)))
    else:
        show_checks(screen(), checks)
    silent = [each for each in checks if not each.reachable]
    if silent:
        why = "; ".join(str(problem) for each in silent for problem in each.problems[:1])
        raise SourceUnavailableError(f"not reachable: {', '.join(each.source for each in silent)} ({why})")
