"""Finds a Java runtime that is new enough."""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path


@functools.cache
def java_home(at_least: int) -> Path | None:
    """The home of the oldest Java runtime on this machine whose major version is `at_least` or more, or None."""
    versions = {home: _major_version(home) for home in _homes()}
    fitting = [(version, home) for home, version in versions.items() if version >= at_least]
    return min(fitting)[1] if fitting else None


def _homes() -> set[Path]:
    candidates = [home / "bin" / "java" for home in Path("/usr/lib/jvm").glob("*")]
    if chosen := os.environ.get("JAVA_HOME"):
        candidates.append(Path(chosen) / "bin" / "java")
    if on_path := shutil.which("java"):
        candidates.append(Path(on_path))
    return {candidate.resolve().parent.parent for candidate in candidates if candidate.exists()}


def _major_version(home: Path) -> int:
    told = subprocess.run([str(home / "bin" / "java"), "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found.group(1)) if found else 0
