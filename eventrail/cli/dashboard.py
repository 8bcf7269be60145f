"""`eventrail dashboard`: starts the pages on this machine and ends them cleanly."""

import os
import socket
from pathlib import Path
from typing import Final

import click

from eventrail.cli.options import CONFIGURATION_VARIABLE, SOURCE_VARIABLE, opened, source_options
from eventrail.errors import UsageError
from eventrail.harmless import plain

FIRST_PORT: Final = 8501
PORTS_TRIED: Final = 100
_FILE_FORMS: Final = ("recording:", "jsonl:")


@click.command(
    epilog="Examples:\n\n  eventrail dashboard\n\n  eventrail dashboard --source recording:hung.eventrail\n\n"
    "  eventrail dashboard --address 0.0.0.0 --port 8080"
)
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help=f"Port; the first free one from {FIRST_PORT} when absent.")
@source_options
def dashboard(address: str, port: int | None, source: str, config: Path | None) -> None:
    """Open the dashboard and print its address. Ctrl+C ends it."""
    # What cannot be opened is said here in one line, not on a page; a file that is read stays read for the pages.
    opened(source, config)
    chosen = _port(address, port)
    os.environ[SOURCE_VARIABLE] = _with_whole_path(source)
    if config is not None:
        os.environ[CONFIGURATION_VARIABLE] = str(config.resolve())
    os.environ.setdefault("STREAMLIT_LOGGER_LEVEL", "warning")
    host = _reachable_at(address)
    shown = f"[{host}]" if ":" in host else host
    greeting = f"Eventrail: http://{shown}:{chosen}  (source: {plain(source)}; Ctrl+C ends it)"
    # Streamlit reads its settings from the environment when it is imported.
    from dashboard.serving import serve

    try:
        serve(address, chosen, lambda: click.echo(greeting))
    except OSError as error:
        raise UsageError(f"cannot listen on port {chosen} of {address}: {error.strerror}") from None


def _port(address: str, wanted: int | None) -> int:
    ports = [wanted] if wanted is not None else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for port in ports:
        if _is_free(address, port):
            return port
    if wanted is not None:
        raise UsageError(f"port {wanted} of {address} is taken or not allowed; choose another with --port")
    raise UsageError(f"no free port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1}; choose one with --port")


def _is_free(address: str, port: int) -> bool:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise UsageError(f"{address!r} is no address of this machine") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError:
            return False
    return True


def _with_whole_path(source: str) -> str:
    for form in _FILE_FORMS:
        if source.startswith(form):
            return form + str(Path(source.removeprefix(form)).resolve())
    return source


def _reachable_at(address: str) -> str:
    """Give the address that a browser on this machine uses for the address listened on."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound
    return everywhere.get(address, address)
