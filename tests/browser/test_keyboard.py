"""The page of an event without a mouse: everything is reached, and one sees where one is."""

import re

import pytest
from playwright.sync_api import Page, expect

from eventrail.testing.browser import settle
from tests.browser.bank import DISCARDED, HUNG, link
from tests.browser.keyboard import focused, shows_focus, tab_to
from tests.browser.reading import assert_becomes, lanes, main, visit

ARROW = "document.activeElement.shadowRoot?.activeElement?.dataset.arrow ?? null"


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_an_event_is_found_drawn_walked_through_and_told_as_text_by_keys_alone(bank: str, page: Page) -> None:
    visit(page, bank + "/trace")

    tab_to(page, "Find an event")
    assert shows_focus(page)
    page.keyboard.type(HUNG)
    press(page, "Enter")
    expect(main(page)).to_contain_text("Stuck at payments for")
    settle(page)

    tab_to(page, "Waterfall")
    assert shows_focus(page)
    press(page, "ArrowRight", "Space")
    page.wait_for_url("**trace_drawing=sequence**")
    settle(page)
    tab_to(page, "13 ms: card.authorised")
    assert shows_focus(page)
    press(page, "Enter")
    page.wait_for_url("**trace_step=publish**")
    settle(page)

    tab_to(page, "Sequence", back=True)
    press(page, "ArrowLeft", "Space")
    expect(page.locator(".waterfall .label").first).to_be_visible()
    settle(page)
    whole = lanes(page)

    tab_to(page, "→ limits")
    assert shows_focus(page)
    press(page, "ArrowDown", "ArrowDown")
    assert focused(page) == whole[2]
    assert shows_focus(page)
    press(page, "ArrowLeft")
    # What it caused is hidden.
    assert_becomes(lambda: len(lanes(page)) < len(whole), True)
    press(page, "ArrowRight")
    assert_becomes(lambda: lanes(page), whole)

    marks = page.locator(".waterfall .axis .tick")
    before = marks.all_text_contents()
    press(page, "+")
    expect(marks.first).not_to_have_text(before[0])
    press(page, "0")
    expect(marks.first).to_have_text(before[0])

    press(page, "n")
    page.wait_for_url("**trace_step=handle**")
    settle(page)
    expect(main(page)).to_contain_text("not settled: handling")
    assert focused(page) in whole, "the keyboard stays in the drawing"

    tab_to(page, "content_copy Copy as", back=True)
    assert shows_focus(page)
    press(page, "Enter")
    expect(page.locator("[data-testid=stCode]")).to_contain_text("**Stuck at payments")
    settle(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab_to(page, "Copy")
    assert shows_focus(page)
    press(page, "Enter")
    page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('**Stuck at payments')")


def test_the_keyboard_goes_through_a_long_sequence_to_its_end(bank: str, page: Page) -> None:
    visit(page, bank + link(DISCARDED, trace_drawing="sequence"))
    arrows = page.locator(".sequence .rows")
    height = arrows.evaluate("rows => rows.clientHeight / rows.parentElement.clientHeight")
    assert height > 1.2, "it is longer than what is seen at once"

    tab_to(page, "0: ")
    passed = []
    while (arrow := page.evaluate(ARROW)) is not None:
        passed.append(int(arrow))
        press(page, "Tab")
    assert passed == list(range(arrows.evaluate("rows => Math.round((rows.clientHeight - 8) / 40)")))


@pytest.mark.parametrize("path", ["/", "/trace", "/unacknowledged", "/sources"])
def test_who_only_passes_a_table_is_not_carried_off_by_it(bank: str, page: Page, path: str) -> None:
    visit(page, bank + path)
    at = page.url
    tables = page.locator("canvas[data-testid=data-grid-canvas]").count()

    passed = 0
    for _ in range(30):
        press(page, "Tab")
        passed += page.evaluate("document.activeElement.matches('canvas[data-testid=data-grid-canvas]')")

    settle(page)
    assert page.url == at
    assert passed >= min(tables, 1), "the keyboard comes to the table"


def test_a_row_of_a_table_is_opened_by_keys_alone(bank: str, page: Page) -> None:
    visit(page, bank + "/unacknowledged")
    while not page.evaluate("document.activeElement.matches('canvas[data-testid=data-grid-canvas]')"):
        press(page, "Tab")

    press(page, "ArrowDown", "ArrowDown", "ArrowUp")
    expect(page.get_by_role("status", name="row 1 of 3")).to_be_visible()
    press(page, "Enter")

    page.wait_for_url("**unacked_queue=payments.card-authorised**")


def test_the_marked_row_of_a_long_table_is_brought_into_sight(bank: str, page: Page) -> None:
    visit(page, bank + "/sources")
    table = page.locator("canvas[data-testid=data-grid-canvas]").first
    while not page.evaluate("document.activeElement.matches('canvas[data-testid=data-grid-canvas]')"):
        press(page, "Tab")

    press(page, "End")

    marked = page.get_by_role("status", name=re.compile(r"^row (\d+) of \1$"))
    expect(marked).to_be_visible()
    box, row = table.bounding_box(), marked.bounding_box()
    assert box is not None
    assert row is not None
    assert box["y"] < row["y"]
    assert row["y"] + row["height"] <= box["y"] + box["height"] + 1, "the last row is seen"
