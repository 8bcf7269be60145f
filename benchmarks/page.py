"""The page of an event beside Zipkin's, in one Chromium: `python -m benchmarks.page [--steps N]…`

Each takes its turn at the same event: Zipkin has it as spans in memory, Eventrail as a recording. Measured is the time
from navigation until a reader can read the drawing's rows; a page is opened anew each time, in a browser without cache.
Eventrail's own first opening of a recording, which reads the file, is told apart.
"""

import contextlib
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import requests
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PageError

from benchmarks.event_tables import long_event, routes
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.trace import Trace
from eventrail.model.window import Window
from eventrail.recording.contents import Recording
from eventrail.recording.writing import write_recording
from eventrail.report.json_values import as_text
from eventrail.report.zipkin import trace_id_of, zipkin_spans
from stack.places import temporary_root
from stack.zipkin import Zipkin

SIZES = (100, 1_000, 10_000)
ZIPKIN_UP_TO = 10_000  # of more, its page is not done within two minutes
RUNS = 3
PATIENCE_SECONDS = 120.0
SPANS_PER_POST = 5_000
EVENT = "event-1"
OWN_ROWS = ".waterfall .label"
ZIPKIN_ROWS = "text=/^\\w+: (wait|process) /"


@dataclass(frozen=True)
class Opened:
    """One opening: seconds until it can be read, and what the page's scripts hold then. None: not within patience."""

    seconds: float | None
    memory_megabytes: float


@click.command()
@click.option("--steps", multiple=True, type=int, help="How many steps the event has; several may be given.")
def main(steps: tuple[int, ...]) -> None:
    """Print a row for each size."""
    folder = temporary_root("eventrail-page-")
    zipkin = Zipkin.create(folder / "zipkin", heap="1g")
    print("| steps | first opening, s | Eventrail, s | Zipkin, s | ratio | page memory, MB: own, Zipkin |")
    print("|---:|---:|---:|---:|---:|---:|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            for number in steps or SIZES:
                compare(number, zipkin, browser, folder)
        finally:
            browser.close()
            shutil.rmtree(folder)


def compare(steps: int, zipkin: Zipkin, browser: Browser, folder: Path) -> None:
    """Open the event of one size on both, taking turns."""
    events, end = long_event(steps)
    trace = assemble_trace(EVENT, events, end, routes())
    file = folder / f"{steps}.eventrail"
    start = events["time"].min().to_pydatetime(warn=False) - timedelta(seconds=1)
    instant = end.to_pydatetime(warn=False)
    write_recording(Recording(Window(start, instant), instant, events), file)
    beside = steps <= ZIPKIN_UP_TO
    if beside:
        zipkin.start()
        post(zipkin, trace)
    with dashboard(file) as address:
        own = f"{address}/trace?trace_id={EVENT}"
        theirs = f"{zipkin.url}/zipkin/traces/{trace_id_of(EVENT)}"
        first = opened(browser, own, OWN_ROWS)
        pairs = [
            (opened(browser, own, OWN_ROWS), opened(browser, theirs, ZIPKIN_ROWS) if beside else Opened(None, 0.0))
            for _ in range(RUNS)
        ]
    if beside:
        zipkin.stop()
    print(row(len(trace.steps), first, pairs), flush=True)


def row(steps: int, first: Opened, pairs: list[tuple[Opened, Opened]]) -> str:
    """Tell one size."""
    own, theirs = ([one.seconds for one in side] for side in zip(*pairs, strict=True))
    ratios = [mine / other for mine, other in zip(own, theirs, strict=True) if mine and other]
    memory = ", ".join(f"{max(one.memory_megabytes for one in side):,.0f}" for side in zip(*pairs, strict=True))
    ratio = f"{statistics.median(ratios):.2f}" if ratios else "–"
    return f"| {steps:,} | {said([first.seconds])} | {said(own)} | {said(theirs)} | {ratio} | {memory} |"


def said(seconds: list[float | None]) -> str:
    """Give the median and the spread."""
    known = [one for one in seconds if one is not None]
    if not known:
        return "–"
    spread = f" ({min(known):.1f} to {max(known):.1f})" if len(known) > 1 else ""
    return f"{statistics.median(known):.1f}{spread}"


def post(zipkin: Zipkin, trace: Trace) -> None:
    """Hand the event's spans to Zipkin."""
    spans = zipkin_spans(trace)
    for begin in range(0, len(spans), SPANS_PER_POST):
        answer = requests.post(
            f"{zipkin.url}/api/v2/spans",
            data=as_text(spans[begin : begin + SPANS_PER_POST]).encode(),
            headers={"content-type": "application/json"},
            timeout=60,
        )
        answer.raise_for_status()


def opened(browser: Browser, address: str, rows: str) -> Opened:
    """Open a page as a new reader and wait until its rows are there."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    begin = time.perf_counter()
    try:
        page.goto(address, timeout=PATIENCE_SECONDS * 1000, wait_until="commit")
        page.locator(rows).first.wait_for(timeout=PATIENCE_SECONDS * 1000)
        # Rows that are there and a page that does not answer yet is not what a reader can use.
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seconds: float | None = time.perf_counter() - begin
        memory = float(page.evaluate("() => performance.memory.usedJSHeapSize")) / 1024**2
    except PageError:
        seconds, memory = None, 0.0
    context.close()
    return Opened(seconds, memory)


@contextlib.contextmanager
def dashboard(file: Path) -> Iterator[str]:
    """Run the dashboard on a recording, as a user starts it; gives its address."""
    command = [str(Path(sys.executable).with_name("eventrail")), "dashboard", "--source", f"recording:{file}"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        try:
            assert found, "the command line prints the address when the pages are served"
            yield found.group()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)


if __name__ == "__main__":
    main()
