"""`eventrail dashboard`: starts the pages on this machine and ends them cleanly."""

import http.client
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

import click

from eventrail.cli.options import CONFIGURATION_VARIABLE, SOURCE_VARIABLE, opened, source_options
from eventrail.errors import UsageError
from eventrail.harmless import plain

FIRST_PORT: Final = 8501
PORTS_TRIED: Final = 100
# Streamlit gets this long to end by itself before it is ended.
END_SECONDS: Final = 10.0
READY_POLL_SECONDS: Final = 0.1
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
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
    # What cannot be opened is said here in one line, not on a page.
    opened(source, config)
    chosen = _port(address, port)
    environment = os.environ | {SOURCE_VARIABLE: _with_whole_path(source)}
    if config is not None:
        environment[CONFIGURATION_VARIABLE] = str(config.resolve())
    host = _reachable_at(address)
    shown = f"[{host}]" if ":" in host else host
    greeting = f"Eventrail: http://{shown}:{chosen}  (source: {plain(source)}; Ctrl+C ends it)"
    click.get_current_context().exit(
        _Server().run(_command(address, chosen), environment, lambda: _answers(host, chosen), greeting)
    )


def _command(address: str, port: int) -> list[str]:
    package = importlib.util.find_spec("dashboard")
    if package is None or package.origin is None:
        raise UsageError("the package dashboard is not installed; install eventrail from its repository")
    # The folder of the installed package; it need not be the working directory.
    script = Path(package.origin).parent / "app.py"
    options = {
        "server.address": address,
        "server.port": str(port),
        "server.headless": "true",
        "browser.gatherUsageStats": "false",
        "server.fileWatcherType": "none",
        "logger.level": "warning",
    }
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags]


@dataclass(slots=True)
class _Server:
    """The process of the pages, and whether this process was told to end it."""

    process: "subprocess.Popen[bytes] | None" = None
    signals: int = 0

    def end(self, _number: int, _frame: FrameType | None) -> None:
        """End the pages: gently at the first signal, at once at the next."""
        self.signals += 1
        if self.process is None:
            return
        if self.signals == 1:
            self.process.terminate()
            # An open page can hold Streamlit back; the alarm ends what does not end by itself.
            signal.setitimer(signal.ITIMER_REAL, END_SECONDS)
        else:
            self.process.kill()

    def run(self, command: list[str], environment: dict[str, str], ready: Callable[[], bool], greeting: str) -> int:
        """Run until it ends by itself or is told to; greet when it is ready. Give the exit status."""
        before = {number: signal.signal(number, self.end) for number in _SIGNALS}
        try:
            # Streamlit's own greeting would name the address a second time, and others of this machine.
            # A session of its own: Ctrl+C reaches it only through `end`.
            with subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
            ) as self.process:
                if self.signals:
                    self.process.terminate()
                if self._wait_until(ready):
                    click.echo(greeting)
                status = self.process.wait()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if self.signals else status

    def _wait_until(self, ready: Callable[[], bool]) -> bool:
        """Wait for the first answer; give False when the process ended before it."""
        while self.process is not None and self.process.poll() is None and not self.signals:
            if ready():
                return True
            time.sleep(READY_POLL_SECONDS)
        return False


def _answers(host: str, port: int) -> bool:
    """Say whether the pages are being served."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


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
