"""Plays kubelet for the whole bank: starts the pods, keeps their logs, restarts the dead, works the faults.

One thread and one loop, because forking is only safe in a process that has no other threads.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bank.container import Container, Program
from bank.crilog import ContainerLog
from bank.deployment import Pod
from bank.faults import FaultLedger
from bank.orders import Orders, description
from bank.services import NAMESPACE

_READ_BYTES = 1 << 16
_STOP_SECONDS = 8.0
_IDLE_SECONDS = 1.0

ProgramOf = Callable[[Pod], Program]
ContainersFolderOf = Callable[[str], Path]


class Supervisor:
    """Owns the containers. `run` returns after `stop` was ordered or SIGTERM came."""

    def __init__(
        self,
        pods: Sequence[Pod],
        program_of: ProgramOf,
        containers_folder_of: ContainersFolderOf,
        run_folder: Path,
        socket_path: Path,
    ) -> None:
        """`containers_folder_of` gives the log folder of a node. `run_folder` takes pods.json and faults.jsonl."""
        self._program_of = program_of
        self._containers_folder_of = containers_folder_of
        self._pods_file = run_folder / "pods.json"
        self._faults = FaultLedger(run_folder / "faults.jsonl")
        self._containers = {pod.name: Container(pod) for pod in pods}
        self._selector = selectors.DefaultSelector()
        self._stopping = False
        self._orders = Orders(self._containers.values(), self._faults, self._write_pods_file)
        self._listen(socket_path)
        self._watch_signals()

    def run(self) -> None:
        """Starts every pod and looks after them until told to stop; then ends them all."""
        for container in self._containers.values():
            self._start(container)
        self._write_pods_file()
        while not self._stopping:
            self._turn()
            self._restart_due()
        self._end_all()

    def _listen(self, socket_path: Path) -> None:
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(socket_path))
        self._server.listen()
        self._selector.register(self._server, selectors.EVENT_READ, self._on_request)

    def _watch_signals(self) -> None:
        self._wake_read, wake_write = socket.socketpair()
        for end in (self._wake_read, wake_write):
            end.setblocking(False)
        signal.set_wakeup_fd(wake_write.fileno())
        self._wake_write = wake_write
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._ask_to_stop())
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._on_signal)

    def _turn(self, timeout_seconds: float = _IDLE_SECONDS) -> None:
        for key, _ in self._selector.select(timeout_seconds):
            key.data(key.fd)

    # Containers

    def _start(self, container: Container) -> None:
        pod = container.pod
        log = ContainerLog(self._containers_folder_of(pod.node), pod.name, NAMESPACE, pod.plan.name)
        container.start(self._program_of(pod), log)
        for descriptor in container.streams:
            self._selector.register(descriptor, selectors.EVENT_READ, partial(self._on_output, container))
        if container.control is not None:
            self._selector.register(
                container.control, selectors.EVENT_READ, lambda _fd, one=container: self._on_word(one)
            )
        self._orders.started(container)

    def _on_output(self, container: Container, descriptor: int) -> None:
        output = os.read(descriptor, _READ_BYTES)
        if output and container.log is not None:
            container.log.take(container.streams[descriptor], output, time.time_ns())
        elif not output:
            self._selector.unregister(descriptor)
            os.close(descriptor)
            del container.streams[descriptor]

    def _on_word(self, container: Container) -> None:
        if container.control is None:
            return
        with contextlib.suppress(OSError):
            words = container.control.recv(_READ_BYTES).split()
            if not words:
                self._selector.unregister(container.control)
                return
            container.ready = words[-1] == b"ready"
            self._write_pods_file()

    def _on_signal(self, _descriptor: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_read.recv(_READ_BYTES)
        by_pid = {container.pid: container for container in self._containers.values() if container.pid}
        for pid, container in by_pid.items():
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._on_end(container, os.waitstatus_to_exitcode(status))

    def _on_end(self, container: Container, exit_code: int) -> None:
        for descriptor in list(container.streams):
            os.set_blocking(descriptor, True)
            while descriptor in container.streams:  # until the pipe's end: the last words count most
                self._on_output(container, descriptor)
        if container.control is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(container.control)
        container.ended(exit_code)
        self._faults.note("ended", container, exit_code=exit_code)
        self._write_pods_file()

    def _restart_due(self) -> None:
        for container in self._containers.values():
            if container.restart_due is not None and container.restart_due <= time.monotonic():
                container.restarts += 1
                self._start(container)
                self._faults.note("restarted", container)
                self._write_pods_file()

    def _end_all(self) -> None:
        for container in self._containers.values():
            container.restart_due = None
            container.signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._running() and time.monotonic() < deadline:
            self._turn(0.2)
        for container in self._running():
            container.signal(signal.SIGKILL)
        while self._running():
            self._turn(0.2)
        self._server.close()

    def _running(self) -> list[Container]:
        return [container for container in self._containers.values() if container.pid is not None]

    # Others

    def _on_request(self, _descriptor: int) -> None:
        connection, _ = self._server.accept()
        with connection, contextlib.suppress(OSError):  # whoever asked may have gone
            connection.settimeout(1.0)
            connection.sendall(self._orders.answer(connection.makefile("r").readline()))

    def _ask_to_stop(self) -> None:
        self._stopping = True

    def _write_pods_file(self) -> None:
        # Written beside and renamed: the exporter reads it at any moment.
        draft = self._pods_file.with_suffix(".draft")
        draft.write_text(json.dumps([description(one) for one in self._containers.values()]), encoding="utf-8")
        draft.rename(self._pods_file)
