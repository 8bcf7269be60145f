"""Pictures of every page at two sizes and in both themes, for people to look at.

    .venv/bin/python scripts/screenshots.py [--source recording:FILE | --address URL] [--folder screenshots]

Starts the dashboard on the shipped recording unless the address of a running one is given, opens each page in
Chromium at 1400×900 and 800×1200, light and dark, and writes one PNG each into the folder, which git ignores.
"""

import argparse
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
RECORDING = "recording:recordings/hung-consumer.eventrail"
SIZES = ((1400, 900), (800, 1200))
SCHEMES = ("light", "dark")
START_SECONDS = 60.0
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--force-device-scale-factor=1",
]


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default=RECORDING)
    parser.add_argument("--address", help="of a dashboard that runs already")
    parser.add_argument("--folder", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--only", help="the pages whose name begins so")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with (
        contextlib.nullcontext(chosen.address) if chosen.address else running_dashboard(chosen.source) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        for scheme in SCHEMES:
            for size in SIZES:
                take(browser, address, scheme, size, chosen.folder, chosen.only or "")
        browser.close()


def take(browser: Browser, address: str, scheme: str, size: tuple[int, int], folder: Path, only: str) -> None:
    """Take every page at one size in one theme."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    for name, path in page_paths(page, address).items():
        if not name.startswith(only):
            continue
        page.goto(f"{address}{path}")
        settle(page)
        grow(page, size)
        page.screenshot(path=folder / f"{name}-{size[0]}-{scheme}.png")
        page.set_viewport_size({"width": size[0], "height": size[1]})
    context.close()


def page_paths(page: Page, address: str) -> dict[str, str]:
    """Give name → path of what is pictured; the event is the one that is held up longest."""
    page.goto(f"{address}/trace")
    settle(page)
    box = page.locator("canvas[data-testid=data-grid-canvas]").first.bounding_box()
    event = ""
    if box is not None:
        page.mouse.click(box["x"] + 200, box["y"] + 52)
        with contextlib.suppress(Exception):
            page.wait_for_url("**trace_id=**", timeout=10_000)
        event = page.url.partition("trace_id=")[2].partition("&")[0]
    return {
        "now": "/",
        "trace-search": "/trace",
        "trace": f"/trace?trace_id={event}",
        "trace-found": "/trace?trace_find=event-00",
        "trace-unknown": "/trace?trace_id=no-such-event",
        "unacknowledged": "/unacknowledged",
        "sources": "/sources",
    }


def settle(page: Page) -> None:
    """Wait until the app has drawn itself."""
    page.wait_for_selector("[data-testid=stAppViewContainer] h1", timeout=60_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=60_000)
    charts = "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
    drawn = f"{charts}.every(chart => chart.querySelector('.plot-container'))"
    page.wait_for_function(drawn)
    page.wait_for_timeout(700)  # charts fade in


def grow(page: Page, size: tuple[int, int]) -> None:
    """Make the window as high as the page, so that the picture shows all of it."""
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size[0], "height": max(size[1], int(height))})
    page.wait_for_timeout(700)


@contextlib.contextmanager
def running_dashboard(source: str) -> Iterator[str]:
    """Run the dashboard on a free port of this machine; ends it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "EVENTRAIL_SOURCE": source})
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(address):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the dashboard did not start; its own words are above")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def answers(address: str) -> bool:
    """Tell whether the dashboard answers."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as reply:  # noqa: S310
            return bool(reply.read() == b"ok")
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    main()
