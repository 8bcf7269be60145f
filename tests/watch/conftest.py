"""The present as a test sets it."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    """For properties, whose examples share one fixture."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
