"""The bank as tests and other programs use it: start, break, look, stop."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from bank.control import BankError, ask

_STATE_FILE = "bank.json"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class PodState:
    """One pod just now. `pid` is None while its container is being restarted; `started` is ISO 8601 in UTC."""

    name: str
    service: str
    node: str
    pid: int | None
    instance: str
    restarts: int
    ready: bool
    hung: bool
    started: str | None


class Bank:
    """A running bank, found by its run folder. As a context manager it stops the bank at the end."""

    def __init__(self, run_folder: Path) -> None:
        self._run_folder = run_folder
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, stack: Path, run_folder: Path, rate: float = 10.0, seed: int = 7) -> Self:
        """Starts a bank on the servers of `stack` (their state file) and waits until every pod is ready.

        Raises BankError with the end of the bank's own output when it does not come up within a minute.
        """
        bank = cls(run_folder)
        run_folder.mkdir(parents=True, exist_ok=True)
        arguments = ["--stack", str(stack), "--run", str(run_folder), "--rate", str(rate), "--seed", str(seed)]
        with bank._output_file.open("ab") as output:
            bank._process = subprocess.Popen(
                [sys.executable, "-m", "bank", "run", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            bank.wait(lambda pods: all(pod.ready for pod in pods), _START_SECONDS)
        except BankError:
            bank.stop()
            raise
        return bank

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pods(self, service: str | None = None) -> list[PodState]:
        """All pods, or those of one service."""
        known = PodState.__dataclass_fields__
        states = [{key: value for key, value in pod.items() if key in known} for pod in self.status()["pods"]]
        return [PodState(**state) for state in states if service in (None, state["service"])]

    def faults(self) -> list[dict[str, Any]]:
        """What was done to the bank and what followed, oldest first: time, fault, service, pod, node, instance."""
        entries: list[dict[str, Any]] = self.status()["faults"]
        return entries

    def hang(self, service: str, pod: str | None = None) -> PodState:
        """Has the workers of one pod of the service block inside their handlers; gives the pod."""
        return self._fault("hang", service=service, pod=pod)

    def release(self, service: str, pod: str | None = None) -> PodState:
        """Lets a hung pod of the service go on."""
        return self._fault("unhang", service=service, pod=pod)

    def cancel(self, service: str, pod: str | None = None) -> PodState:
        """Has one pod of the service cancel its consumers: what its handlers have begun stays theirs; gives the pod.

        It takes no more messages until it is killed and comes back.
        """
        return self._fault("cancel", service=service, pod=pod)

    def change_rate(self, rate: float) -> None:
        """From now on customers set off so many business events a second. Raises BankError for none or fewer."""
        ask(self._socket(), "rate", rate=rate)

    def kill(self, service: str | None = None, pod: str | None = None) -> PodState:
        """Ends a pod by SIGKILL and gives it as it was; it comes back under the same name within seconds."""
        return self._fault("kill", service=service, pod=pod)

    def status(self) -> Any:
        """What the supervisor knows: pods and faults."""
        return ask(self._socket(), "status")

    def wait(self, enough: Callable[[list[PodState]], bool], within_seconds: float = 30.0) -> list[PodState]:
        """Waits until the pods are as wanted and gives them. Raises BankError when time is up or the bank has ended."""
        deadline = time.monotonic() + within_seconds
        pods: list[PodState] = []
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            with contextlib.suppress(BankError):
                pods = self.pods()
                if enough(pods):
                    return pods
            time.sleep(_POLL_SECONDS)
        waiting = [pod.name for pod in pods if not pod.ready]
        raise BankError(
            f"bank: not as wanted within {within_seconds:.0f} s; not ready: {waiting}; "
            f"{self._output_file} ends with:\n{self._output_tail()}"
        )

    def stop(self) -> None:
        """Ends the bank and every process of it. Nothing to do when it does not run."""
        supervisor = self._supervisor()
        if supervisor is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor.terminate()
            try:
                supervisor.wait(_STOP_SECONDS)
            except psutil.TimeoutExpired:
                supervisor.kill()  # its pods die with it
        if self._process is not None:
            self._process.wait()

    @property
    def _output_file(self) -> Path:
        return self._run_folder / "bank.log"

    def _output_tail(self) -> str:
        return self._output_file.read_text(errors="replace")[-2_000:] if self._output_file.exists() else ""

    def _fault(self, order: str, **details: object) -> PodState:
        state = ask(self._socket(), order, **details)
        return PodState(**{key: state[key] for key in PodState.__dataclass_fields__})

    def _state(self) -> dict[str, Any] | None:
        try:
            state: dict[str, Any] = json.loads((self._run_folder / _STATE_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return state

    def _socket(self) -> Path:
        state = self._state()
        if state is None:
            raise BankError(f"{self._run_folder}: no bank runs here; python -m bank run")
        return Path(state["socket"])

    def _supervisor(self) -> psutil.Process | None:
        state = self._state()
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._process is not None:
                return psutil.Process(self._process.pid)
            if state is not None and psutil.Process(state["pid"]).create_time() == state["started"]:
                return psutil.Process(state["pid"])
        return None
