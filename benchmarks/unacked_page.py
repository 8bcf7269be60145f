"""The list of outstanding deliveries in a Chromium: `python -m benchmarks.unacked_page [--outstanding N]…`

A recording in which so many deliveries are outstanding is opened as a reader would. Told are: the use case alone; the
first opening of the page, which asks it; another reader's opening, to whom the kept answer is given; choosing a queue;
filtering the list by an event type, from the click until the list says its new length; sorting all rows by another
column, from the click until the browser has drawn again.
"""

import shutil
import statistics
import time
from pathlib import Path

import click
from playwright.sync_api import Browser, Page

from benchmarks.many_outstanding import END, STUCK_QUEUE, ManyOutstanding
from benchmarks.page_servers import dashboard_on
from eventrail.investigate.unacked import investigate_unacked
from eventrail.recording.writing import write_recording
from eventrail.sources.recording import open_recording
from eventrail.testing.browser import WIDE, chromium, settle
from stack.places import temporary_root

SIZES = (1_000, 10_000, 100_000)
RUNS = 3
PATIENCE_MILLISECONDS = 120_000
GRID = "[class*=st-key-unacked-deliveries] canvas[data-testid=data-grid-canvas]"
SORTED_COLUMN_PIXELS = 330  # from the grid's left edge: the event's type
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@click.command()
@click.option("--outstanding", multiple=True, type=int, help="How many are outstanding; several may be given.")
def main(outstanding: tuple[int, ...]) -> None:
    """Print a row for each size."""
    folder = temporary_root("eventrail-unacked-page-")
    names = ("outstanding", "use case, s", "first opening, s", "opening, s", "queue, s", "filter, s", "sort, s")
    print(f"| {' | '.join((*names, 'page memory, MB'))} |")
    print("|" + "---:|" * (len(names) + 1))
    try:
        with chromium() as browser:
            for number in outstanding or SIZES:
                print(measured(number, browser, folder), flush=True)
    finally:
        shutil.rmtree(folder)


def measured(number: int, browser: Browser, folder: Path) -> str:
    """Give the row of one size."""
    file = folder / f"{number}.eventrail"
    write_recording(ManyOutstanding(number).recording(), file)
    asked = said([asking(file) for _ in range(RUNS)])
    with dashboard_on(file) as server:
        address = f"{server.address}/unacknowledged"
        first, *_ = visited(browser, address, number)
        turns = [visited(browser, address, number) for _ in range(RUNS)]
    opening, queue, narrowing, sorting, memory = zip(*turns, strict=True)
    figures = (f"{number:,}", asked, f"{first:.1f}", said(opening), said(queue), said(narrowing), said(sorting))
    return f"| {' | '.join(figures)} | {max(memory):,.0f} |"


def asking(file: Path) -> float:
    """Give the seconds that the use case takes on a recording that is read already."""
    sources = open_recording(file)
    begin = time.perf_counter()
    investigate_unacked(sources, now=END, as_of=END)
    return time.perf_counter() - begin


def visited(browser: Browser, address: str, number: int) -> tuple[float, float, float, float, float]:
    """Open the page as a new reader, choose, filter and sort: seconds of each; then the page's memory in MB."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    begin = time.perf_counter()
    page.goto(address, wait_until="commit")
    until_listed(page, f"{number:,} not settled")
    opening = time.perf_counter() - begin
    queue = chosen(page, "unacked-queue", STUCK_QUEUE)
    narrowing = chosen(page, "unacked-event-type", "payments.requested-1")
    context.close()
    # All rows are sorted, not those of a queue.
    page = browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
    page.set_default_timeout(PATIENCE_MILLISECONDS)
    page.goto(address)
    until_listed(page, f"{number:,} not settled")
    sorting = sorted_by_a_click(page)
    memory = float(page.evaluate("() => performance.memory.usedJSHeapSize")) / 1024**2
    page.close()
    return opening, queue, narrowing, sorting, memory


def until_listed(page: Page, words: str) -> None:
    """Wait until the list says these words and is drawn."""
    page.get_by_text(words).first.wait_for()
    page.locator(GRID).wait_for()
    page.evaluate(DRAWN)


def chosen(page: Page, key: str, words: str) -> float:
    """Choose what begins so in a filter; give the seconds until the list is drawn anew."""
    settle(page)
    field = page.locator(f".st-key-{key} input")
    field.evaluate("field => field.scrollIntoView({block: 'center'})")
    field.click()
    page.keyboard.type(words)
    option = page.get_by_role("option").filter(has_text=words).first
    listed = option.inner_text().rsplit("·", 1)[1].strip()
    begin = time.perf_counter()
    option.click()
    # The list's heading says how many of how many; the choice has promised that number.
    page.get_by_text(f"{listed} ").and_(page.get_by_text("not settled")).first.wait_for()
    page.evaluate(DRAWN)
    return time.perf_counter() - begin


def sorted_by_a_click(page: Page) -> float:
    """Click a column's head; give the seconds until the browser has drawn again."""
    settle(page)
    grid = page.locator(GRID)
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    if box is None:
        raise RuntimeError("the list is not drawn")
    before = grid.screenshot()
    begin = time.perf_counter()
    page.mouse.click(box["x"] + SORTED_COLUMN_PIXELS, box["y"] + 12)
    page.evaluate(DRAWN)
    seconds = time.perf_counter() - begin
    if grid.screenshot() == before:
        raise RuntimeError("a click on a column's head sorted nothing")
    return seconds


def said(seconds: list[float] | tuple[float, ...]) -> str:
    """Give the median and the spread."""
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"


if __name__ == "__main__":
    main()
