"""A reader at the pages: from what is wrong to who holds it to the event, by clicks and by pasted links."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from eventrail.testing.browser import settle
from tests.browser.reading import assert_becomes, click_row, lanes, main, visit
from tests.dashboard.story import HUNG_POD, STUCK_QUEUE, story

STUCK = story().stuck[0]


def test_from_what_is_wrong_to_the_event_in_two_clicks(address: str, page: Page) -> None:
    visit(page, address)
    expect(main(page)).to_contain_text(f"10 messages of {STUCK_QUEUE} not acknowledged")

    click_row(page, "now-queues", 0)
    page.wait_for_url(f"**/unacknowledged?*unacked_queue={STUCK_QUEUE}*")
    settle(page)
    expect(main(page)).to_contain_text("10 = 10 listed + 0 unexplained: no difference")

    click_row(page, "unacked-deliveries", 0)
    page.wait_for_url(f"**/trace?*trace_id={STUCK}*")
    settle(page)
    expect(main(page)).to_contain_text(f"Stuck at payments for 10 min 18 s, held by {HUNG_POD} on node-b.")
    expect(page.locator(".waterfall .label").last).to_contain_text("not published")
    assert lanes(page)[-2] == f"payments card.authorised {HUNG_POD} · node-b"


def test_a_pasted_link_shows_another_reader_the_same(address: str, page: Page, context: BrowserContext) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}&at=2026-01-31T09:10:00Z")
    page.get_by_role("button", name=re.compile("fraud")).first.click()
    page.wait_for_url("**trace_step=**")
    settle(page)
    seen = main(page).inner_text()

    other = context.new_page()
    visit(other, page.url)
    expect(main(other)).to_contain_text("as of 2026-01-31 09:10:00 UTC")
    expect(main(other)).to_contain_text("fraud-1 · node-a")
    assert main(other).inner_text() == seen


def test_the_instant_stays_when_the_page_changes_and_when_one_goes_back(address: str, page: Page) -> None:
    visit(page, f"{address}/?at=2026-01-31T09:10:00Z")
    page.get_by_role("link", name="Sources").click()
    page.wait_for_url("**/sources?*at=2026-01-31T09%3A10%3A00Z*")
    expect(main(page)).to_contain_text("as of 2026-01-31 09:10:00 UTC")

    page.go_back()
    page.go_back()
    settle(page)
    expect(main(page)).to_contain_text("as of 2026-01-31 09:10:00 UTC")


def test_an_outstanding_delivery_is_drawn_open_red_and_with_its_age(address: str, page: Page) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}")

    expect(page.locator(".waterfall path.unsettled")).to_have_count(2)  # the bar, and its sign in the legend
    expect(page.locator(".waterfall text.words.bad").first).to_have_text(
        "waited 39 ms · handling, not settled for 10 min 18 s"
    )
    expect(page.locator(".waterfall text.words.bad").last).to_contain_text("expected within 105 ms (p99 of 411)")
    expect(page.locator(".waterfall .axis .pause")).to_have_text("⫽ 10 min 18 s left out")
    expect(page.locator(".waterfall rect.wait")).to_have_count(3)


def test_the_waterfall_is_narrowed_down_and_the_link_keeps_it(
    address: str, page: Page, context: BrowserContext
) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}")
    expect(page.locator(".waterfall .label").last).to_contain_text("not published")
    whole = lanes(page)
    page.get_by_label("Which lanes").select_option("problems")
    page.get_by_label("Filter the lanes").fill("PAYMENTS")
    page.get_by_label("Filter the lanes").press("Enter")
    page.wait_for_url("**trace_filter=problems%3APAYMENTS**")
    # What is held, and what has not come because of it.
    assert_becomes(lambda: lanes(page), whole[-2:])
    expect(page.locator(".waterfall .shown")).to_have_text(f"2 of {len(whole)} lanes")

    other = context.new_page()
    visit(other, page.url)
    expect(other.locator(".waterfall .label").last).to_contain_text("not published")
    assert_becomes(lambda: lanes(other), whole[-2:])


@pytest.mark.parametrize(
    ("drawing", "holds"), [("sequence", ".sequence .arrow.deliver"), ("flow", ".node"), ("compare", "canvas")]
)
def test_a_drawing_is_chosen_kept_in_the_link_and_left_by_going_back(
    address: str, page: Page, drawing: str, holds: str
) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}")
    page.get_by_text(drawing.capitalize(), exact=True).click()
    page.wait_for_url(f"**trace_drawing={drawing}**")
    settle(page)
    expect(main(page).locator(holds).first).to_be_visible()
    expect(page.locator(".waterfall")).to_have_count(0)

    page.go_back()
    expect(page.locator(".waterfall .label").first).to_be_visible()


def test_an_event_is_taken_away_as_text(address: str, page: Page) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}")
    page.get_by_role("button", name="Copy as").click()
    expect(page.locator("[data-testid=stCode]")).to_contain_text("**Stuck at payments for 10 min 18 s")
    page.get_by_text("Zipkin JSON", exact=True).click()
    expect(page.locator("[data-testid=stCode]")).to_contain_text('"traceId"')


def test_branches_fold_and_a_part_is_looked_at_closely(address: str, page: Page) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}")
    whole = lanes(page)
    page.get_by_role("button", name="Hide what each lane caused").click()
    expect(page.locator(".waterfall .label")).to_have_count(1)
    page.get_by_role("button", name="Show all lanes").click()
    expect(page.locator(".waterfall .label")).to_have_count(len(whole))
    assert_becomes(lambda: lanes(page), whole)

    marks = page.locator(".waterfall .axis .tick")
    before = marks.all_text_contents()
    page.get_by_role("button", name="Look closer (+)").click()
    expect(marks.first).not_to_have_text(before[0])
    page.get_by_role("button", name="Show the whole time (0)").click()
    expect(marks.first).to_have_text(before[0])


def test_the_waterfall_can_be_used_without_a_mouse(address: str, page: Page) -> None:
    visit(page, f"{address}/trace?trace_id={STUCK}")
    page.locator(".waterfall .label").first.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**trace_step=publish**")
    expect(main(page)).to_contain_text("Publish")


def test_hostile_text_is_text(address: str, page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    visit(page, f"{address}/trace?trace_id={STUCK}")

    expect(main(page)).to_contain_text(
        '<img src=x onerror="document.title=1"> **bold** [link](javascript:1) ␛[31mred␛[0m'
    )
    assert page.locator("[data-testid=stMain] img").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert page.title() != "1", "the script in the line has not run"
    assert dialogs == []


def test_a_search_is_typed_and_its_hit_followed(address: str, page: Page) -> None:
    visit(page, f"{address}/trace")
    box = page.get_by_label("Find an event")
    box.fill("account is closed")
    box.press("Enter")
    expect(main(page)).to_contain_text("Events found")
    settle(page)

    click_row(page, "trace-found", 0)
    page.wait_for_url("**trace_id=event-**")
    expect(main(page)).to_contain_text("Failed at payments: AccountClosed.")
    page.get_by_role("button", name="Back to what was found").click()
    expect(main(page)).to_contain_text("Events found")
    settle(page)
    assert "trace_id" not in page.url, "the click is not handed in again when the table comes back"


def test_a_recording_plays_and_the_page_moves_with_it(address: str, page: Page) -> None:
    visit(page, f"{address}/?at=2026-01-31T09:03:50Z")
    expect(main(page)).to_contain_text("as of 2026-01-31 09:03:50 UTC")
    page.get_by_role("button", name="Play").click()

    expect(main(page)).to_contain_text(f"of {STUCK_QUEUE} not acknowledged", timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_url("**at=2026-01-31T09%3A04**")


def test_while_it_plays_the_reader_keeps_what_is_typed_and_scrolled_to(address: str, page: Page) -> None:
    visit(page, f"{address}/trace?trace_id=event-0003&at=2026-01-31T09:10:00Z")
    page.set_viewport_size({"width": 1400, "height": 500})
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_label("Find an event").fill("half an")
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 300)")

    moment = main(page).locator("text=/as of 2026/").first
    for _ in range(3):
        expect(moment).not_to_have_text(moment.inner_text())
    expect(page.get_by_label("Find an event")).to_have_value("half an")
    # Heights are fractions of a pixel; nobody sees one.
    assert abs(page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop") - 300) <= 1
