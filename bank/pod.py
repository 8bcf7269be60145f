"""The program inside a pod: one service with its consumers, its look-ups and its customers."""

import random
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from eventrail_instrumentation import Identity, Service
from prometheus_client import CollectorRegistry, ProcessCollector

from bank.calls import Calls, serve
from bank.deployment import Pod
from bank.flows import FLOWS, LOOKUPS
from bank.gate import Gate
from bank.work import Customers, Workplace

_STOP_SECONDS = 3.0
_PROBE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PodStart:
    """What a container is started with. `life` counts its starts from 0."""

    pod: Pod
    instance_id: str
    life: int
    amqp_url: str
    rate: float
    seed: int
    lookups: Mapping[str, list[str]]


class PodProgram:
    """Runs until SIGTERM or until the supervisor's end of the control socket closes."""

    def __init__(self, start: PodStart, control: socket.socket) -> None:
        pod, plan = start.pod, start.pod.plan
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._control = control
        self._gate = Gate()
        self._stopped = threading.Event()
        self._service = Service(
            plan.name,
            plan.version,
            url=start.amqp_url,
            identity=Identity(plan.name, plan.version, pod.name, start.instance_id),
            registry=registry,
            metrics_address=("127.0.0.1", pod.metrics_port),
            log_receive=plan.log_receive,
        )
        workplace = Workplace(self._service, plan, start.seed, Calls(self._service.log, start.lookups), self._gate)
        for flow in FLOWS:
            for step in flow.steps:
                if step.service == plan.name:
                    workplace.consume(step)
        self._customers = _customers(start, workplace)
        methods = {one.method: workplace.answer(one) for one in LOOKUPS if one.service == plan.name}
        self._server = serve(plan.name, pod.grpc_port, self._service.log, methods) if methods else None

    def run(self) -> None:
        """Works until told to stop, then finishes what it can."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the supervisor ends the pods
        threading.Thread(target=self._obey, name="control", daemon=True).start()
        self._service.start()
        for customers in self._customers:
            customers.start()
        ready = False
        while not self._stopped.wait(_PROBE_SECONDS):
            if self._service.failure is not None:
                raise self._service.failure
            if ready != self._service.ready:
                ready = not ready
                self._control.sendall(b"ready\n" if ready else b"unready\n")
        for customers in self._customers:
            customers.stop()
        self._service.stop(_STOP_SECONDS)
        if self._server is not None:
            self._server.stop(None)

    def _obey(self) -> None:
        orders: Mapping[str, Callable[..., None]] = {
            "hang": self._gate.shut,
            "unhang": self._gate.release,
            "cancel": self._service.stop_consuming,
            "rate": self._change_rate,
        }
        with self._control.makefile("r") as lines:
            for line in lines:
                word, *details = line.split()
                orders[word](*details)
        self._stopped.set()

    def _change_rate(self, rate: str) -> None:
        for customers in self._customers:
            customers.change_rate(float(rate))

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped.set()


def _customers(start: PodStart, workplace: Workplace) -> Sequence[Customers]:
    plan = start.pod.plan
    crowds = []
    for flow in FLOWS:
        if flow.start is not None and flow.start.service == plan.name:
            # A restarted pod draws anew: the same customers do not come twice.
            draw = random.Random(f"{start.seed}/{flow.name}/{start.pod.replica}/{start.life}")
            crowds.append(Customers(flow, start.rate, flow.share / plan.replicas, draw, workplace.begin))
    return crowds
