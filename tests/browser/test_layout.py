"""Nothing is cut, lies over something else, leaves the window or is too faint: measured in the page, in both themes."""

import pytest
from playwright.sync_api import Page

from eventrail.testing.browser import NARROW, WIDE, settle
from tests.browser.bank import CLOCK_AHEAD, DISCARDED, FAN_OUT, HOSTILE, HUNG, link
from tests.browser.measure import faults
from tests.browser.reading import main, visit

DRAWINGS = ("Waterfall", "Sequence", "Flow", "Compare")
PAGES = {
    "now": "/",
    "search": "/trace",
    "found": "/trace?trace_find=card.authorised",
    "unknown": "/trace?trace_id=no-such-event",
    "unacknowledged": "/unacknowledged",
    "unacknowledged, one queue": "/unacknowledged?unacked_queue=payments.card-authorised",
    "sources": "/sources",
    "lines": link(HUNG, trace_lines="waiting for lock"),
    "clocks": link(CLOCK_AHEAD),
    "clocks corrected": link(CLOCK_AHEAD, trace_clocks="corrected"),
}


def faults_at_each_size(page: Page) -> dict[str, list[str]]:
    """Measure the page in a wide and in a narrow window; what is right is left out."""
    found = {}
    for width, height in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": height})
        found[f"{width}×{height}"] = faults(page)
    return {size: some for size, some in found.items() if some}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_can_be_read_whole_at_each_size_in_each_theme(bank: str, themed: Page, path: str) -> None:
    asked: list[str] = []
    themed.on("request", lambda request: asked.append(request.url))
    visit(themed, bank + path)

    assert faults_at_each_size(themed) == {}
    assert themed.locator("[data-testid=stException]").count() == 0
    elsewhere = [url for url in asked if not url.startswith((bank, bank.replace("http", "ws"), "data:", "blob:"))]
    assert elsewhere == [], "nothing is loaded from other places"


@pytest.mark.parametrize(
    "event", [DISCARDED, HUNG, FAN_OUT, HOSTILE], ids=["small", "hung and missing", "fan-out", "hostile"]
)
def test_an_event_can_be_read_whole_in_each_drawing(bank: str, themed: Page, event: str) -> None:
    visit(themed, bank + link(event))

    found = {}
    for drawing in DRAWINGS:
        main(themed).get_by_text(drawing, exact=True).click()
        settle(themed)
        found[drawing] = faults_at_each_size(themed)

    assert {drawing: some for drawing, some in found.items() if some} == {}


GROUND = "margin: 0; background: #fff; color: #222; font: 16px sans-serif"
BROKEN = {
    "cut: A long name": '<p style="width: 60px; overflow: hidden; white-space: nowrap">A long name',
    "cut: A shortened name": '<p style="width: 60px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis">'
    "A shortened name",
    "outside: far away": '<p style="position: fixed; left: 380px; white-space: nowrap">far away',
    "over each other: first | second": '<p style="height: 5px; margin: 0">first<p style="margin: 0">second',
    "faint (2.8): hardly there": '<p style="color: #999">hardly there',
    "faint (1.3): not there": '<svg><rect width="200" height="50" fill="#222"/><text y="20">not there</text></svg>',
    "over a control: under a button": '<p style="position: absolute; top: 0">under a button</p>'
    '<button style="position: absolute; top: 0; left: 0; width: 200px">…</button>',
    "wider than the window: HTML": '<p style="width: 900px">wide',
    "cut: words to search": 'find <input type="search" size="5" placeholder="words to search">',
    "no text at all": "<p>",
}


@pytest.mark.parametrize(("fault", "body"), BROKEN.items(), ids=BROKEN)
def test_what_is_broken_is_named(page: Page, monkeypatch: pytest.MonkeyPatch, fault: str, body: str) -> None:
    monkeypatch.setattr("tests.browser.measure.LASTS_SECONDS", 0.0)
    page.set_viewport_size({"width": 400, "height": 400})
    page.set_content(f'<!doctype html><body style="{GROUND}">{body}')

    assert fault in faults(page)


def test_what_is_right_is_no_fault(page: Page) -> None:
    page.set_content(
        f'<!doctype html><body style="{GROUND}"><p>plain words<p title="A shortened name" style="width: 60px;'
        ' overflow: hidden; white-space: nowrap; text-overflow: ellipsis">A shortened name'
        '<div style="height: 40px; overflow: auto">scrolled<br>to<br>the<br>end</div><button disabled>off</button>'
    )

    assert faults(page) == []
