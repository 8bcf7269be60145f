"""What must be known of a queue before its messages are touched."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import requests

from eventrail.acting.permission import Allowed
from eventrail.errors import NotFoundError, SourceUnavailableError, UsageError
from eventrail.sources.rabbitmq.management import FAULTS, Management, problem_of

QUORUM: Final = "quorum"
STREAM: Final = "stream"
# Since 4.0 a quorum queue without a limit of its own has this one.
USUAL_DELIVERY_LIMIT: Final = 20
_FIRST_WITH_USUAL_LIMIT: Final = 4
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue. kind: classic, quorum, stream; delivery_limit: None where messages may be given back any number of
    times; consumers: who else takes from it.
    """

    vhost: str
    queue: str
    kind: str
    delivery_limit: int | None
    consumers: int

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader must know before looking into it."""
        said = ["Messages that were looked at are marked as redelivered when they are given back."]
        if self.kind == QUORUM:
            said.append(
                "Each look counts as one delivery of a quorum queue (x-delivery-count)"
                + (f"; its delivery limit is {self.delivery_limit}." if self.delivery_limit is not None else ".")
            )
        if self.consumers:
            said.append(f"{self.consumers} consumers take from this queue too; what they hold is not seen here.")
        return tuple(said)


def queue_facts(allowed: Allowed, vhost: str, queue: str) -> QueueFacts:
    """Ask the management API. Raises NotFoundError for no such queue, SourceUnavailableError when it is silent."""
    api = Management(allowed.management)
    try:
        told = api.get(f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}")
        kind = str(told.get("type", "classic"))
        limit = _delivery_limit(told, str(api.get("overview")["rabbitmq_version"])) if kind == QUORUM else None
        return QueueFacts(vhost, queue, kind, limit, int(told.get("consumers") or 0))
    except FAULTS as fault:
        response = fault.response if isinstance(fault, requests.HTTPError) else None
        if response is not None and response.status_code == _NOT_FOUND:
            raise NotFoundError(f"the virtual host {vhost!r} has no queue {queue!r}") from None
        raise SourceUnavailableError(str(problem_of(fault, f"asking for the queue {queue}", api.address))) from None


def queue_names(allowed: Allowed, vhost: str) -> frozenset[str]:
    """Give the names of a virtual host's queues. Raises SourceUnavailableError when the management API is silent."""
    api = Management(allowed.management)
    try:
        told = api.get(f"queues/{quote(vhost, safe='')}", columns="name")
        return frozenset(str(queue["name"]) for queue in told)
    except FAULTS as fault:
        problem = problem_of(fault, f"asking for the queues of {vhost}", api.address)
        raise SourceUnavailableError(str(problem)) from None


def require_lookable(facts: QueueFacts, *, despite_limit: bool) -> None:
    """Raise UsageError where a look is impossible, or could make the queue drop messages."""
    if facts.kind == STREAM:
        raise UsageError(f"{facts.queue!r} is a stream: nothing is taken from a stream, so nothing can be sent back")
    if facts.delivery_limit is not None and not despite_limit:
        raise UsageError(
            f"the quorum queue {facts.queue!r} drops or dead-letters a message that was given back more than "
            f"{facts.delivery_limit} times, and each look counts once; set its delivery-limit to -1 by a policy, or "
            "accept that with --despite-limit"
        )


def _delivery_limit(told: dict[str, Any], version: str) -> int | None:
    policy = told.get("effective_policy_definition")
    arguments = told.get("arguments")
    found = [
        *([arguments.get("x-delivery-limit")] if isinstance(arguments, dict) else []),
        *([policy.get("delivery-limit")] if isinstance(policy, dict) else []),
    ]
    limits = [limit for limit in found if isinstance(limit, int)]
    if not limits:
        major = version.split(".", maxsplit=1)[0]
        return USUAL_DELIVERY_LIMIT if major.isdecimal() and int(major) >= _FIRST_WITH_USUAL_LIMIT else None
    # Where both say one, the broker takes the lower.
    least = min(limits)
    return None if least < 0 else least
