"""The entry point: finds the command, and turns every error into one line and an exit status."""

import os
import sys
from collections.abc import Sequence

import click

from eventrail.cli.acting import connection, dead_letters
from eventrail.cli.dashboard import dashboard
from eventrail.cli.index import index
from eventrail.cli.outcome import ANSWERED, FAILED, NOT_FOUND
from eventrail.cli.questions import check, find, trace, unacked
from eventrail.cli.recording import record
from eventrail.cli.waiting import waiting
from eventrail.cli.watch import watch
from eventrail.errors import EventrailError, NotFoundError
from eventrail.harmless import plain

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="eventrail", prog_name="eventrail")
def commands() -> None:
    """Follow events through an asynchronous system: what is not acknowledged, since when, and who holds it.

    Exit status: 0 answered, 1 not found, 2 bad usage or a source that does not answer.
    """


for command in (trace, unacked, waiting, watch, find, record, check, index, dead_letters, connection, dashboard):
    commands.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line and give its exit status; errors are told in one line on standard error."""
    try:
        with commands.make_context("eventrail", list(arguments)) as context:
            commands.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except NotFoundError as error:
        return _told(str(error), NOT_FOUND)
    except EventrailError as error:
        return _told(str(error), FAILED)
    except click.UsageError as error:
        help_of = error.ctx.command_path if error.ctx else "eventrail"
        return _told(f"{error.format_message()} (see {help_of} --help)", FAILED)
    except click.ClickException as error:
        return _told(error.format_message(), FAILED)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has seen enough; what is still buffered must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ANSWERED


def _told(message: str, status: int) -> int:
    click.echo(f"eventrail: {plain(message)}", err=True)
    return status


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))
