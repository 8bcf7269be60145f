"""Options that commands share, and what they open."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from eventrail import clock
from eventrail.cli.times import INSTANT, Instant

if TYPE_CHECKING:  # a help text shall not wait for what an answer needs
    from eventrail.configuration import Configuration
    from eventrail.model.window import Window
    from eventrail.sources.ports import Sources

Command = TypeVar("Command", bound=Callable[..., Any])

SOURCE_VARIABLE: Final = "EVENTRAIL_SOURCE"
CONFIGURATION_VARIABLE: Final = "EVENTRAIL_CONFIG"
FORMATS: Final = ("table", "json", "markdown", "zipkin")
# How far before --to a search begins when only that is given.
SEARCH_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What --source and --config name, and the present: now for servers, the opening mark for a file."""

    sources: "Sources"
    configuration: "Configuration"
    now: datetime

    @property
    def present(self) -> datetime:
        """The instant that relative times count from."""
        return (self.sources.opening or self.now).astimezone(UTC)

    def instant(self, asked: Instant | None) -> datetime | None:
        """Give the instant asked for; None for none."""
        return None if asked is None else asked.at(self.present)

    def window(self, begin: Instant | None, end: Instant | None) -> "Window | None":
        """Give the window asked for; None when neither end is. Raises UsageError when it ends before it begins."""
        from eventrail.model.window import Window

        if begin is None and end is None:
            return None
        extent = self.sources.extent
        last = end.at(self.present) if end else (extent.end if extent else self.present)
        if begin is not None:
            return Window(begin.at(self.present), last)
        if extent is not None:
            return Window(min(extent.start, last), last)
        return Window.before(last, SEARCH_SECONDS)


def opened(source: str, config: Path | None, spans: Path | None = None) -> Opened:
    """Open the sources, with a file of spans beside the log lines where one is named.

    Raises EventrailError in one line.
    """
    from eventrail.configuration import load_configuration
    from eventrail.sources.opening import open_sources

    configuration = load_configuration(config)
    return Opened(open_sources(source, configuration, spans), configuration, clock.now())


def source_options(command: Command) -> Command:
    """Add --source and --config."""
    add_source = click.option(
        "--source",
        default="live",
        envvar=SOURCE_VARIABLE,
        show_default=True,
        metavar="SOURCE",
        help="live (the servers of the configuration), recording:FILE, or jsonl:FILE[.gz].",
    )
    return add_source(config_option(command))


def config_option(command: Command) -> Command:
    """Add --config."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        envvar=CONFIGURATION_VARIABLE,
        metavar="FILE",
        help="Configuration file; ./eventrail.toml where there is one.",
    )(command)


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document for machines.")(command)


def format_options(command: Command) -> Command:
    """Add --format, and --json as a short way to say one of them; `chosen_format` tells which."""
    add_format = click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        help="table for people (the default), json for machines, markdown for a chat or ticket, zipkin for Zipkin or "
        "Jaeger.",
    )
    return add_format(json_option(command))


def chosen_format(form: str | None, as_json: bool) -> str:
    """Give one of FORMATS. Raises UsageError when --json and --format say different things."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other; give one of them")
    return "json" if as_json else form or "table"


def window_options(command: Command) -> Command:
    """Add --from and --to."""
    add_from = click.option("--from", "begin", type=INSTANT, help="Begin of the window: ISO 8601 with zone, or -15m.")
    add_to = click.option("--to", "end", type=INSTANT, help="End of the window; now, or the end of a file.")
    return add_from(add_to(command))


def as_of_option(command: Command) -> Command:
    """Add --as-of."""
    return click.option(
        "--as-of",
        type=INSTANT,
        help="The instant to speak about: ISO 8601 with zone, or -15m. Now, or the mark of a recording.",
    )(command)
