"""The whole bank on the real servers: events run through, a hung pod fills up, a killed pod comes back."""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bank.client import Bank, PodState
from bank.control import BankError
from bank.services import NODES, SERVICES, plan_of
from stack.compose import Stack

pytestmark = pytest.mark.bank

PAYMENTS_QUEUE = "payments.card-authorised"
Line = dict[str, Any]


def eventually(holds: Callable[[], object], within_seconds: float = 60) -> None:
    deadline = time.monotonic() + within_seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_seconds} s"
        time.sleep(0.3)


@pytest.fixture(scope="module")
def bank(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    run_folder = tmp_path_factory.mktemp("bank")
    state_file = run_folder / "stack.json"
    stack.save(state_file)
    with Bank.start(state_file, run_folder, rate=5, seed=7) as bank:
        yield bank


def container_lines(stack: Stack) -> list[Line]:
    """Every JSON line in the containers' logs, with the pod's name and the node that the path tells."""
    lines = []
    for node in NODES:
        for file in stack.shipper(node).containers_folder.glob("*.log"):
            for text in file.read_text(encoding="utf-8").splitlines():
                line = json.loads(text.split(" ", 3)[3])
                lines.append(line | {"pod": file.name.split("_")[0], "node": node})
    return lines


def unacknowledged(stack: Stack, pod: str) -> int:
    """What the broker says the pod holds, over all channels of its connections."""
    names = {}
    for row in stack.rabbitmq.control("list_connections", "pid", "client_properties").splitlines():
        named = re.search(r'"([^"/]+)/\d+"', row)
        if named:
            names[row.split("\t")[0]] = named.group(1)
    arguments = ("list_channels", "-p", stack.rabbitmq.virtual_host, "connection", "messages_unacknowledged")
    rows = [row.split("\t") for row in stack.rabbitmq.control(*arguments).splitlines()]
    return sum(int(count) for connection, count in rows if names.get(connection) == pod)


def prometheus_value(stack: Stack, expression: str) -> float | None:
    answer = requests.get(f"{stack.prometheus.url}/api/v1/query", params={"query": expression}, timeout=5).json()
    result = answer["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def test_every_service_has_its_pods_on_the_nodes(bank: Bank) -> None:
    pods = bank.pods()

    assert {pod.service for pod in pods} == {plan.name for plan in SERVICES}
    assert all(len(bank.pods(plan.name)) == plan.replicas for plan in SERVICES)
    assert {pod.node for pod in pods} == set(NODES)
    assert len({pod.pid for pod in pods}) == len(pods)


def test_a_card_purchase_runs_through_to_the_books(bank: Bank, stack: Stack) -> None:
    def finished() -> set[str]:
        return {
            line["messaging.message.conversation_id"]
            for line in container_lines(stack)
            if line.get("messaging.operation.type") == "settle"
            and line.get("messaging.message.type") == "ledger.posted"
        }

    eventually(finished)
    one = finished().pop()
    lines = [line for line in container_lines(stack) if line.get("messaging.message.conversation_id") == one]
    steps = {(line.get("messaging.operation.type"), line["service.name"]) for line in lines}

    assert {("send", "cards"), ("receive", "payments"), ("process", "accounts"), ("settle", "ledger")} <= steps
    assert ("receive", "reporting") not in steps
    client = next(line for line in lines if line.get("span.kind") == "client" and line["peer.service"] == "limits")
    server = next(line for line in lines if line.get("parent.id") == client["span.id"])
    assert server["service.name"] == "limits"


def test_prometheus_sees_pods_containers_and_the_services_own_metrics(bank: Bank, stack: Stack) -> None:
    replicas = sum(plan.replicas for plan in SERVICES)

    eventually(lambda: prometheus_value(stack, 'count(up{job="bank"} == 1)') == replicas + 1)
    eventually(lambda: prometheus_value(stack, "count(kube_pod_info)") == replicas)
    eventually(lambda: prometheus_value(stack, 'sum(kube_pod_status_ready{condition="true"})') == replicas)
    eventually(lambda: prometheus_value(stack, "min(container_memory_working_set_bytes{namespace='bank'}) > 1e6"))
    eventually(lambda: prometheus_value(stack, "sum(rate(container_cpu_usage_seconds_total[30s])) > 0"))
    eventually(
        lambda: prometheus_value(stack, f'sum(messaging_process_messages_total{{queue="{PAYMENTS_QUEUE}"}}) > 0')
    )
    eventually(lambda: prometheus_value(stack, "kube_deployment_spec_replicas{deployment='payments'}") == 4)


def test_a_hung_pod_fills_to_its_prefetch_lives_on_and_can_be_released(bank: Bank, stack: Stack) -> None:
    hung = bank.hang("payments")
    prefetch = plan_of("payments").prefetch
    eventually(lambda: unacknowledged(stack, hung.name) == prefetch, 120)

    mine = [line for line in container_lines(stack) if line["pod"] == hung.name]
    waiting = [line for line in mine if line["message"].startswith("waiting for lock on accounts row")]
    assert len(waiting) == plan_of("payments").workers
    eventually(lambda: heartbeat_in_flight(stack, hung.name) == prefetch)
    bank.release("payments")
    eventually(lambda: unacknowledged(stack, hung.name) < prefetch)
    assert [entry["fault"] for entry in bank.faults() if entry.get("pod") == hung.name] == ["hang", "unhang"]


def heartbeat_in_flight(stack: Stack, pod: str) -> int:
    beats = [line for line in container_lines(stack) if line["pod"] == pod and line.get("event.action") == "heartbeat"]
    newest: int = max(beats, key=lambda line: str(line["@timestamp"]))["eventrail.in_flight"]
    return newest


def test_a_killed_pod_comes_back_under_its_name_as_a_new_instance(bank: Bank, stack: Stack) -> None:
    killed = bank.kill("statements")

    def after() -> PodState:
        return next(pod for pod in bank.pods("statements") if pod.name == killed.name)

    eventually(lambda: after().ready and after().restarts == 1)
    assert after().instance != killed.instance
    assert after().pid != killed.pid
    assert after().node == killed.node
    told = [entry for entry in bank.faults() if entry.get("pod") == killed.name]
    assert [entry["fault"] for entry in told] == ["kill", "ended", "restarted"]
    assert told[1]["exit_code"] == -9
    restarts = f'kube_pod_container_status_restarts_total{{pod="{killed.name}"}}'
    eventually(lambda: prometheus_value(stack, restarts) == 1)


def test_a_hung_pod_that_cancels_is_no_consumer_any_longer_and_keeps_what_it_holds(bank: Bank, stack: Stack) -> None:
    hung = bank.hang("fraud")
    eventually(lambda: unacknowledged(stack, hung.name) >= plan_of("fraud").workers)

    bank.cancel("fraud", hung.name)

    eventually(lambda: hung.name not in stack.rabbitmq.control("list_consumers", "-p", stack.rabbitmq.virtual_host))
    assert unacknowledged(stack, hung.name) >= plan_of("fraud").workers
    assert [entry["fault"] for entry in bank.faults() if entry.get("pod") == hung.name] == ["hang", "cancel"]
    bank.kill(pod=hung.name)
    bank.wait(lambda pods: all(pod.ready for pod in pods), 60)


def test_the_load_can_be_changed_and_the_change_is_kept_among_the_faults(bank: Bank) -> None:
    bank.change_rate(4)

    assert [entry["rate"] for entry in bank.faults() if entry["fault"] == "rate"] == [4.0]
    with pytest.raises(BankError, match="a bank has more than 0 events a second"):
        bank.change_rate(0)


def test_orders_that_make_no_sense_are_refused(bank: Bank, tmp_path: Path) -> None:
    with pytest.raises(BankError, match="no hung pod runs for service 'audit'"):
        bank.release("audit")
    with pytest.raises(BankError, match="no bank runs here"):
        Bank(tmp_path).pods()
