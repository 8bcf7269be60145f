"""Every file beside this module tells what services logged and what must be said of it (docs/scenarios.md)."""

from pathlib import Path

import pytest

from eventrail.testing.scenario.scenario import Scenario

FILES = sorted(Path(__file__).parent.glob("*.scenario"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_said_is_what_is_expected(path: Path, regenerate: bool) -> None:
    scenario = Scenario.read(path)
    if regenerate:
        path.write_text(scenario.regenerated(), encoding="utf-8")
    else:
        scenario.check()
