"""How a page is measured: what is cut, lies over something else, leaves the window or is too faint to read."""

import time
from functools import cache
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

LASTS_SECONDS: Final = 8.0

_STILL = """() => new Promise((done, failed) => {
    const begun = performance.now();
    let before = "", same = 0;
    const look = () => {
        const main = document.querySelector("[data-testid=stMain]") ?? document.body;
        const boxes = [...main.querySelectorAll("*")].map((one) => one.getBoundingClientRect());
        const now = boxes.map((box) => `${box.x},${box.y},${box.width},${box.height}`).join();
        same = now === before ? same + 1 : 0;
        before = now;
        if (same >= 10) done();
        else if (performance.now() - begun > 15000) failed(new Error("the page goes on moving"));
        else requestAnimationFrame(look);
    };
    look();
})"""


def still(page: Page) -> None:
    """Wait until nothing in the page moves any more."""
    page.evaluate(_STILL)


def faults(page: Page) -> list[str]:
    """Name what a reader could not read, in words; a page without any text has that fault.

    What is drawn anew is faint for a moment: only what lasts is a fault.
    """
    deadline = time.monotonic() + LASTS_SECONDS
    while True:
        still(page)
        measured = page.evaluate(_script())
        found: list[str] = measured["faults"] if measured["texts"] else ["no text at all"]
        if not found or time.monotonic() > deadline:
            return found


@cache
def _script() -> str:
    return Path(__file__).with_name("measure.js").read_text(encoding="utf-8")
