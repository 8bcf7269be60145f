"""`eventrail waiting`: what is in queues without a delivery, why, and what left them unhandled."""

from pathlib import Path

import click

from eventrail.cli.options import as_of_option, json_option, opened, source_options
from eventrail.cli.outcome import logs_outage, require_found
from eventrail.cli.times import Instant


@click.command(
    epilog="Examples:\n\n  eventrail waiting\n\n  eventrail waiting ledger.posted --as-of -10m\n\n"
    "  eventrail waiting --source recording:hung.eventrail --json"
)
@click.argument("queue", required=False)
@click.option("--vhost", help="Only this virtual host.")
@as_of_option
@json_option
@source_options
def waiting(
    queue: str | None, vhost: str | None, as_of: Instant | None, as_json: bool, source: str, config: Path | None
) -> None:
    """List the messages that wait in QUEUE, or in all queues: since when, and why no consumer has them.

    And those that left a queue unhandled: unroutable, rejected, expired, dropped; where they went and why.
    """
    from eventrail.cli.screen import screen
    from eventrail.cli.show_waiting import show_waiting
    from eventrail.cli.waiting_documents import waiting_document
    from eventrail.investigate.waiting import investigate_waiting
    from eventrail.report.json_values import as_text

    ground = opened(source, config)
    answer = investigate_waiting(ground.sources, now=ground.now, queue=queue, vhost=vhost, as_of=ground.instant(as_of))
    if as_json:
        click.echo(as_text(waiting_document(answer)))
    elif queue is None or answer.queues:
        show_waiting(screen(), answer)
    found = bool(answer.queues) or (queue is None and not logs_outage(ground.sources, answer.problems))
    what = f"neither metrics nor log lines know a queue {queue!r}"
    require_found(found, what, ground.sources, answer.problems)
