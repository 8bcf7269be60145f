"""Runs the bank in this process: ports, topology, targets for Prometheus, the exporter and the supervisor."""

import functools
import gc
import json
import os
import signal
import socket
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bank import exporter, topology
from bank.container import Program, die_with
from bank.deployment import Pod, deploy, pod_count
from bank.flows import FLOWS, LOOKUPS
from bank.pod import PodProgram, PodStart
from bank.services import NAMESPACE
from bank.supervisor import Supervisor
from stack.compose import Stack
from stack.ports import free_ports

STATE_FILE = "bank.json"
_TARGETS_FILE = "bank.json"


@dataclass(frozen=True, slots=True)
class BankSettings:
    """Where the servers are, how many business events a second start, and the seed of all chances."""

    stack: Path
    run_folder: Path
    rate: float
    seed: int


def run(settings: BankSettings) -> None:
    """Starts everything and returns when the bank was told to stop. Leaves queues and logs behind, no process."""
    stack = Stack.load(settings.stack)
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    exporter_port, *pod_ports = free_ports(1 + 2 * pod_count())
    pods = deploy(settings.seed, pod_ports)
    topology.declare(stack.rabbitmq.amqp_url, FLOWS)
    # A socket's path may have 108 characters only; a run folder's may be longer.
    socket_path = Path(tempfile.mkdtemp(prefix="eventrail-bank-")) / "control.sock"
    pods_file = settings.run_folder / "pods.json"
    supervisor = Supervisor(
        pods,
        functools.partial(_program, stack.rabbitmq.amqp_url, settings, _lookup_addresses(pods)),
        lambda node: stack.folder / "logs" / node / "containers",
        settings.run_folder,
        socket_path,
    )
    targets = stack.prometheus.targets_folder / _TARGETS_FILE
    state_file = settings.run_folder / STATE_FILE
    exporter_pid = _fork_exporter(pods, pods_file, exporter_port)
    try:
        _write(targets, _targets(pods, exporter_port))
        _write(state_file, _state(socket_path, exporter_port))
        # What is loaded by now is shared by all pods; a collector that touches it would copy it into each.
        gc.collect()
        gc.freeze()
        supervisor.run()
    finally:
        for file in (targets, state_file, socket_path):
            file.unlink(missing_ok=True)
        socket_path.parent.rmdir()
        with suppress(ProcessLookupError):
            os.kill(exporter_pid, signal.SIGTERM)


def _program(amqp_url: str, settings: BankSettings, lookups: dict[str, list[str]], pod: Pod) -> Program:
    def program(instance_id: str, life: int, control: socket.socket) -> None:
        start = PodStart(pod, instance_id, life, amqp_url, settings.rate, settings.seed, lookups)
        PodProgram(start, control).run()

    return program


def _lookup_addresses(pods: Sequence[Pod]) -> dict[str, list[str]]:
    answering = {lookup.service for lookup in LOOKUPS}
    return {
        service: [f"127.0.0.1:{pod.grpc_port}" for pod in pods if pod.plan.name == service] for service in answering
    }


def _fork_exporter(pods: Sequence[Pod], pods_file: Path, port: int) -> int:
    supervisor = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            die_with(supervisor)
            exporter.serve(pods, pods_file, port)
        finally:
            os._exit(1)
    return pid


def _targets(pods: Sequence[Pod], exporter_port: int) -> list[dict[str, object]]:
    """In Prometheus' file_sd format: every pod's own metrics, and the exporter."""
    own: list[dict[str, object]] = [
        {
            "targets": [f"127.0.0.1:{pod.metrics_port}"],
            "labels": {
                "namespace": NAMESPACE,
                "pod": pod.name,
                "node": pod.node,
                "service": pod.plan.name,
                "app": pod.plan.name,
                "instance": pod.name,
            },
        }
        for pod in pods
    ]
    return [*own, {"targets": [f"127.0.0.1:{exporter_port}"], "labels": {"instance": "bank-exporter"}}]


def _state(socket_path: Path, exporter_port: int) -> dict[str, object]:
    """How others find this bank; with the start of its process, for a process ID can be given again."""
    me = psutil.Process()
    return {"pid": me.pid, "started": me.create_time(), "socket": str(socket_path), "exporter_port": exporter_port}


def _write(file: Path, content: object) -> None:
    # Written beside and renamed: others read it at any moment.
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(content, indent=1), encoding="utf-8")
    draft.rename(file)
