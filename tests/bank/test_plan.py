"""The bank as it is written down: services, flows, queues and pods fit together."""

import random
from collections import Counter

import pytest

from bank.customers import applicant, purchase, small_change, statement_period, transfer_order
from bank.deployment import deploy, pod_count
from bank.flow import Flow, Start
from bank.flows import FLOWS, LOOKUPS
from bank.services import NODES, SERVICES, plan_of
from bank.topology import queues
from bank.work import Customers

STEPS = [step for flow in FLOWS for step in flow.steps]
PORTS = range(20_000, 30_000)


def start_of(flow: Flow) -> Start:
    assert flow.start is not None
    return flow.start


def published() -> set[str]:
    starts = {event for flow in FLOWS for event in start_of(flow).publishes}
    return starts.union(*(step.publishes for step in STEPS))


def test_there_are_nineteen_services_and_each_takes_part() -> None:
    names = {plan.name for plan in SERVICES}
    takes_part = {step.service for step in STEPS} | {start_of(flow).service for flow in FLOWS}

    assert len(SERVICES) == len(names) == 19
    assert takes_part | {lookup.service for lookup in LOOKUPS} == names


def test_every_event_that_is_consumed_is_published_and_the_other_way_round() -> None:
    assert {step.event_type for step in STEPS} == published()


def test_the_shares_of_the_flows_are_all_events() -> None:
    assert sum(flow.share for flow in FLOWS) == pytest.approx(1)
    assert {flow.name for flow in FLOWS} == {
        *("onboarding", "card-purchase", "transfer", "savings-round-up", "monthly-statement"),
    }


class Seconds(random.Random):
    """Draws that take no time, and tells by which rates they were drawn."""

    def __init__(self) -> None:
        super().__init__(7)
        self.rates: list[float] = []

    def expovariate(self, lambd: float = 1.0) -> float:
        self.rates.append(lambd)
        return 0.0


def test_customers_come_by_the_new_rate_once_the_load_is_changed() -> None:
    draw, begun = Seconds(), []

    def begin(flow: Flow, reference: str) -> None:
        begun.append(reference)
        if len(begun) == 2:
            customers.change_rate(20.0)
        if len(begun) == 4:
            customers.stop()

    customers = Customers(FLOWS[0], 10.0, 0.4, draw, begin)
    customers.run()

    assert draw.rates == pytest.approx([4.0, 4.0, 8.0, 8.0, 8.0])
    assert len(set(begun)) == 4


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_every_step_of_a_flow_is_reached_from_its_start(flow: Flow) -> None:
    reached = set(start_of(flow).publishes)
    for _ in flow.steps:
        reached |= {event for step in flow.steps if step.event_type in reached for event in step.publishes}

    assert {step.event_type for step in flow.steps} <= reached


def test_a_flow_branches_fans_out_retries_and_asks_a_partner() -> None:
    fan_out = Counter(step.event_type for step in STEPS)

    assert max(fan_out.values()) >= 3
    assert any(len(step.publishes) > 1 for step in STEPS)
    assert [step.service for step in STEPS if step.retry_seconds] == ["partner-gateway"]


def test_queues_are_named_after_service_and_event_and_each_is_there_once() -> None:
    names = [queue.name for queue in queues(FLOWS)]

    assert "payments.card-authorised" in names
    assert len(names) == len(set(names))


def test_a_discarded_message_always_has_a_place_to_go() -> None:
    everything = {queue.name: queue for queue in queues(FLOWS)}
    for step in STEPS:
        queue = everything[step.queue]
        exchange, key = queue.arguments["x-dead-letter-exchange"], queue.arguments["x-dead-letter-routing-key"]
        targets = [
            one.name for one in everything.values() if one.exchange == exchange and _matches(one.routing_key, key)
        ]
        assert targets == [f"{step.queue}.retry" if step.retry_seconds else f"{step.service}.dead-letter"]


def _matches(pattern: str, key: object) -> bool:
    return pattern == key or (pattern.endswith(".#") and str(key).startswith(pattern[:-1]))


def test_a_retry_queue_gives_back_to_the_step_alone() -> None:
    (retry,) = [queue for queue in queues(FLOWS) if queue.name.endswith(".retry")]

    assert retry.arguments["x-dead-letter-exchange"] == ""
    assert retry.arguments["x-dead-letter-routing-key"] == "partner-gateway.transfer-funded"
    assert retry.arguments["x-message-ttl"] == 5000


def test_services_without_receive_lines_have_plain_queues_of_some_traffic() -> None:
    silent = {plan.name for plan in SERVICES if not plan.log_receive}
    steps = [step for step in STEPS if step.service in silent]

    assert silent == {"reporting", "statements"}
    assert all(step.retry_seconds is None for step in steps)
    assert {"account.debited", "ledger.posted"} <= {step.event_type for step in steps}


def test_the_same_seed_gives_the_same_pods() -> None:
    assert deploy(7, PORTS) == deploy(7, PORTS)
    assert {pod.name for pod in deploy(7, PORTS)}.isdisjoint(pod.name for pod in deploy(8, PORTS))


def test_pods_are_spread_over_three_nodes_under_names_as_kubernetes_gives_them() -> None:
    pods = deploy(7, PORTS)
    per_node = Counter(pod.node for pod in pods)

    assert len(pods) == pod_count() == len({pod.name for pod in pods}) == 46
    assert set(per_node) == set(NODES)
    assert max(per_node.values()) - min(per_node.values()) <= len(pods) // 3
    for pod in pods:
        assert pod.name.startswith(f"{pod.plan.name}-")
        assert pod.replica_set == f"{pod.plan.name}-{pod.name.split('-')[-2]}"
    for plan in SERVICES:
        nodes = [pod.node for pod in pods if pod.plan is plan]
        assert len(set(nodes)) == min(len(nodes), len(NODES))


def test_no_two_pods_share_a_port_or_an_address() -> None:
    pods = deploy(7, PORTS)
    ports = [port for pod in pods for port in (pod.metrics_port, pod.grpc_port)]

    assert len(set(ports)) == 2 * len(pods)
    assert len({pod.address for pod in pods}) == len(pods)


def test_an_unknown_service_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(LookupError, match="no service 'payment'; it has accounts, audit"):
        plan_of("payment")


@pytest.mark.parametrize("draw", [purchase, transfer_order, small_change, applicant, statement_period])
def test_customers_do_the_same_for_the_same_seed(draw: object) -> None:
    assert callable(draw)
    first = draw(random.Random("7/a"))

    assert first == draw(random.Random("7/a"))
    assert first != draw(random.Random("8/a"))
    assert {"ref", "customer", "row"} <= set(first)
