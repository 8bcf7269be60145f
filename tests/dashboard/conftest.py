"""The dashboard on a recording of the story, without a browser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from eventrail.recording.writing import write_recording
from eventrail.sources.ports import Sources
from eventrail.sources.recording import open_recording
from tests.dashboard.down import DownBroker, DownMetrics
from tests.dashboard.story import story_recording
from tests.investigate.told import DeadLogs

ENTRY = Path(__file__).parents[2] / "dashboard" / "app.py"
SECONDS = 30.0

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def _components_searched_once() -> Iterator[None]:
    """Each app that starts looks for components in all installed packages, which takes longer than its page does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def recording_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story in a file."""
    path = tmp_path_factory.mktemp("recordings") / "story.eventrail"
    write_recording(story_recording(), path)
    return path


@pytest.fixture(scope="session")
def sources(recording_file: Path) -> Sources:
    """The story's sources, all up."""
    return open_recording(recording_file)


@pytest.fixture
def open_page(recording_file: Path, monkeypatch: pytest.MonkeyPatch) -> OpenPage:
    """Open a page by its script's name, with what its link says."""
    monkeypatch.setenv("EVENTRAIL_SOURCE", f"recording:{recording_file}")
    monkeypatch.delenv("EVENTRAIL_CONFIG", raising=False)

    def opened(page: str = "now", /, **link: str) -> AppTest:
        app = AppTest.from_file(str(ENTRY), default_timeout=SECONDS)
        app.query_params.update(link)
        # Before its first run the app finds a page by its script's name, which is the page's address here.
        return (app if page == "now" else app.switch_page(f"views/{page}.py")).run()

    return opened


@pytest.fixture
def put_down(recording_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Let some of the sources be down: "logs", "metrics", "broker"; with live=True they are no recording."""

    def down(*which: str, live: bool = False) -> None:
        up = open_recording(recording_file)
        dead: dict[str, Any] = {"logs": DeadLogs(), "metrics": DownMetrics(), "broker": DownBroker()}
        found = replace(up, **{name: dead[name] for name in which})
        if live:
            found = replace(found, opening=None, extent=None)
        monkeypatch.setattr("dashboard.components.loading.open_sources", lambda *_: found)

    forget_answers()
    yield down
    forget_answers()


def forget_answers() -> None:
    """Empty the caches: answers are kept for all readers of a process, and tests share one."""
    st.cache_data.clear()
    st.cache_resource.clear()
