"""What becomes, or would become, of each chosen letter."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum

from eventrail.acting.choice import Order
from eventrail.acting.letters import DeadLetter
from eventrail.model.problem import Problem


class State(StrEnum):
    """How a letter stands."""

    SENT = "sent"
    WOULD_GO = "would go"
    UNROUTABLE = "unroutable"
    REFUSED = "refused"
    NO_ORIGIN = "no origin"
    SAME_QUEUE = "same queue"
    UNKNOWN = "unknown"


_GOING = (State.SENT, State.WOULD_GO)
WORDS = {
    State.SENT: "the queue has it, and it is taken from the dead letters",
    State.WOULD_GO: "nothing was sent",
    State.UNROUTABLE: "there is no such queue; it stays among the dead letters",
    State.REFUSED: "the queue did not take it; it stays among the dead letters",
    State.NO_ORIGIN: "its headers do not say where it came from; it stays unless another queue is named",
    State.SAME_QUEUE: "it would come back to this queue; it stays",
    State.UNKNOWN: "the connection was lost while it was sent; it is among the dead letters, or in both queues",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A chosen letter. perhaps_twice: an earlier act that did not end cleanly had begun to send it already."""

    letter: DeadLetter
    target: str | None
    state: State
    perhaps_twice: bool = False


@dataclass(frozen=True, slots=True)
class Redriven:
    """An act, or what it would do. looked_at: how many letters; problem: why it ended early."""

    act: str
    order: Order
    outcomes: tuple[Outcome, ...]
    looked_at: int
    problem: Problem | None = None

    def count(self, state: State) -> int:
        """Give how many letters stand so."""
        return Counter(outcome.state for outcome in self.outcomes)[state]

    @property
    def perhaps_twice(self) -> int:
        """How many were sent, or would go, that may have been sent before."""
        return sum(outcome.perhaps_twice and outcome.state in _GOING for outcome in self.outcomes)


def outlook(
    order: Order, letter: DeadLetter, perhaps_twice: frozenset[str], existing: Container[str] | None = None
) -> Outcome:
    """Give what would become of a chosen letter. existing: the queues that there are; None where that is not known."""
    target = order.target(letter)
    if target is None:
        state = State.NO_ORIGIN
    elif target == order.queue:
        state = State.SAME_QUEUE
    elif existing is not None and target not in existing:
        state = State.UNROUTABLE
    else:
        state = State.WOULD_GO
    return Outcome(letter, target, state, letter.fingerprint in perhaps_twice)


def plan(
    order: Order,
    letters: Sequence[DeadLetter],
    perhaps_twice: frozenset[str],
    existing: Container[str] | None = None,
) -> Redriven:
    """Give what a redrive would do with these letters, see `outlook`; nothing is done."""
    outcomes: list[Outcome] = []
    going = 0
    for letter in letters:
        if going == order.limit:
            break
        if order.choice.takes(letter):
            outcomes.append(outlook(order, letter, perhaps_twice, existing))
            going += outcomes[-1].state is State.WOULD_GO
    return Redriven("", order, tuple(outcomes), len(letters))
