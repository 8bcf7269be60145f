"""Ties the flows to one pod's service: consumers, look-ups and the customers who start events."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from eventrail_instrumentation import Message, PublishError, Requeue, Service, new_event

from bank.calls import Answer, Calls
from bank.desk import Desk
from bank.flow import Flow, Lookup, Step
from bank.gate import Gate
from bank.services import ServicePlan

_logger = logging.getLogger("bank.customers")


class Workplace:
    """One pod at work: makes a desk for each piece of work."""

    def __init__(self, service: Service, plan: ServicePlan, seed: int, calls: Calls, gate: Gate) -> None:
        self._service = service
        self._plan = plan
        self._seed = seed
        self._calls = calls
        self._gate = gate
        self._log = logging.getLogger(f"bank.{plan.name}")

    def consume(self, step: Step) -> None:
        """Registers the step's handler with the service."""
        self._service.consumer(step.queue, prefetch=self._plan.prefetch, workers=self._plan.workers)(
            lambda message: self._handle(step, message)
        )

    def answer(self, lookup: Lookup) -> Answer:
        """The look-up's answer as the gRPC server calls it."""

        def reply(question: Mapping[str, Any]) -> dict[str, Any]:
            return lookup.act(self._desk(f"{lookup.method}/{question}", ()), question)

        return reply

    def begin(self, flow: Flow, reference: str) -> None:
        """Starts one event of the flow. A broker or a service that is away costs this event only."""
        if flow.start is None:
            raise LookupError(f"the flow {flow.name} has no start")
        with new_event():
            try:
                flow.start.act(self._desk(reference, flow.start.publishes))
            except (PublishError, Requeue) as problem:
                _logger.error("%s not started: %s", flow.name, problem)  # noqa: TRY400 - no stack for what is expected

    def _handle(self, step: Step, message: Message) -> None:
        body = message.json()
        self._gate.pass_through(body["row"])
        step.act(self._desk(f"{step.queue}/{body['ref']}/{message.attempt}", step.publishes), message)

    def _desk(self, reference: str, may_publish: tuple[str, ...]) -> Desk:
        return Desk(
            draw=random.Random(f"{self._seed}/{self._plan.name}/{reference}"),
            publish=self._service.publish,
            may_publish=may_publish,
            ask=self._calls.ask,
            event_log=self._service.log,
            log=self._log,
        )


class Customers(threading.Thread):
    """Sets off events at the flow's own pace: independent arrivals, so many a second on average."""

    def __init__(
        self, flow: Flow, rate: float, part: float, draw: random.Random, begin: Callable[[Flow, str], None]
    ) -> None:
        """`rate`: the whole bank's events a second; `part` of them are these customers'."""
        super().__init__(name=f"customers-{flow.name}", daemon=True)
        self._flow = flow
        self._part = part
        self._rate = rate * part
        self._draw = draw
        self._begin = begin
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until `stop`; after a delay the customers who came in the meantime are served at once."""
        due = time.monotonic()
        while True:
            due += self._draw.expovariate(self._rate)
            if self._stopped.wait(max(0.0, due - time.monotonic())):
                return
            self._begin(self._flow, f"{self._flow.name}/{self._draw.getrandbits(48):x}")

    def change_rate(self, rate: float) -> None:
        """From the next customer on the whole bank has so many events a second."""
        self._rate = rate * self._part

    def stop(self) -> None:
        """No more customers."""
        self._stopped.set()
