"""A recording to ask questions of, and the command line as a program would call it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eventrail.cli.main import run
from eventrail.recording.contents import RecordedMetric
from eventrail.recording.writing import write_recording
from queries.catalogue import catalogue
from tests.recording.story import recording


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


Eventrail = Callable[..., Said]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start without variables or a file of the machine the tests run on."""
    for name in [name for name in os.environ if name.startswith("EVENTRAIL_")]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def hung(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The story of tests/recording, with an answer to every query of the catalogue, as a value for --source."""
    kept = recording()
    nothing = {name: RecordedMetric(_no_samples(name), "none") for name in catalogue()}
    unacked = {"queue_messages_unacked": kept.metrics["queue_messages_unacked"]}
    path = tmp_path_factory.mktemp("recordings") / "hung.eventrail"
    write_recording(replace(kept, metrics=nothing | unacked), path)
    return f"recording:{path}"


def _no_samples(name: str) -> pd.DataFrame:
    columns: dict[str, Any] = {"time": pd.DatetimeIndex([], tz="UTC").as_unit("ns"), "value": []}
    return pd.DataFrame(columns | {label: pd.Series([], dtype="str") for label in catalogue()[name].columns})


@pytest.fixture
def eventrail(capsys: pytest.CaptureFixture[str]) -> Eventrail:
    """Call the command line within this process."""

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        status = run(arguments)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return call
