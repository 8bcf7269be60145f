"""A line every few seconds that says: this process lives, and its log arrives."""

import threading
from collections.abc import Callable

from eventrail_instrumentation.eventlog import EventLog

HEARTBEAT_SECONDS = 5.0


class Heartbeat:
    """Writes heartbeat lines from a thread of its own, so that no handler can hold them up."""

    def __init__(self, log: EventLog, in_flight: Callable[[], int], seconds: float = HEARTBEAT_SECONDS) -> None:
        self._log = log
        self._in_flight = in_flight
        self._seconds = seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventrail-heartbeat", daemon=True)

    def start(self) -> None:
        """Writes the first line at once."""
        self._thread.start()

    def stop(self) -> None:
        """Writes no more."""
        self._stopped.set()

    def _run(self) -> None:
        self._log.heartbeat(self._in_flight())
        while not self._stopped.wait(self._seconds):
            self._log.heartbeat(self._in_flight())
