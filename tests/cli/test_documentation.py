"""docs/command-line.md tells every command, option and JSON key, and no others."""

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from eventrail.cli.main import commands
from tests.cli.test_documents import (
    DELIVERY_KEYS,
    GONE_KEYS,
    GONE_SUM_KEYS,
    HOLDER_KEYS,
    MISSING_KEYS,
    QUEUE_KEYS,
    STEP_KEYS,
    TRACE_KEYS,
    TWIN_KEYS,
    UNACKED_KEYS,
    USUAL_KEYS,
    WAITING_KEYS,
    WAITING_MESSAGE_KEYS,
    WAITING_QUEUE_KEYS,
)

PAGE = (Path(__file__).parents[2] / "docs/command-line.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parent / "golden"


def _leaves(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Give the commands that do something, by their words."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        words = f"{before} {name}".strip()
        found |= _leaves(command, words) if isinstance(command, click.Group) else {words: command}
    return found


COMMANDS = _leaves(commands)
COMMON = {"--source", "--config", "--json"}


def section(heading: str) -> str:
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found, f"docs/command-line.md has no heading ## {heading}"
    return found[1]


def options_told(text: str) -> set[str]:
    rows = re.findall(r"^\| (`--.*?) \|", text, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(--[a-z-]+)", row)}


def options_of(command: click.Command) -> set[str]:
    return {name for each in command.params if isinstance(each, click.Option) for name in each.opts}


def test_every_command_has_a_heading_and_no_other_has() -> None:
    assert re.findall(r"^## eventrail ([\w -]+)$", PAGE, flags=re.MULTILINE) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_row(name: str) -> None:
    assert options_told(section(f"eventrail {name}")) == options_of(COMMANDS[name]) - COMMON
    assert options_told(section("On every command")) == COMMON


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("trace", f"{TRACE_KEYS}, {STEP_KEYS}, {MISSING_KEYS}, {USUAL_KEYS}, {TWIN_KEYS}"),
        ("unacked", f"{UNACKED_KEYS}, {QUEUE_KEYS}, {DELIVERY_KEYS}, {HOLDER_KEYS}"),
        (
            "waiting",
            f"{WAITING_KEYS}, {WAITING_QUEUE_KEYS}, {WAITING_MESSAGE_KEYS}, {GONE_KEYS}, {GONE_SUM_KEYS}",
        ),
        ("find", ", ".join(json.loads((GOLDEN / "find.json").read_text()))),
        ("check", ", ".join(json.loads((GOLDEN / "check.json").read_text())["sources"][0])),
    ],
)
def test_every_json_key_is_told(name: str, keys: str) -> None:
    told = set(re.findall(r"`(\w+)(?:\[\])?`", section(f"eventrail {name}")))

    assert set(keys.split(", ")) <= told


def test_problems_have_the_keys_that_are_told() -> None:
    problem: dict[str, Any] = json.loads((GOLDEN / "unacked.json").read_text())["problems"][0]

    assert set(problem) == set(re.findall(r"`(source|what|remedy|severity)`", section("On every command")))
