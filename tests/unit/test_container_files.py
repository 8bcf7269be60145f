"""The image and the compose file hold to their linters; no container engine is needed to know that."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BESIDE_PYTHON = str(Path(sys.executable).parent)


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("hadolint", path=BESIDE_PYTHON) is None, reason="hadolint has no wheel here")
def test_the_dockerfile_passes_hadolint() -> None:
    assert run(f"{BESIDE_PYTHON}/hadolint", "Dockerfile") == ""


def test_the_compose_file_holds_to_the_compose_specification() -> None:
    assert run(f"{BESIDE_PYTHON}/check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml") == ""


def test_the_image_copies_only_what_is_there() -> None:
    copied = [
        source
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]

    assert [source for source in copied if not (ROOT / source).exists()] == []
