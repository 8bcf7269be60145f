"""One server process: started in a session of its own, recorded on disk, ended by process ID."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from stack.errors import StackError
from stack.places import server_user

_POLL_SECONDS = 0.05
_ORPHAN_SECONDS = 1.0
_KILL_SECONDS = 10.0
_LOG_TAIL_CHARACTERS = 2_000
# A process's start is told relative to the boot, whose wall-clock time moves when the clock is corrected.
_CLOCK_CORRECTION_SECONDS = 2.0

# Children of this interpreter; kept so that they are reaped when they end.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class ServerProcess:
    """A process known by the record in its folder, so that another interpreter can look after it too."""

    name: str
    folder: Path
    working_folder: Path | None = None  # `folder` when left out

    @property
    def log(self) -> Path:
        """What the process writes on standard output and standard error."""
        return self.folder / "output.log"

    @property
    def _record(self) -> Path:
        return self.folder / "process.json"

    def start(
        self, argv: Sequence[str], environment: Mapping[str, str] | None = None, *, own_user: bool = True
    ) -> None:
        """Start `argv` with only PATH, HOME (its folder) and `environment`; as the servers' user unless `own_user`
        is false. Raises StackError when it runs already or the program is not installed."""
        if self.running():
            raise StackError(f"{self.name}: runs already (process {self.process_id()})")
        user = server_user() if own_user else None
        # Debian keeps servers in folders that are not on an ordinary user's path.
        base = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        with self.log.open("ab") as output:
            try:
                child = subprocess.Popen(
                    list(argv),
                    env={**base, **(environment or {})},
                    cwd=self.working_folder or self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    user=user,
                    group=user,
                    extra_groups=[] if user else None,
                )
            except FileNotFoundError as missing:
                raise StackError(f"{self.name}: {argv[0]} is not installed; run stack/install.sh") from missing
        _children[child.pid] = child
        started = psutil.Process(child.pid).create_time()
        self._record.write_text(json.dumps({"pid": child.pid, "started": started}), encoding="utf-8")

    def process_id(self) -> int | None:
        """The process ID while it runs."""
        process = self._process()
        return process.pid if process else None

    def running(self) -> bool:
        """Whether the recorded process lives (and is not another one that got its number)."""
        return self._process() is not None

    def wait_until(self, answers: Callable[[], bool], deadline_seconds: float) -> None:
        """Wait until `answers()`; raise StackError with the log's end if the process ends or the deadline passes."""
        deadline = time.monotonic() + deadline_seconds
        while not answers():
            if not self.running():
                raise StackError(f"{self.name}: ended while starting; {self.log} ends with:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise StackError(
                    f"{self.name}: no answer after {deadline_seconds:.0f} s; {self.log} ends with:\n{self.log_tail()}"
                )
            time.sleep(_POLL_SECONDS)

    def stop(self, grace_seconds: float = 20.0) -> None:
        """End the process and everything it started: ask first, then kill. Nothing to do when it does not run."""
        process = self._process()
        if process is not None:
            children = _descendants(process)
            _signal(process, signal.SIGTERM)
            left = _left_after([process], grace_seconds)
            # Children in sessions of their own, and those that were started while the process was ending.
            left = _left_after([*left, *children, *_session(process.pid)], _ORPHAN_SECONDS)
            _kill(left)
        self._record.unlink(missing_ok=True)

    def kill(self) -> None:
        """End the process at once with SIGKILL, as a crash would."""
        process = self._process()
        if process is not None:
            _kill([process, *_descendants(process)])
        self._record.unlink(missing_ok=True)

    def signal(self, number: signal.Signals) -> None:
        """Send one signal to the process itself; raises StackError when it does not run."""
        process = self._process()
        if process is None:
            raise StackError(f"{self.name}: does not run, so it cannot be sent {number.name}")
        _signal(process, number)

    def log_tail(self) -> str:
        """The last lines of the process's own output."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return text[-_LOG_TAIL_CHARACTERS:]

    def _process(self) -> psutil.Process | None:
        _reap()
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
            process = psutil.Process(record["pid"])
            same = abs(process.create_time() - record["started"]) < _CLOCK_CORRECTION_SECONDS
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
        return process if same and _alive(process) else None


def _alive(process: psutil.Process) -> bool:
    """Whether it lives; one that ended counts as gone even while its parent, some other process, has not noticed.

    A child of ours is asked for itself: it looks like one that ended as soon as its first thread has.
    """
    _reap()
    if process.pid in _children:
        return True
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _reap() -> None:
    """Take note of children that ended, whoever ended them."""
    for process_id, child in list(_children.items()):
        if child.poll() is not None:
            _children.pop(process_id, None)


def _left_after(processes: list[psutil.Process], within_seconds: float) -> list[psutil.Process]:
    """Wait for all to end; give those that did not in time."""
    deadline = time.monotonic() + within_seconds
    while (left := [process for process in processes if _alive(process)]) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return left


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        _signal(process, signal.SIGKILL)
    _left_after(processes, _KILL_SECONDS)


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _session(leader: int) -> list[psutil.Process]:
    """Processes of the session that `leader` led; they stay in it when their parent ends."""
    members = []
    for process in psutil.process_iter():
        try:
            if process.pid != leader and os.getsid(process.pid) == leader:
                members.append(process)
        except (ProcessLookupError, PermissionError):
            continue
    return members


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
