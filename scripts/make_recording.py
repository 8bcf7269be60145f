"""Make the shipped recording: the bank on the real servers, with a consumer that hangs and is killed in the end.

    .venv/bin/python scripts/make_recording.py [FILE]

Takes about 18 minutes. The servers and the bank are started for it and ended after it.
"""

import shutil
import sys
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bank.client import Bank
from eventrail.configuration import Configuration
from eventrail.investigate.moment import find_moment
from eventrail.model.window import Window
from eventrail.recording.record import record
from eventrail.sources.opening import open_sources
from eventrail.sources.ports import Sources
from stack.compose import Stack
from stack.live import configuration
from stack.places import temporary_root

SERVICE = "payments"
EVENTS_PER_SECOND = 4.0
SEED = 7
# Minutes after the start at which things happen.
HANGS, OPENS, KILLED, ENDS = 5.0, 12.0, 14.0, 16.5
COMPLETE_SECONDS = 60.0
DEFAULT_FILE = Path("recordings/hung-consumer.eventrail")


def play(stack: Stack, folder: Path, file: Path) -> None:
    """Let the story happen and record it."""
    stack.save(folder / "stack.json")
    with Bank.start(folder / "stack.json", folder / "bank", EVENTS_PER_SECOND, SEED) as bank:
        start = datetime.now(tz=UTC)
        wait_until(start + timedelta(minutes=HANGS))
        pod = bank.hang(SERVICE)
        print(f"{datetime.now(tz=UTC):%H:%M:%S} {pod.name} hangs")
        wait_until(start + timedelta(minutes=KILLED))
        bank.kill(pod=pod.name)
        print(f"{datetime.now(tz=UTC):%H:%M:%S} {pod.name} killed")
        end = start + timedelta(minutes=ENDS)
        wait_until(end)
        sources = open_sources("live", Configuration(**tomllib.loads(configuration(stack))))
        wait_until_complete(sources, end)
        made = record(
            sources,
            Window(start, end),
            file,
            created_at=datetime.now(tz=UTC),
            opening=start + timedelta(minutes=OPENS),
            description=f"A simulated bank of 19 services; a pod of {SERVICE} hangs, and is killed in the end.",
        )
        print(f"{made.path}: {made.size_bytes:,} bytes, {made.log_lines:,} lines, {made.samples:,} samples")


def wait_until(instant: datetime) -> None:
    """Wait for the clock."""
    time.sleep(max((instant - datetime.now(tz=UTC)).total_seconds(), 0.0))


def wait_until_complete(sources: Sources, end: datetime) -> None:
    """Wait until all lines up to `end` have arrived."""
    deadline = time.monotonic() + COMPLETE_SECONDS
    while time.monotonic() < deadline:
        complete_to = find_moment(sources, datetime.now(tz=UTC), None).moment.logs_complete_to
        if complete_to is not None and complete_to >= end:
            return
        time.sleep(1)
    raise SystemExit(f"the logs are not complete to {end:%H:%M:%S} after {COMPLETE_SECONDS:.0f} s")


def main() -> None:
    """Start the servers, play, and end them."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    folder = temporary_root("eventrail-recording-")
    stack = Stack.create(folder)
    try:
        stack.start()
        play(stack, folder, file)
    finally:
        stack.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
