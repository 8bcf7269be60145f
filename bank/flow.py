"""How a business flow is written down: who starts it, who handles which event, and what each may publish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from eventrail_instrumentation import Message

from bank.desk import Desk

StartAct = Callable[[Desk], None]
StepAct = Callable[[Desk, Message], None]
LookupAct = Callable[[Desk, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Start:
    """What a customer or a clock sets off at `service`."""

    service: str
    publishes: tuple[str, ...]
    act: StartAct


@dataclass(frozen=True, slots=True)
class Step:
    """What `service` does with an event. `retry_seconds`: how long a discarded message waits before it comes again."""

    service: str
    event_type: str
    publishes: tuple[str, ...]
    act: StepAct
    retry_seconds: float | None

    @property
    def queue(self) -> str:
        """The name of the step's queue, e.g. `payments.card-authorised`."""
        return f"{self.service}.{self.event_type.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A question that `service` answers at once, by gRPC."""

    service: str
    method: str
    act: LookupAct


@dataclass(slots=True)
class Flow:
    """One kind of business event; `share` is its part of all events."""

    name: str
    share: float
    start: Start | None = None
    steps: list[Step] = field(default_factory=list)

    def starts_at(self, service: str, *, publishes: tuple[str, ...]) -> Callable[[StartAct], StartAct]:
        """Decorates the function that begins an event."""

        def register(act: StartAct) -> StartAct:
            self.start = Start(service, publishes, act)
            return act

        return register

    def on(
        self,
        event_type: str,
        service: str,
        *,
        publishes: tuple[str, ...] = (),
        retry_seconds: float | None = None,
    ) -> Callable[[StepAct], StepAct]:
        """Decorates what `service` does with messages of `event_type`."""

        def register(act: StepAct) -> StepAct:
            self.steps.append(Step(service, event_type, publishes, act, retry_seconds))
            return act

        return register
