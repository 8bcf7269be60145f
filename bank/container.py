"""A pod's container: the process, its pipes, its log, and what happened to it."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from eventrail_instrumentation import new_id

from bank.crilog import ContainerLog
from bank.deployment import Pod

_PR_SET_PDEATHSIG = 1
_FIRST_BACKOFF_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 60.0
_STABLE_SECONDS = 60.0

Program = Callable[[str, int, socket.socket], None]
"""Runs inside the forked process, given the instance ID, the number of earlier starts and the control socket."""


@dataclass(slots=True)
class Container:
    """The state that the supervisor keeps of one pod."""

    pod: Pod
    pid: int | None = None
    instance_id: str = ""
    restarts: int = 0
    ready: bool = False
    hung: bool = False
    started: datetime | None = None
    restart_due: float | None = None
    last_exit_code: int | None = None
    last_ended: datetime | None = None
    log: ContainerLog | None = None
    older_log: ContainerLog | None = None
    control: socket.socket | None = None
    streams: dict[int, str] = field(default_factory=dict)
    _backoff_seconds: float = _FIRST_BACKOFF_SECONDS

    def start(self, program: Program, log: ContainerLog) -> None:
        """Forks the container's process."""
        if self.older_log is not None:
            self.older_log.delete()
        self.older_log, self.log = self.log, log
        self.instance_id = new_id()
        output_read, output_write = os.pipe()
        errors_read, errors_write = os.pipe()
        ours, theirs = socket.socketpair()
        supervisor = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _become(
                supervisor, output_write, errors_write, theirs, lambda: program(self.instance_id, self.restarts, theirs)
            )
        for descriptor in (output_write, errors_write):
            os.close(descriptor)
        theirs.close()
        for descriptor in (output_read, errors_read):
            os.set_blocking(descriptor, False)
        ours.setblocking(False)
        self.streams = {output_read: "stdout", errors_read: "stderr"}
        self.control = ours
        self.started = datetime.now(UTC)
        self.ready = self.hung = False
        self.restart_due = None

    def ended(self, exit_code: int) -> None:
        """Notes the end of the process and when it is to be started again: after 1 s, longer when it keeps dying."""
        now = datetime.now(UTC)
        if self.log is not None:
            self.log.close(time.time_ns())
        if self.control is not None:
            self.control.close()
        lived_seconds = (now - self.started).total_seconds() if self.started else 0.0
        if lived_seconds > _STABLE_SECONDS:
            self._backoff_seconds = _FIRST_BACKOFF_SECONDS
        self.restart_due = time.monotonic() + self._backoff_seconds
        self._backoff_seconds = min(self._backoff_seconds * 2, _LONGEST_BACKOFF_SECONDS)
        self.pid, self.control, self.ready, self.hung = None, None, False, False
        self.last_exit_code, self.last_ended = exit_code, now

    def order(self, word: str) -> None:
        """Sends the process an order; raises LookupError when there is no process."""
        if self.control is None:
            raise LookupError(f"{self.pod.name} is not running just now; try again in a few seconds")
        self.control.sendall(word.encode() + b"\n")

    def signal(self, number: signal.Signals) -> None:
        """Sends the process a signal, if there is one."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def _become(supervisor: int, output: int, errors: int, control: socket.socket, program: Callable[[], None]) -> None:
    """Turns the forked process into the container's: it never returns."""
    code = 1
    try:
        die_with(supervisor)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(errors, 2)
        _close_all_but({0, 1, 2, control.fileno()})
        program()
        code = 0
    except BaseException:  # noqa: BLE001 - the last words of a container; its supervisor sees the exit code
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def die_with(supervisor: int) -> None:
    """Has the kernel kill this process when the supervisor, its parent, ends, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:
        os._exit(1)


def _close_all_but(kept: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names, not paths
        if int(name) not in kept:
            with contextlib.suppress(OSError):
                os.close(int(name))
