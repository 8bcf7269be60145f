"""The page of an event beside Zipkin's, in one Chromium: `python -m benchmarks.page [--steps N]…`

Each takes its turn at the same event: Zipkin has it as spans in memory, Eventrail as a recording. Measured is the time
from navigation until a reader can read the drawing's rows; a page is opened anew each time, in a browser without cache.
Eventrail's first opening of an event, which assembles it, is told apart, and so is the start of the command, which
reads the recording. How long an empty page of Streamlit takes, served in the same way, is what no page can be below.
"""

import shutil
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import requests
from playwright.sync_api import Browser
from playwright.sync_api import Error as PageError

from benchmarks.event_tables import long_event, routes
from benchmarks.page_servers import EMPTY_WORDS, dashboard_on, empty_page
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.trace import Trace
from eventrail.model.window import Window
from eventrail.recording.contents import Recording
from eventrail.recording.writing import write_recording
from eventrail.report.json_values import as_text
from eventrail.report.zipkin import trace_id_of, zipkin_spans
from eventrail.testing.browser import WIDE, chromium
from stack.places import temporary_root
from stack.ports import first_free_port
from stack.zipkin import Zipkin

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
ZIPKIN_UP_TO = 10_000  # of more, its page is not done within two minutes
RUNS = 3
PATIENCE_SECONDS = 120.0
EMPTY_PORT = 18650
SPANS_PER_POST = 5_000
EVENT = "event-1"
OWN_ROWS = ".waterfall .label"
EMPTY_ROWS = f"text={EMPTY_WORDS}"
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
    names = ("steps", "start, s", "first opening, s", "Eventrail, s", "empty page, s", "Zipkin, s", "ratio to Zipkin")
    memories = ("page memory, MB: own, Zipkin", "server's peak, MB")
    print("|" + "|".join(f" {name} " for name in (*names, *memories)) + "|")
    print("|" + "---:|" * len((*names, *memories)))
    try:
        with chromium() as browser, empty_page(folder, first_free_port(EMPTY_PORT)) as empty:
            for number in steps or SIZES:
                compare(number, zipkin, browser, folder, empty)
    finally:
        shutil.rmtree(folder)


def compare(steps: int, zipkin: Zipkin, browser: Browser, folder: Path, empty: str) -> None:
    """Open the event of one size on both, and an empty page, taking turns."""
    file = folder / f"{steps}.eventrail"
    beside = steps <= ZIPKIN_UP_TO
    if beside:
        zipkin.start()
    number = prepare(steps, file, zipkin if beside else None)
    theirs = f"{zipkin.url}/zipkin/traces/{trace_id_of(EVENT)}"
    with dashboard_on(file) as server:
        own = f"{server.address}/trace?trace_id={EVENT}"
        first = opened(browser, own, OWN_ROWS)
        turns = [
            (
                opened(browser, own, OWN_ROWS),
                opened(browser, empty, EMPTY_ROWS),
                opened(browser, theirs, ZIPKIN_ROWS) if beside else Opened(None, 0.0),
            )
            for _ in range(RUNS)
        ]
        peak = server.peak_megabytes()
    if beside:
        zipkin.stop()
    print(row(number, server.start_seconds, first, turns, peak), flush=True)


def prepare(steps: int, file: Path, zipkin: Zipkin | None) -> int:
    """Write the event's recording, and hand its spans to Zipkin; gives how many steps it has."""
    events, end = long_event(steps)
    start = events["time"].min().to_pydatetime(warn=False) - timedelta(seconds=1)
    instant = end.to_pydatetime(warn=False)
    write_recording(Recording(Window(start, instant), instant, events), file)
    trace = assemble_trace(EVENT, events, end, routes())
    if zipkin is not None:
        post(zipkin, trace)
    return len(trace.steps)


def row(steps: int, start: float, first: Opened, turns: list[tuple[Opened, Opened, Opened]], peak: float) -> str:
    """Tell one size."""
    own, empty, theirs = ([one.seconds for one in side] for side in zip(*turns, strict=True))
    ratios = [mine / other for mine, other in zip(own, theirs, strict=True) if mine and other]
    ratio = f"{statistics.median(ratios):.2f}" if ratios else "–"
    memory = [f"{max(one.memory_megabytes for one in side):,.0f}" for side in zip(*turns, strict=True)]
    figures = (f"{steps:,}", f"{start:.1f}", said([first.seconds]), said(own), said(empty), said(theirs), ratio)
    return f"| {' | '.join(figures)} | {memory[0]}, {memory[2]} | {peak:,.0f} |"


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
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
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


if __name__ == "__main__":
    main()
