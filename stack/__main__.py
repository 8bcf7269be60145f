"""`python -m stack up|down|status`: the real servers for development, on loopback."""

import sys
from pathlib import Path

import click

from stack.compose import Stack
from stack.elasticsearch import DEFAULT_HEAP
from stack.errors import StackError
from stack.places import data_root, run_folder

_run_option = click.option(
    "--run",
    type=click.Path(path_type=Path, file_okay=False),
    default=run_folder,
    show_default=".run in the checkout",
    help="Folder that takes stack.json and the servers' data.",
)


@click.group()
def command() -> None:
    """Start and stop the real servers that Eventrail is developed and tested with."""


@command.command()
@_run_option
@click.option("--heap", default=DEFAULT_HEAP, show_default=True, help="Elasticsearch's heap.")
def up(run: Path, heap: str) -> None:
    """Start the servers and wait until all answer; leaves running ones alone."""
    state = run / "stack.json"
    stack = Stack.load(state) if state.exists() else Stack.create(data_root(run), heap)
    stack.save(state)
    stack.start()
    _show(stack)


@command.command()
@_run_option
def down(run: Path) -> None:
    """Stop the servers started by `up`; their data stays."""
    Stack.load(run / "stack.json").stop()


@command.command()
@_run_option
def status(run: Path) -> None:
    """Tell which servers run and answer."""
    _show(Stack.load(run / "stack.json"))


def _show(stack: Stack) -> None:
    for server in stack.servers():
        word = "answers" if server.answers() else "runs, no answer" if server.process.running() else "stopped"
        click.echo(f"{server.process.name:22} {word:16} process {server.process.process_id() or '-'}")
    click.echo(f"{'Elasticsearch':22} {stack.elasticsearch.url}")
    click.echo(f"{'Prometheus':22} {stack.prometheus.url}")
    click.echo(f"{'RabbitMQ management':22} {stack.rabbitmq.management_url}")


def main() -> None:
    """Run the command line; a StackError is one line on standard error and exit status 2."""
    try:
        command()
    except StackError as problem:
        click.echo(f"stack: {problem}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
