"""Pictures of every page at two sizes and in both themes, for people to look at.

    .venv/bin/python scripts/screenshots.py [--source recording:FILE | --address URL] [--folder screenshots]

Starts the dashboard on the shipped recording unless the address of a running one is given, opens each page in
Chromium at 1400×900 and 800×1200, light and dark, and writes one PNG each into the folder, which git ignores.
"""

import argparse
import contextlib
from pathlib import Path

from playwright.sync_api import Browser, Page

from eventrail.testing.browser import NARROW, SCHEMES, WIDE, chromium, running_dashboard, settle

ROOT = Path(__file__).resolve().parents[1]
RECORDING = f"recording:{ROOT}/recordings/hung-consumer.eventrail"
PATIENCE_MILLISECONDS = 60_000
CHARTS_MILLISECONDS = 700  # charts take that to fit the new size
DRAWINGS = ("sequence", "flow", "compare")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default=RECORDING)
    parser.add_argument("--address", help="of a dashboard that runs already")
    parser.add_argument("--folder", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--only", help="the pages whose name begins so")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    serving = contextlib.nullcontext(chosen.address) if chosen.address else running_dashboard(chosen.source)
    with serving as address, chromium() as browser:
        for scheme in SCHEMES:
            for size in (WIDE, NARROW):
                take(browser, address, scheme, size, chosen.folder, chosen.only or "")


def take(browser: Browser, address: str, scheme: str, size: tuple[int, int], folder: Path, only: str) -> None:
    """Take every page at one size in one theme."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    page = context.new_page()
    for name, path in page_paths(page, address).items():
        if not name.startswith(only):
            continue
        page.goto(f"{address}{path}")
        settle(page)
        grow(page, size)
        page.screenshot(path=folder / f"{name}-{size[0]}-{scheme}.png", animations="disabled")
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
        page.wait_for_url("**trace_id=**")
        event = page.url.partition("trace_id=")[2].partition("&")[0]
    drawings = {f"trace-{name}": f"/trace?trace_id={event}&trace_drawing={name}" for name in DRAWINGS}
    return {
        "now": "/",
        "trace-search": "/trace",
        "trace": f"/trace?trace_id={event}",
        **drawings,
        "trace-found": "/trace?trace_find=event-00",
        "trace-unknown": "/trace?trace_id=no-such-event",
        "unacknowledged": "/unacknowledged",
        "sources": "/sources",
    }


def grow(page: Page, size: tuple[int, int]) -> None:
    """Make the window as high as the page, so that the picture shows all of it."""
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": size[0], "height": max(size[1], int(height))})
    page.wait_for_timeout(CHARTS_MILLISECONDS)


if __name__ == "__main__":
    main()
