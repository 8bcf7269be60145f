"""Looking at a queue from its head without taking anything: every message is held until all are given back at once.

Given back so, messages of a classic queue stand where they stood; those of a quorum queue are at its head again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eventrail.acting.amqp import FAULTS, opened_channel, problem_of
from eventrail.acting.exact_properties import ExactProperties
from eventrail.acting.letters import DeadLetter, read_letter
from eventrail.acting.permission import Allowed
from eventrail.acting.queue_facts import QUORUM, QueueFacts
from eventrail.errors import SourceUnavailableError


@dataclass(frozen=True, slots=True)
class Held:
    """A letter that is held: taken from the queue, neither acknowledged nor given back."""

    letter: DeadLetter
    properties: ExactProperties
    body: bytes
    delivery_tag: int


def held(channel: Any, queue: str, scan: int) -> Iterator[Held]:
    """Give messages from the head until there are no more, at most `scan`. Nothing is given back."""
    # The count that the broker tells of a quorum queue is seconds old, so it is no bound.
    for position in range(1, scan + 1):
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        yield Held(read_letter(position, method, properties, body or b""), properties, body or b"", method.delivery_tag)


def give_back(channel: Any, kind: str) -> None:
    """Give back all that the channel holds, to the places where it was.

    A quorum queue puts what is given back by a word to its end, and what a closed channel leaves to its head, there in
    any order.
    """
    if kind == QUORUM:
        channel.close()
    else:
        channel.basic_nack(0, multiple=True, requeue=True)


def peek(allowed: Allowed, facts: QueueFacts, scan: int) -> tuple[DeadLetter, ...]:
    """Give the letters at the head of a queue, which stay in it. Raises SourceUnavailableError."""
    try:
        with opened_channel(allowed, facts.vhost) as channel:
            letters = tuple(each.letter for each in held(channel, facts.queue, scan))
            give_back(channel, facts.kind)
            return letters
    except FAULTS as fault:
        # What was held is given back by the broker, whatever happened to the connection.
        raise SourceUnavailableError(str(problem_of(fault, f"looking into {facts.queue}", allowed))) from None
