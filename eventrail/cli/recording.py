"""`eventrail record`: keep a time window in one file."""

import sys
from pathlib import Path

import click

from eventrail.cli.options import json_option, opened, source_options
from eventrail.cli.times import INSTANT, Instant
from eventrail.errors import UsageError
from eventrail.harmless import plain


@click.command(
    epilog="Examples:\n\n  eventrail record --from -20m --to now hung.eventrail\n\n"
    "  eventrail record --from 2026-01-31T09:00Z --to 2026-01-31T09:20Z --opens-at 2026-01-31T09:12Z hung.eventrail"
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "begin", type=INSTANT, required=True, help="Begin of the window: ISO 8601 with zone, or -20m.")
@click.option("--to", "end", type=INSTANT, required=True, help="End of the window; may be: now.")
@click.option("--opens-at", type=INSTANT, help="The instant the recording opens at; its end when absent.")
@click.option("--description", default="", help="A few words on what it shows.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@json_option
@source_options
def record(
    file: Path,
    begin: Instant,
    end: Instant,
    opens_at: Instant | None,
    description: str,
    force: bool,
    as_json: bool,
    source: str,
    config: Path | None,
) -> None:
    """Keep the log lines and metrics of a time window in FILE (its name ends in .eventrail).

    The file holds log texts as they are: treat it as you treat your logs. It opens anywhere, without a server.
    """
    from rich.text import Text

    from eventrail.cli import documents
    from eventrail.cli.screen import screen, show_problems
    from eventrail.model.window import Window
    from eventrail.recording.record import record as make_recording
    from eventrail.report.json_values import as_text

    if file.suffix != ".eventrail":
        raise UsageError(f"{file}: the name of a recording ends in .eventrail")
    if file.exists() and not force:
        raise UsageError(f"{file} is there already; --force replaces it")
    ground = opened(source, config)
    made = make_recording(
        ground.sources,
        Window(begin.at(ground.present), end.at(ground.present)),
        file,
        created_at=ground.now,
        opening=ground.instant(opens_at),
        description=description,
        progress=_tell_progress,
    )
    if as_json:
        click.echo(as_text(documents.recording_document(made)))
        return
    console = screen()
    facts = f"{made.size_bytes / 1e6:.2f} MB, {made.log_lines:,} log lines, {made.samples:,} samples"
    console.print(Text(f"{plain(made.path)}: {facts}"))
    show_problems(console, made.problems)


def _tell_progress(part: float, doing: str) -> None:
    """Show progress where somebody watches; a log file or a pipe gets none."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{part:4.0%} {doing}" if part < 1 else "\r\x1b[K", nl=False, err=True)
