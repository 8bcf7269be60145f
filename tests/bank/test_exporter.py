"""The exporter tells what the kernel and the supervisor know, under the names that Kubernetes' exporters use."""

import json
import os
from pathlib import Path

from prometheus_client import CollectorRegistry

from bank.deployment import Pod, deploy
from bank.exporter import BankCollector
from bank.processes import read_figures

PODS = deploy(7, range(20_000, 30_000))
NEVER_A_PROCESS = 2**22 + 1


def registry(folder: Path, *states: dict[str, object]) -> CollectorRegistry:
    file = folder / "pods.json"
    file.write_text(json.dumps(states))
    registry = CollectorRegistry()
    registry.register(BankCollector(PODS, file))
    return registry


def state(pod: Pod, pid: int | None, **others: object) -> dict[str, object]:
    usual = {
        "name": pod.name,
        "service": pod.plan.name,
        "pid": pid,
        "restarts": 0,
        "ready": True,
        "last_exit_code": None,
    }
    return usual | others


def labels(pod: Pod) -> dict[str, str]:
    return {"namespace": "bank", "pod": pod.name, "container": pod.plan.name, "node": pod.node}


def test_a_running_pod_shows_its_processor_time_and_memory(tmp_path: Path) -> None:
    pod = PODS[0]
    figures = registry(tmp_path, state(pod, os.getpid()))

    assert 0 < (figures.get_sample_value("container_cpu_usage_seconds_total", labels(pod)) or 0) < 3600
    assert (figures.get_sample_value("container_memory_working_set_bytes", labels(pod)) or 0) > 10_000_000
    assert figures.get_sample_value("container_spec_memory_limit_bytes", labels(pod)) == pod.plan.memory_limit_bytes
    assert figures.get_sample_value("container_cpu_cfs_throttled_periods_total", labels(pod)) == 0
    assert (figures.get_sample_value("container_cpu_cfs_periods_total", labels(pod)) or 0) > 0


def test_a_dead_pod_has_a_state_and_no_figures(tmp_path: Path) -> None:
    pod = PODS[0]
    figures = registry(tmp_path, state(pod, None, restarts=3, ready=False, last_exit_code=-9))

    assert figures.get_sample_value("container_cpu_usage_seconds_total", labels(pod)) is None
    assert figures.get_sample_value("kube_pod_container_status_restarts_total", labels(pod)) == 3
    where = {"namespace": "bank", "pod": pod.name, "node": pod.node}
    assert figures.get_sample_value("kube_pod_status_ready", where | {"condition": "true"}) == 0
    assert figures.get_sample_value("kube_pod_status_phase", where | {"phase": "Running"}) == 1
    reason = labels(pod) | {"reason": "Error"}
    assert figures.get_sample_value("kube_pod_container_status_last_terminated_reason", reason) == 1


def test_a_process_that_ends_between_two_looks_is_left_out(tmp_path: Path) -> None:
    figures = registry(tmp_path, state(PODS[0], NEVER_A_PROCESS))

    assert read_figures(NEVER_A_PROCESS) is None
    assert figures.get_sample_value("container_memory_rss", labels(PODS[0])) is None


def test_pods_and_deployments_are_described(tmp_path: Path) -> None:
    accounts = [pod for pod in PODS if pod.plan.name == "accounts"]
    states = [state(pod, os.getpid(), ready=pod is not accounts[0]) for pod in accounts]
    figures = registry(tmp_path, *states)

    info = {
        "namespace": "bank",
        "pod": accounts[0].name,
        "node": accounts[0].node,
        "pod_ip": accounts[0].address,
        "host_ip": "10.0.0.12",
        "created_by_kind": "ReplicaSet",
        "created_by_name": accounts[0].replica_set,
    }
    assert accounts[0].node == "node-c"
    assert figures.get_sample_value("kube_pod_info", info) == 1
    deployment = {"namespace": "bank", "deployment": "accounts"}
    assert figures.get_sample_value("kube_deployment_spec_replicas", deployment) == 4
    assert figures.get_sample_value("kube_deployment_status_replicas_available", deployment) == 3
    assert figures.get_sample_value("kube_deployment_status_replicas_unavailable", deployment) == 1
