"""`python -m stack`: the real servers for development, and the simulated bank and the dashboard on them."""

import sys
from pathlib import Path

import click

from stack.compose import Stack
from stack.elasticsearch import DEFAULT_HEAP
from stack.errors import StackError
from stack.live import Live
from stack.places import data_root, run_folder

_run_option = click.option(
    "--run",
    type=click.Path(path_type=Path, file_okay=False, resolve_path=True),
    default=run_folder,
    show_default=".run in the checkout",
    help="Folder that takes stack.json and the servers' data.",
)
_heap_option = click.option("--heap", default=DEFAULT_HEAP, show_default=True, help="Elasticsearch's heap.")


@click.group()
def command() -> None:
    """Start and stop the real servers that Eventrail is developed and tested with."""


@command.command()
@_run_option
@_heap_option
def up(run: Path, heap: str) -> None:
    """Start the servers, empty, and wait until all answer; leaves running ones alone."""
    _show(_start_servers(run, heap))


@command.command()
@_run_option
def down(run: Path) -> None:
    """Stop the servers; their data stays until the next start."""
    Stack.load(_state_file(run)).stop()


@command.command()
@_run_option
def status(run: Path) -> None:
    """Tell which servers run and answer."""
    _show(Stack.load(_state_file(run)))


@command.command()
@_run_option
@_heap_option
@click.option("--rate", default=10.0, show_default=True, help="Business events a second.")
@click.option("--seed", default=7, show_default=True, help="The bank's chances are drawn from it.")
def live(run: Path, heap: str, rate: float, seed: int) -> None:
    """Start servers, bank and dashboard, print the address and leave them running."""
    stack = _start_servers(run, heap)
    world = Live(run)
    world.start_bank(_state_file(run), rate, seed)
    world.start_dashboard(stack)
    _show(stack)
    click.echo(f"{'Configuration':22} {world.configuration_file}")
    click.echo(f"\nThe dashboard: {world.dashboard_url}\nmake stop ends it all.")


@command.command()
@_run_option
def stop(run: Path) -> None:
    """Stop dashboard, bank and servers of this run folder, and nothing else."""
    Live(run).stop()
    if _state_file(run).exists():
        Stack.load(_state_file(run)).stop()


def _state_file(run: Path) -> Path:
    return run / "stack.json"


def _start_servers(run: Path, heap: str) -> Stack:
    state = _state_file(run)
    stack = Stack.load(state) if state.exists() else None
    if stack is None or not stack.running():
        if stack is not None:
            stack.remove_data()
        stack = Stack.create(data_root(run), heap)
        stack.save(state)
    stack.start()
    return stack


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
