"""The three statements of what Eventrail depends on say the same."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def declared(lines: list[str]) -> set[str]:
    return {line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")}


def test_requirements_txt_lists_what_pyproject_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = declared((ROOT / "requirements.txt").read_text().splitlines())

    assert requirements - set(project["project"]["dependencies"]) == {"pytest>=9,<10"}
    assert set(project["project"]["dependencies"]) <= requirements


def test_the_lock_pins_every_package_with_hashes_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert "://" not in lock
    assert "--index" not in lock
    for entry in re.findall(r"^[a-z0-9].*(?:\n[ ].*)*", lock, flags=re.MULTILINE):
        assert "==" in entry.splitlines()[0], entry
        assert "--hash=sha256:" in entry, entry
