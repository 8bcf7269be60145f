"""How a test reads a page, as a person would: wait until it stands still, then look and click."""

import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from eventrail.testing.browser import settle

ROW_PIXELS = 31  # of a table, at the theme's font size
PATIENCE_SECONDS = 20.0


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the page is drawn."""
    page.goto(address)
    settle(page)


def main(page: Page) -> Locator:
    """Give the page without the navigation."""
    return page.locator("[data-testid=stMain]")


def click_row(page: Page, table: str, row: int) -> None:
    """Click a row of the table with this key; rows count from 0."""
    drawn = page.locator(f"[class*=st-key-{table}] canvas[data-testid=data-grid-canvas]")
    drawn.scroll_into_view_if_needed()
    box = drawn.bounding_box()
    assert box is not None, f"no table {table}"
    page.mouse.click(box["x"] + 120, box["y"] + ROW_PIXELS * (row + 1.5))


def lanes(page: Page) -> list[str]:
    """Give the labels of the waterfall's lanes, as a reader sees them."""
    drawing = page.locator(".waterfall")
    expect(drawing.locator(".label").first).to_be_visible()
    # All at once: lanes are drawn anew whenever data come, and a lane that is gone has no lines.
    labels: list[str] = drawing.evaluate("it => [...it.querySelectorAll('.label')].map(one => one.innerText)")
    return [" ".join(label.split()) for label in labels]


def assert_becomes(read: Callable[[], object], wanted: object) -> None:
    """Wait until what is read is what is wanted: tables and drawings come a frame or more after what asked for them."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (now := read()) != wanted and time.monotonic() < deadline:
        pass
    assert now == wanted
