"""The fault `hang`: every worker that takes a message stops inside its handler until it is let go."""

import logging
import threading

_logger = logging.getLogger("bank.database")


class Gate:
    """Handlers pass through it; while it is shut they block, with a last line that tells what they wait for."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()

    def shut(self) -> None:
        """Blocks every handler that starts from now on."""
        self._open.clear()

    def release(self) -> None:
        """Lets all go on."""
        self._open.set()

    def pass_through(self, row: object) -> None:
        """Returns at once, or when the gate is opened again."""
        if not self._open.is_set():
            _logger.warning("waiting for lock on accounts row %s", row)
            self._open.wait()
