"""What the supervisor does when it is asked: tell the pods' state, hang, release and kill, change the load."""

import json
import signal
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from bank.container import Container
from bank.faults import FaultLedger

Request = dict[str, Any]


class Orders:
    """Answers the orders of the control socket: `status`, `rate`, and the faults `hang`, `unhang`, `cancel`, `kill`."""

    def __init__(self, containers: Collection[Container], faults: FaultLedger, changed: Callable[[], None]) -> None:
        """`changed` is called after an order has changed a container's state."""
        self._containers = containers
        self._faults = faults
        self._changed = changed
        self._rate: float | None = None
        self._orders: dict[str, Callable[[Request], Any]] = {
            "status": self._status,
            "hang": self._hang,
            "unhang": self._unhang,
            "cancel": self._cancel,
            "kill": self._kill,
            "rate": self._change_rate,
        }

    def answer(self, line: str) -> bytes:
        """The answer to one line of JSON, as one line of JSON: `result`, or `error` with what to do."""
        try:
            request = json.loads(line)
            answer = {"result": self._orders[request["order"]](request)}
        except KeyError as unknown:
            answer = {"error": f"the bank knows no {unknown}; it knows {', '.join(self._orders)}"}
        except (LookupError, ValueError, TypeError, OSError) as problem:
            answer = {"error": str(problem)}
        return json.dumps(answer).encode() + b"\n"

    def started(self, container: Container) -> None:
        """Tells a process that has just started what was ordered of all."""
        if self._rate is not None:
            container.order(f"rate {self._rate}")

    def _status(self, _request: Request) -> dict[str, Any]:
        return {"pods": [description(one) for one in self._containers], "faults": self._faults.entries}

    def _hang(self, request: Request) -> dict[str, Any]:
        container = self._chosen(request, hung=False)
        container.order("hang")
        container.hung = True
        return self._noted("hang", container)

    def _unhang(self, request: Request) -> dict[str, Any]:
        container = self._chosen(request, hung=True)
        container.order("unhang")
        container.hung = False
        return self._noted("unhang", container)

    def _cancel(self, request: Request) -> dict[str, Any]:
        container = self._chosen(request, hung=None)
        container.order("cancel")
        return self._noted("cancel", container)

    def _change_rate(self, request: Request) -> float:
        rate = float(request["rate"])
        if not rate > 0:
            raise ValueError(f"a bank has more than {rate:g} events a second")
        self._rate = rate
        for container in self._containers:
            if container.control is not None:
                with suppress(OSError):  # it has just died; its next process is told by `started`
                    container.order(f"rate {rate}")
        self._faults.note("rate", rate=rate)
        return rate

    def _kill(self, request: Request) -> dict[str, Any]:
        container = self._chosen(request, hung=None)
        killed = self._noted("kill", container)
        container.signal(signal.SIGKILL)
        return killed

    def _noted(self, fault: str, container: Container) -> dict[str, Any]:
        self._faults.note(fault, container)
        self._changed()
        return description(container)

    def _chosen(self, request: Request, *, hung: bool | None) -> Container:
        """The named pod, else the service's first running one that is hung (or not, or either)."""
        service, pod = request.get("service"), request.get("pod")
        candidates = [
            container
            for container in self._containers
            if container.pid is not None
            and pod in (None, container.pod.name)
            and service in (None, container.pod.plan.name)
            and (hung is None or container.hung is hung)
        ]
        if not candidates or (pod is None and service is None):
            state = {True: " hung", False: " healthy", None: ""}[hung]
            raise LookupError(
                f"no{state} pod runs for service {service!r}, pod {pod!r}; python -m bank status lists them"
            )
        return candidates[0]


def description(container: Container) -> dict[str, Any]:
    """A container's state as others read it: in the answers, and in pods.json."""
    pod = container.pod
    return {
        "name": pod.name,
        "service": pod.plan.name,
        "node": pod.node,
        "pid": container.pid,
        "instance": container.instance_id,
        "restarts": container.restarts,
        "ready": container.ready,
        "hung": container.hung,
        "started": container.started.isoformat() if container.started else None,
        "last_exit_code": container.last_exit_code,
        "last_ended": container.last_ended.isoformat() if container.last_ended else None,
        "metrics_port": pod.metrics_port,
        "log": str(container.log.path) if container.log else None,
    }
