"""The dashboard as its readers have it: started by the command line, on a recording, in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from eventrail.recording.writing import write_recording
from eventrail.testing.browser import SCHEMES, WIDE, chromium, running_dashboard
from tests.browser.bank import bank_recording
from tests.dashboard.story import story_recording

TIMEOUT_MILLISECONDS = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running dashboard."""
    path = tmp_path_factory.mktemp("browser") / "story.eventrail"
    write_recording(story_recording(), path)
    with running_dashboard(f"recording:{path}") as address:
        yield address


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on the shipped recording with a few more events in it."""
    path = tmp_path_factory.mktemp("browser") / "bank.eventrail"
    write_recording(bank_recording(), path)
    with running_dashboard(f"recording:{path}") as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser for all tests."""
    expect.set_options(timeout=TIMEOUT_MILLISECONDS)
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader without a past."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    context.set_default_timeout(TIMEOUT_MILLISECONDS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A window."""
    return context.new_page()


@pytest.fixture(scope="session")
def readers(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """One reader a theme, who has been here before: what a browser keeps is not fetched again."""
    contexts = {scheme: browser.new_context(color_scheme=scheme) for scheme in SCHEMES}
    for context in contexts.values():
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
    yield contexts
    for context in contexts.values():
        context.close()


@pytest.fixture(params=SCHEMES)
def themed(readers: dict[str, BrowserContext], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window in each theme."""
    page = readers[request.param].new_page()
    yield page
    page.close()
