"""`python -m bank`: runs the bank, breaks it, shows its pods."""

import json
from pathlib import Path

import click

from bank.client import Bank, PodState
from bank.control import BankError
from bank.running import BankSettings
from bank.running import run as run_bank
from bank.services import plan_of
from stack.places import run_folder

_run_option = click.option(
    "--run",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=run_folder,
    show_default=".run in the checkout",
    help="Folder with the bank's state.",
)
_pod_option = click.option("--pod", help="One certain pod; the first that fits when left out.")


@click.group()
def command() -> None:
    """A simulated bank of 19 services on the real servers."""


@command.command()
@_run_option
@click.option("--stack", type=click.Path(path_type=Path, dir_okay=False), help="State file of the servers.")
@click.option(
    "--rate",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Business events a second.",
)
@click.option("--seed", default=7, show_default=True, help="Names, customers and mishaps are drawn from it.")
def run(folder: Path, stack: Path | None, rate: float, seed: int) -> None:
    """Run until SIGTERM or Ctrl-C."""
    run_bank(BankSettings(stack or folder / "stack.json", folder, rate, seed))


@command.command()
@_run_option
@_pod_option
@click.argument("service")
def hang(folder: Path, pod: str | None, service: str) -> None:
    """One pod of SERVICE blocks inside its handlers."""
    _show(Bank(folder).hang(_known(service), pod))


@command.command()
@_run_option
@_pod_option
@click.argument("service")
def unhang(folder: Path, pod: str | None, service: str) -> None:
    """Let a hung pod of SERVICE go on."""
    _show(Bank(folder).release(_known(service), pod))


@command.command()
@_run_option
@_pod_option
@click.argument("service")
def kill(folder: Path, pod: str | None, service: str) -> None:
    """End one pod of SERVICE by SIGKILL; it is restarted."""
    _show(Bank(folder).kill(_known(service), pod))


@command.command()
@_run_option
@_pod_option
@click.argument("service")
def cancel(folder: Path, pod: str | None, service: str) -> None:
    """One pod of SERVICE cancels its consumers and keeps what its handlers have begun."""
    _show(Bank(folder).cancel(_known(service), pod))


@command.command()
@_run_option
@click.argument("events", type=click.FloatRange(min=0, min_open=True))
def rate(folder: Path, events: float) -> None:
    """Have customers set off EVENTS business events a second from now on."""
    Bank(folder).change_rate(events)


@command.command()
@_run_option
@click.option("--json", "as_json", is_flag=True, help="Pods and faults as one JSON object.")
def status(folder: Path, as_json: bool) -> None:
    """Show the pods."""
    bank = Bank(folder)
    if as_json:
        click.echo(json.dumps(bank.status(), indent=1))
        return
    for pod in bank.pods():
        _show(pod)


@command.command()
@_run_option
def stop(folder: Path) -> None:
    """End the bank."""
    Bank(folder).stop()


def _known(service: str) -> str:
    try:
        return plan_of(service).name
    except LookupError as unknown:
        raise BankError(str(unknown)) from unknown


def _show(pod: PodState) -> None:
    word = "hung" if pod.hung else "ready" if pod.ready else "not ready"
    click.echo(f"{pod.name:32} {pod.node:8} {word:10} restarts {pod.restarts:<3} process {pod.pid or '-'}")
