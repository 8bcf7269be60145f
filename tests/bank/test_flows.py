"""What each step does, run without a broker: it publishes what its flow declares, and all of it at times."""

import json
import logging
import random
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from eventrail_instrumentation import Discard, Message, Requeue
from eventrail_instrumentation.eventlog import EventLog

from bank.customers import purchase, transfer_order
from bank.desk import DEAD_LETTER_EXCHANGE, Desk
from bank.flow import Flow, Step
from bank.flows import FLOWS, LOOKUPS
from bank.flows.transfer import PARTNER_ATTEMPTS, hand_over

TRIES = 300
STEPS = [step for flow in FLOWS for step in flow.steps]
ANSWERS = {(lookup.service, lookup.method): lookup.act for lookup in LOOKUPS}


class PaperDesk(Desk):
    """A desk without broker, time or other services: keeps what is published as (exchange, event type)."""

    def __init__(self, reference: str, may_publish: tuple[str, ...]) -> None:
        self.sent: list[tuple[str, str]] = []
        super().__init__(
            draw=random.Random(reference),
            publish=self._keep,
            may_publish=may_publish,
            ask=self._answer,
            event_log=EventLog("/"),
            log=logging.getLogger("bank"),
            sleep=lambda _seconds: None,
        )

    def _keep(self, exchange: str, _key: str, event_type: str, _body: bytes | Mapping[str, object]) -> str:
        self.sent.append((exchange, event_type))
        return "m"

    def _answer(self, service: str, method: str, question: Mapping[str, object]) -> dict[str, Any]:
        return ANSWERS[service, method](self, question)


def message(step_queue: str, event_type: str, number: int, attempt: int = 1) -> Message:
    order = purchase(random.Random(number)) | transfer_order(random.Random(number))
    return Message(
        body=json.dumps(order).encode(),
        queue=step_queue,
        exchange="bank.events",
        routing_key=event_type,
        event_type=event_type,
        correlation_id="c",
        message_id="m",
        causation_id=None,
        attempt=attempt,
        redelivered=attempt > 1,
        headers=MappingProxyType({}),
    )


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_customers_set_off_every_beginning_that_the_flow_declares(flow: Flow) -> None:
    assert flow.start is not None
    seen: set[str] = set()
    for number in range(TRIES):
        desk = PaperDesk(f"{flow.name}/{number}", flow.start.publishes)
        flow.start.act(desk)
        assert len(desk.sent) == 1
        seen.update(event for _, event in desk.sent)

    assert seen == set(flow.start.publishes)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.queue)
def test_a_step_publishes_everything_it_declares_sooner_or_later(step: Step) -> None:
    seen: set[str] = set()
    for number in range(TRIES):
        desk = PaperDesk(f"{step.queue}/{number}", step.publishes)
        try:
            step.act(desk, message(step.queue, step.event_type, number, attempt=1 + number % PARTNER_ATTEMPTS))
        except (Requeue, Discard):
            assert desk.sent == [], "what is given back or discarded must not have been published"
        seen.update(event for exchange, event in desk.sent if exchange != DEAD_LETTER_EXCHANGE)

    assert seen == set(step.publishes)


def test_most_of_the_work_succeeds() -> None:
    failed = 0
    for step in STEPS:
        for number in range(100):
            try:
                step.act(
                    PaperDesk(f"{step.queue}/{number}", step.publishes), message(step.queue, step.event_type, number)
                )
            except (Requeue, Discard):
                failed += 1

    assert 0 < failed / (100 * len(STEPS)) < 0.02


def test_a_transfer_that_the_partner_refuses_three_times_is_parked_and_refunded() -> None:
    def outcome(number: int, attempt: int) -> list[tuple[str, str]] | str:
        desk = PaperDesk(str(number), ("transfer.settled", "transfer.failed"))
        try:
            hand_over(desk, message("partner-gateway.transfer-funded", "transfer.funded", number, attempt))
        except Discard as again:
            return str(again)
        return desk.sent

    busy = next(number for number in range(TRIES) if outcome(number, 1) == "again in 5 s")
    assert outcome(busy, 2) == "again in 5 s"
    assert outcome(busy, 3) == [("bank.dead-letter", "transfer.funded"), ("bank.events", "transfer.failed")]


def test_a_step_cannot_publish_what_its_flow_does_not_declare() -> None:
    with pytest.raises(LookupError, match=r"does not declare 'card\.stolen'"):
        PaperDesk("a", ("card.authorised",)).publish("card.stolen", {})
