"""The nineteen services of the bank, as they are deployed."""

from dataclasses import dataclass

NAMESPACE = "bank"
NODES = ("node-a", "node-b", "node-c")

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """How one service is deployed.

    `prefetch` and `workers` hold for each of its queues. `log_receive` is false for services that come from elsewhere
    and log only what they handle.
    """

    name: str
    version: str
    replicas: int = 2
    prefetch: int = 10
    workers: int = 4
    memory_limit_bytes: int = 256 * _MEBIBYTE
    log_receive: bool = True


SERVICES = (
    ServicePlan("accounts", "5.4.1", replicas=4, memory_limit_bytes=512 * _MEBIBYTE),
    ServicePlan("audit", "1.9.0"),
    ServicePlan("cards", "4.12.0", replicas=3),
    ServicePlan("customers", "3.3.2"),
    ServicePlan("documents", "2.0.7", prefetch=4, workers=2),
    ServicePlan("fraud", "6.1.0", replicas=3),
    ServicePlan("identity", "1.2.4", prefetch=4, workers=2),
    ServicePlan("ledger", "7.0.3", replicas=3, memory_limit_bytes=512 * _MEBIBYTE),
    ServicePlan("limits", "2.8.1"),
    ServicePlan("notifications", "3.17.0", replicas=3, prefetch=20, workers=2),
    ServicePlan("onboarding", "2.5.0"),
    ServicePlan("partner-gateway", "1.14.2", prefetch=8, workers=4),
    ServicePlan("payments", "2.31.0", replicas=4),
    ServicePlan("reporting", "0.9.5", log_receive=False),
    ServicePlan("rewards", "1.0.9"),
    ServicePlan("savings", "2.2.0"),
    ServicePlan("statements", "4.0.0", replicas=2, log_receive=False),
    ServicePlan("support", "1.6.3"),
    ServicePlan("transfers", "3.8.4"),
)


def plan_of(service: str) -> ServicePlan:
    """The plan of a service by its name. Raises LookupError naming the services there are."""
    for plan in SERVICES:
        if plan.name == service:
            return plan
    known = ", ".join(plan.name for plan in SERVICES)
    raise LookupError(f"the bank has no service {service!r}; it has {known}")
