"""Waiting for what servers do in their own time."""

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], deadline_seconds: float = 30.0) -> bool:
    """Poll until `holds()` or the deadline passes; tells which."""
    deadline = time.monotonic() + deadline_seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False
