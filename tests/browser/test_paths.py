"""What readers do with an event: find it, look at a step, go back, hand its link on."""

import re
import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from eventrail.testing.browser import settle
from tests.browser.bank import CLOCK_AHEAD, HOSTILE, HUNG, link
from tests.browser.measure import still
from tests.browser.reading import click_row, main, visit

PATIENCE_SECONDS = 20.0
TYPED = re.compile(r"\d+/\d+")  # how many letters were typed into a field, which only who types is told


def seen(page: Page) -> list[str]:
    """Give what a reader sees when nothing moves any more: all words, and where the curves are shaded."""
    settle(page)
    still(page)
    lines = main(page).inner_text().splitlines()
    return [*(line for line in lines if line and not TYPED.fullmatch(line)), *shades(page)]


def shades(page: Page) -> list[str]:
    """Give where the curves are shaded: at the chosen step."""
    shapes = page.locator(".shapelayer path")
    told: list[str] = shapes.evaluate_all("all => all.map(one => one.getAttribute('d'))")
    return told


def assert_sees(page: Page, wanted: list[str]) -> None:
    """Wait until the reader sees what was seen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (now := seen(page)) != wanted and time.monotonic() < deadline:
        pass
    assert now == wanted


def test_from_a_search_to_a_step_and_its_curves_and_all_the_way_back(bank: str, page: Page) -> None:
    visit(page, bank + "/trace")
    views = [seen(page)]
    box = page.get_by_label("Find an event")
    box.fill("waiting for lock on accounts row 3518")
    box.press("Enter")
    expect(main(page)).to_contain_text("Events found")
    views.append(seen(page))

    click_row(page, "trace-found", 0)
    page.wait_for_url(f"**trace_id={HUNG}**")
    expect(main(page)).to_contain_text("Metrics on the way")
    expect(main(page)).to_contain_text("Expected payment.requested")
    views.append(seen(page))
    shaded = shades(page)

    page.locator(".waterfall .label", has_text="rewards").click()
    page.wait_for_url("**trace_step=handle**")
    expect(main(page)).to_contain_text("rewards-6dfea1-8v4rd.1")
    views.append(seen(page))
    assert shades(page) != shaded, "the curves are shaded where this step was"

    page.get_by_text("Flow", exact=True).click()
    page.wait_for_url("**trace_drawing=flow**")
    expect(main(page).locator(".node").first).to_be_visible()

    for view in reversed(views):
        page.go_back()
        assert_sees(page, view)


def test_a_pasted_link_shows_another_reader_each_choice(bank: str, page: Page, context: BrowserContext) -> None:
    visit(page, bank + link(HUNG))
    other = context.new_page()

    def handed_on(part: str) -> None:
        page.wait_for_url(f"**{part}**")
        mine = seen(page)
        other.goto(page.url)
        assert_sees(other, mine)

    page.locator(".waterfall .label", has_text="rewards").click()
    handed_on("trace_step=handle")
    page.get_by_label("Filter the lanes").fill("rewards")
    page.get_by_label("Filter the lanes").press("Enter")
    handed_on("trace_filter=all%3Arewards")
    page.get_by_label("Search these lines").fill("lock")
    page.get_by_label("Search these lines").press("Enter")
    handed_on("trace_lines=lock")
    for drawing in ("sequence", "flow", "compare"):
        page.get_by_text(drawing.capitalize(), exact=True).click()
        handed_on(f"trace_drawing={drawing}")


def test_a_pasted_link_keeps_the_corrected_clocks(bank: str, page: Page, context: BrowserContext) -> None:
    visit(page, bank + link(CLOCK_AHEAD))
    logged = seen(page)
    page.get_by_text("Times corrected", exact=True).click()
    page.wait_for_url("**trace_clocks=corrected**")
    expect(main(page)).to_contain_text("times by the clock of node-a")
    corrected = seen(page)
    assert corrected != logged

    other = context.new_page()
    other.goto(page.url)
    assert_sees(other, corrected)
    page.go_back()
    assert_sees(page, logged)


@pytest.mark.parametrize("path", ["/", "/unacknowledged", link(HOSTILE)], ids=["now", "unacknowledged", "trace"])
def test_hostile_names_are_text(bank: str, page: Page, path: str) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    visit(page, bank + path)
    drawings = ("Sequence", "Flow", "Compare", "Waterfall") if "trace_id" in path else ()

    for drawing in (*drawings, ""):
        if drawing:
            main(page).get_by_text(drawing, exact=True).click()
        settle(page)
        body = main(page)
        assert body.locator("img, script, em, .katex").count() == 0
        assert body.locator("a[href*=javascript]").count() == 0
        assert body.locator("strong", has_text="bold").count() == 0
        assert page.title() != "1"
    if drawings:
        assert main(page).inner_text().count(HOSTILE) > 5, "it is told as it was logged"
        page.get_by_role("button", name="Copy as").click()
        expect(page.locator("[data-testid=stCode]")).to_contain_text(HOSTILE.split("`")[0].strip())
    assert dialogs == []
