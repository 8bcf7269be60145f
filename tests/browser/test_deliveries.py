"""What readers do with the list of outstanding deliveries: sort it, narrow it, hand its link on; also a long one."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from benchmarks.many_outstanding import STUCK_QUEUE, ManyOutstanding
from eventrail.recording.writing import write_recording
from eventrail.testing.browser import running_dashboard, settle
from tests.browser.measure import still
from tests.browser.reading import assert_becomes, click_row, main, visit

OUTSTANDING = 6_000
TYPE_COLUMN_PIXELS = 330  # from the grid's left edge


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard in whose recording thousands are outstanding."""
    path = tmp_path_factory.mktemp("many") / "many.eventrail"
    write_recording(ManyOutstanding(OUTSTANDING).recording(), path)
    with running_dashboard(f"recording:{path}") as address:
        yield address


def grid(page: Page) -> Locator:
    """Give the list."""
    return page.locator("[class*=st-key-unacked-deliveries] canvas[data-testid=data-grid-canvas]")


def column(page: Page, name: str) -> list[str]:
    """Give a column of the rows that are drawn, as a screen reader is told them."""
    heads = grid(page).locator("th").all_text_contents()
    rows = grid(page).locator("tbody tr")
    numbers = [number for number, head in enumerate(heads) if head.strip("↑↓ ") == name]
    read = "(rows, numbers) => rows.map(row => numbers.map(number => row.children[number].textContent)).flat()"
    told: list[str] = rows.evaluate_all(read, numbers)
    return told


def narrow(page: Page, key: str, words: str) -> None:
    """Choose in a filter what begins so."""
    field = page.locator(f".st-key-{key} input")
    field.evaluate("field => field.scrollIntoView({block: 'center'})")
    field.click()
    page.keyboard.type(words)
    page.get_by_role("option").filter(has_text=words).first.click()
    settle(page)


def test_a_long_list_is_sorted_whole_and_a_click_follows_the_row_that_is_seen(many: str, page: Page) -> None:
    visit(page, many + "/unacknowledged")
    expect(main(page)).to_contain_text(f"{OUTSTANDING:,} not settled")
    grid(page).scroll_into_view_if_needed()
    still(page)
    assert_becomes(lambda: len(column(page, "correlation ID")) > 0, True)
    box = grid(page).bounding_box()
    assert box is not None
    oldest = column(page, "correlation ID")[0]

    page.mouse.click(box["x"] + TYPE_COLUMN_PIXELS, box["y"] + 12)
    # The first of all kinds by the alphabet, wherever they stood.
    assert_becomes(lambda: set(column(page, "event")), {"archive.requested-0"})
    first = column(page, "correlation ID")[0]
    assert first != oldest

    click_row(page, "unacked-deliveries", 0)
    page.wait_for_url(f"**trace_id={first}**")


def test_a_link_with_filters_shows_another_reader_the_same_list(many: str, page: Page, context: BrowserContext) -> None:
    visit(page, many + "/unacknowledged")
    heading = main(page).get_by_text("not settled, oldest first")
    for key, words in (("queue", STUCK_QUEUE), ("pod", "payments-3"), ("stage", "handling")):
        before = heading.inner_text()
        narrow(page, f"unacked-{key}", words)
        page.wait_for_url(f"**unacked_{key}={words}**")
        expect(heading).not_to_have_text(before)
    assert_becomes(lambda: set(column(page, "stage")), {"handling"})
    assert_becomes(lambda: {holder.split(" · ")[0] for holder in column(page, "holder")}, {"payments-3"})
    settle(page)
    told = heading.inner_text()

    other = context.new_page()
    visit(other, page.url)
    expect(main(other).get_by_text("not settled, oldest first")).to_have_text(told)
    assert_becomes(lambda: column(other, "correlation ID"), column(page, "correlation ID"))

    page.go_back()
    page.wait_for_url(lambda url: "unacked_stage" not in url)
    expect(heading).not_to_have_text(told)
    page.get_by_role("button", name="Every delivery").click()
    page.wait_for_url(lambda url: "unacked_pod" not in url)
    assert f"unacked_queue={STUCK_QUEUE}" in page.url


def test_the_time_line_shows_one_bar_a_delivery_or_a_fold_by_holder(many: str, page: Page) -> None:
    visit(page, f"{many}/unacknowledged?unacked_queue={STUCK_QUEUE}")

    expect(main(page)).to_contain_text("and was handed the first of them at 11:00:")
    drawn = main(page).locator(".js-plotly-plot")
    expect(drawn).to_contain_text("dotted: +")
    expect(drawn).to_contain_text("messages a second")
    expect(drawn).to_contain_text("payments-0 · node-0")
