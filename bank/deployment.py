"""Which pods the bank has: their names, nodes, addresses and ports, drawn once from the seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bank.services import NODES, SERVICES, ServicePlan

# Kubernetes leaves out vowels and what looks like them, so that names spell no words.
_SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_HEXADECIMAL = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of a deployment. Its name and node stay when its container is restarted."""

    name: str
    plan: ServicePlan
    node: str
    replica: int
    address: str
    metrics_port: int
    grpc_port: int

    @property
    def replica_set(self) -> str:
        """The pod's owner, e.g. `payments-7f9c4d`."""
        return self.name.rpartition("-")[0]


def node_address(node: str) -> str:
    """The node's address, as `host_ip` shows it."""
    return f"10.0.0.{10 + NODES.index(node)}"


def deploy(seed: int, ports: Sequence[int]) -> tuple[Pod, ...]:
    """All pods, spread over the nodes; the same for the same seed. Takes two ports a pod."""
    draw = random.Random(f"{seed}/deployment")
    free = iter(ports)
    pods: list[Pod] = []
    for plan in SERVICES:
        replica_set = f"{plan.name}-{_letters(draw, _HEXADECIMAL, 6)}"
        first_node = draw.randrange(len(NODES))
        for replica in range(plan.replicas):
            node = NODES[(first_node + replica) % len(NODES)]
            pods.append(
                Pod(
                    name=f"{replica_set}-{_letters(draw, _SAFE_ALPHABET, 5)}",
                    plan=plan,
                    node=node,
                    replica=replica,
                    address=f"10.244.{NODES.index(node)}.{10 + len(pods)}",
                    metrics_port=next(free),
                    grpc_port=next(free),
                )
            )
    return tuple(pods)


def pod_count() -> int:
    """How many pods `deploy` makes."""
    return sum(plan.replicas for plan in SERVICES)


def _letters(draw: random.Random, alphabet: str, count: int) -> str:
    return "".join(draw.choices(alphabet, k=count))
