"""How a test reads a page, as a person would: wait until it stands still, then look and click."""

from playwright.sync_api import Locator, Page, expect

ROW_PIXELS = 31  # of a table, at the theme's font size


def visit(page: Page, address: str) -> None:
    """Open an address and wait until the page is drawn."""
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script has run and nothing is held open for it."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")


def main(page: Page) -> Locator:
    """Give the page without the navigation."""
    return page.locator("[data-testid=stMain]")


def click_row(page: Page, table: str, row: int) -> None:
    """Click a row of the table with this key; rows count from 0."""
    box = page.locator(f"[class*=st-key-{table}] canvas[data-testid=data-grid-canvas]").bounding_box()
    assert box is not None, f"no table {table}"
    page.mouse.click(box["x"] + 120, box["y"] + ROW_PIXELS * (row + 1.5))


def lanes(page: Page) -> list[str]:
    """Give the labels of the waterfall's lanes, as a reader sees them."""
    expect(page.locator(".waterfall .label").first).to_be_visible()
    return [" ".join(text.split()) for text in page.locator(".waterfall .label").all_inner_texts()]


def too_wide(page: Page) -> list[str]:
    """Name what reaches beyond the right edge of the window."""
    found: list[str] = page.evaluate(
        """() => {
            const wide = [document.documentElement, document.querySelector('[data-testid=stMain]')]
                .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.tagName);
            const out = [...document.querySelectorAll('[data-testid=stMain] *')]
                .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1 && one.offsetParent)
                .filter((one) => !one.closest('[data-testid=stDataFrame]'))
                .map((one) => `${one.tagName}.${one.className}`);
            return [...wide, ...out.slice(0, 5)];
        }"""
    )
    return found
