"""The dashboard as its readers have it: started by the command line, opened in a real Chromium.

Tests, benchmarks and the pictures of the documentation start it here. Needs playwright, and Chromium on the PATH.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

WIDE: Final = (1400, 900)
NARROW: Final = (800, 1200)
SCHEMES: Final = ("light", "dark")

_PROGRAM: Final = "eventrail"
_END_SECONDS: Final = 30.0
_CHROMIUM_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--force-device-scale-factor=1",
)


@contextmanager
def running_dashboard(source: str) -> Iterator[str]:
    """Run `eventrail dashboard` on a free port of this machine and give its address; it ends with the context.

    source: as after --source. Raises RuntimeError when it ends before it serves; its own words are on standard error.
    """
    program = str(Path(sys.executable).with_name(_PROGRAM))
    command = [program, "dashboard", "--source", source, "--port", str(_free_port())]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            # The first line comes when the pages are served.
            found = re.search(r"http://\S+", server.stdout.readline() if server.stdout else "")
            if found is None:
                raise RuntimeError(f"{program} dashboard --source {source} did not serve; its own words are above")
            yield found.group()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=_END_SECONDS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser without a window; each of its contexts is a reader without a past."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(_CHROMIUM_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def settle(page: Page) -> None:
    """Wait until the script has run, nothing is held open for it, and charts are drawn."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
    charts = "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
    page.wait_for_function(f"{charts}.every(chart => chart.querySelector('.plot-container'))")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
