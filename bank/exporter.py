"""The pods' figures under the names that cAdvisor and kube-state-metrics use, measured from their real processes."""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bank.deployment import Pod, node_address
from bank.processes import ProcessFigures, read_figures
from bank.services import NAMESPACE, NODES, SERVICES

_CONTAINER = ("namespace", "pod", "container", "node")
_POD = ("namespace", "pod", "node")
_PHASES = ("Pending", "Running", "Succeeded", "Failed", "Unknown")
_PERIOD_SECONDS = 0.1  # of the kernel's CPU bandwidth control

State = dict[str, Any]


class BankCollector:
    """Reads pods.json, which the supervisor keeps, and /proc at each scrape."""

    def __init__(self, pods: Iterable[Pod], pods_file: Path) -> None:
        self._pods = {pod.name: pod for pod in pods}
        self._pods_file = pods_file

    def collect(self) -> Iterator[Metric]:
        """Every family, with one sample a container, pod, deployment or node."""
        states: list[State] = json.loads(self._pods_file.read_text(encoding="utf-8"))
        yield from self._containers(states)
        yield from self._pod_states(states)
        yield from _deployments(states)
        yield from _nodes()

    def _containers(self, states: list[State]) -> Iterator[Metric]:
        """cAdvisor. Throttling is always 0: the pods run without a CPU quota."""
        figures = {state["name"]: read_figures(state["pid"]) for state in states if state["pid"]}
        alive = [(self._pods[name], one) for name, one in figures.items() if one is not None]
        values: dict[str, tuple[str, list[tuple[Pod, float]]]] = {
            "container_cpu_usage_seconds": (
                "Processor time used by the container's process.",
                [(pod, one.cpu_seconds) for pod, one in alive],
            ),
            "container_cpu_cfs_periods": (
                "Periods of the CPU bandwidth control that have passed.",
                [(pod, one.age_seconds // _PERIOD_SECONDS) for pod, one in alive],
            ),
            "container_cpu_cfs_throttled_periods": (
                "Periods in which the container was throttled; 0, for no quota is set.",
                [(pod, 0.0) for pod, _ in alive],
            ),
        }
        for name, (text, samples) in values.items():
            counter = CounterMetricFamily(name, text, labels=_CONTAINER)
            for pod, value in samples:
                counter.add_metric(_container_labels(pod), value)
            yield counter
        yield from _container_gauges(alive)

    def _pod_states(self, states: list[State]) -> Iterator[Metric]:
        """kube-state-metrics, by pod and container."""
        info = GaugeMetricFamily(
            "kube_pod_info",
            "Where a pod runs and who made it.",
            labels=(*_POD, "pod_ip", "host_ip", "created_by_kind", "created_by_name"),
        )
        restarts = CounterMetricFamily(
            "kube_pod_container_status_restarts", "Restarts of the container.", labels=_CONTAINER
        )
        ready = GaugeMetricFamily("kube_pod_status_ready", "Whether the pod is ready.", labels=(*_POD, "condition"))
        phase = GaugeMetricFamily("kube_pod_status_phase", "The pod's phase.", labels=(*_POD, "phase"))
        limit = GaugeMetricFamily(
            "kube_pod_container_resource_limits",
            "What the container may use.",
            labels=(*_CONTAINER, "resource", "unit"),
        )
        reason = GaugeMetricFamily(
            "kube_pod_container_status_last_terminated_reason",
            "Why the container's last process ended.",
            labels=(*_CONTAINER, "reason"),
        )
        for state in states:
            pod = self._pods[state["name"]]
            where = [NAMESPACE, pod.name, pod.node]
            address = [pod.address, node_address(pod.node)]
            info.add_metric([*where, *address, "ReplicaSet", pod.replica_set], 1)
            restarts.add_metric(_container_labels(pod), state["restarts"])
            for condition in ("true", "false", "unknown"):
                ready.add_metric([*where, condition], float(condition == str(state["ready"]).lower()))
            for one in _PHASES:
                phase.add_metric([*where, one], float(one == "Running"))
            limit.add_metric([*_container_labels(pod), "memory", "byte"], pod.plan.memory_limit_bytes)
            if state["last_exit_code"] is not None:
                word = "Completed" if state["last_exit_code"] == 0 else "Error"
                reason.add_metric([*_container_labels(pod), word], 1)
        yield from (info, restarts, ready, phase, limit, reason)


def _container_gauges(alive: list[tuple[Pod, ProcessFigures]]) -> Iterator[Metric]:
    values: dict[str, tuple[str, Sequence[float]]] = {
        "container_memory_working_set_bytes": ("Memory in use.", [one.resident_bytes for _, one in alive]),
        "container_memory_rss": ("Anonymous memory in use.", [one.anonymous_bytes for _, one in alive]),
        "container_spec_memory_limit_bytes": ("The limit.", [pod.plan.memory_limit_bytes for pod, _ in alive]),
        "container_start_time_seconds": ("When the process started.", [one.started_seconds for _, one in alive]),
    }
    for name, (text, samples) in values.items():
        gauge = GaugeMetricFamily(name, text, labels=_CONTAINER)
        for (pod, _), value in zip(alive, samples, strict=True):
            gauge.add_metric(_container_labels(pod), value)
        yield gauge


def _deployments(states: list[State]) -> Iterator[Metric]:
    available = Counter(state["service"] for state in states if state["ready"])
    wanted = GaugeMetricFamily("kube_deployment_spec_replicas", "Pods wanted.", labels=("namespace", "deployment"))
    there = GaugeMetricFamily(
        "kube_deployment_status_replicas_available", "Pods ready.", labels=("namespace", "deployment")
    )
    missing = GaugeMetricFamily(
        "kube_deployment_status_replicas_unavailable", "Pods not ready.", labels=("namespace", "deployment")
    )
    for plan in SERVICES:
        labels = (NAMESPACE, plan.name)
        wanted.add_metric(labels, plan.replicas)
        there.add_metric(labels, available[plan.name])
        missing.add_metric(labels, plan.replicas - available[plan.name])
    yield from (wanted, there, missing)


def _nodes() -> Iterator[Metric]:
    info = GaugeMetricFamily("kube_node_info", "A node of the cluster.", labels=("node", "internal_ip"))
    condition = GaugeMetricFamily(
        "kube_node_status_condition", "A node's condition.", labels=("node", "condition", "status")
    )
    for node in NODES:
        info.add_metric((node, node_address(node)), 1)
        for status in ("true", "false", "unknown"):
            condition.add_metric((node, "Ready", status), float(status == "true"))
    yield from (info, condition)


def _container_labels(pod: Pod) -> list[str]:
    return [NAMESPACE, pod.name, pod.plan.name, pod.node]


def serve(pods: Iterable[Pod], pods_file: Path, port: int) -> None:
    """Serves the figures until SIGTERM. Runs in a process of its own, for it has threads."""
    registry = CollectorRegistry()
    registry.register(BankCollector(pods, pods_file))
    start_http_server(port, addr="127.0.0.1", registry=registry)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))
    threading.Event().wait()
