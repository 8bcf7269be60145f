"""What is done to the bank in the course of a run, and when: the faults, and the changes of load, as data."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

CYCLE_SECONDS: Final = 600.0
SHORT_SECONDS: Final = 140.0


class Do(StrEnum):
    """What is done; `on` is a service, a queue, a node or a number of events a second."""

    HANG = "hang one pod"
    HANG_ALL = "hang all pods"
    RELEASE = "release what hangs"
    CANCEL = "cancel the consumers of the hung pod"
    KILL = "kill a pod, the hung one first"
    PURGE = "purge the queue"
    DELETE_QUEUE = "delete the queue and declare it anew: the broker cancels its consumers"
    RESTART_BROKER = "restart the broker"
    STOP_SHIPPING = "stop the node's log shipper"
    RESUME_SHIPPING = "start the node's log shipper"
    LOAD = "change the load"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do, so many seconds after the begin."""

    second: float
    do: Do
    on: str = ""


@dataclass(frozen=True, slots=True)
class Targets:
    """What the faults of one cycle befall.

    hung, cancelled: services of which one pod hangs; the first is killed in the end, the second cancels its consumers
    first. starved: a service whose pods all hang, so that its queue fills and is purged. inferred: the same of one
    that logs no receive lines. node: whose log shipper stops. beside: services of which a pod hangs then, and while
    the broker restarts. deleted: a queue.
    """

    hung: str
    cancelled: str
    starved: tuple[str, str]
    inferred: tuple[str, str]
    node: str
    beside: tuple[str, str]
    deleted: str


CYCLES: Final = (
    Targets(
        hung="payments",
        cancelled="fraud",
        starved=("rewards", "rewards.card-authorised"),
        inferred=("statements", "statements.account-debited"),
        node="node-b",
        beside=("ledger", "notifications"),
        deleted="fraud.transfer-requested",
    ),
    Targets(
        hung="accounts",
        cancelled="ledger",
        starved=("payments", "payments.card-authorised"),
        inferred=("reporting", "reporting.ledger-posted"),
        node="node-c",
        beside=("rewards", "partner-gateway"),
        deleted="rewards.card-authorised",
    ),
    Targets(
        hung="notifications",
        cancelled="savings",
        starved=("fraud", "fraud.transfer-requested"),
        inferred=("statements", "statements.transfer-settled"),
        node="node-a",
        beside=("payments", "ledger"),
        deleted="savings.savings-round-up-funded",
    ),
)


def cycle(targets: Targets, rate: float) -> tuple[Act, ...]:
    """Give ten minutes with every fault, shipping stopped for two of them, and three changes of load."""
    return (
        Act(0, Do.LOAD, f"{rate}"),
        Act(15, Do.HANG, targets.hung),
        Act(60, Do.LOAD, f"{rate * 1.5}"),
        Act(75, Do.HANG, targets.cancelled),
        Act(100, Do.KILL, targets.hung),
        Act(115, Do.CANCEL, targets.cancelled),
        Act(175, Do.KILL, targets.cancelled),
        Act(190, Do.HANG_ALL, targets.starved[0]),
        Act(240, Do.PURGE, targets.starved[1]),
        Act(265, Do.RELEASE, targets.starved[0]),
        Act(270, Do.LOAD, f"{rate * 0.5}"),
        Act(280, Do.HANG, targets.beside[0]),
        Act(290, Do.STOP_SHIPPING, targets.node),
        Act(410, Do.RESUME_SHIPPING, targets.node),
        Act(425, Do.RELEASE, targets.beside[0]),
        Act(430, Do.LOAD, f"{rate}"),
        Act(435, Do.HANG_ALL, targets.inferred[0]),
        Act(470, Do.PURGE, targets.inferred[1]),
        Act(485, Do.RELEASE, targets.inferred[0]),
        Act(490, Do.HANG, targets.beside[1]),
        Act(515, Do.RESTART_BROKER),
        Act(560, Do.RELEASE, targets.beside[1]),
        Act(575, Do.DELETE_QUEUE, targets.deleted),
    )


def short(targets: Targets) -> tuple[Act, ...]:
    """Give the same faults in little more than two minutes."""
    return (
        Act(0, Do.HANG, targets.hung),
        Act(0, Do.HANG, targets.cancelled),
        Act(0, Do.HANG_ALL, targets.starved[0]),
        Act(20, Do.CANCEL, targets.cancelled),
        Act(30, Do.PURGE, targets.starved[1]),
        Act(35, Do.KILL, targets.hung),
        Act(45, Do.KILL, targets.cancelled),
        Act(50, Do.RELEASE, targets.starved[0]),
        Act(55, Do.HANG, targets.beside[0]),
        Act(55, Do.HANG_ALL, targets.inferred[0]),
        Act(60, Do.STOP_SHIPPING, targets.node),
        Act(85, Do.RELEASE, targets.inferred[0]),
        Act(100, Do.RESUME_SHIPPING, targets.node),
        Act(105, Do.RESTART_BROKER),
        Act(125, Do.RELEASE, targets.beside[0]),
        Act(128, Do.DELETE_QUEUE, targets.deleted),
    )


def plan(seconds: float, rate: float) -> tuple[Act, ...]:
    """Give what is done in a run of so many seconds: whole cycles one after the other, else the short course.

    rate: business events a second that the load changes around.
    """
    cycles = int(seconds // CYCLE_SECONDS)
    if not cycles:
        return short(CYCLES[0])
    return tuple(
        replace(act, second=act.second + number * CYCLE_SECONDS)
        for number in range(cycles)
        for act in cycle(CYCLES[number % len(CYCLES)], rate)
    )
