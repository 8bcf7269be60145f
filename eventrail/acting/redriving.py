"""Sends chosen dead letters back. One after another: journal, publish, the broker's confirm, journal, acknowledge.

Whenever it is stopped, at most the one letter that was on its way may be in both queues; none can be in neither.
"""

from dataclasses import dataclass, replace
from typing import Any

from pika.exceptions import NackError, UnroutableError

from eventrail.acting.amqp import FAULTS, opened_channel, problem_of
from eventrail.acting.choice import Order
from eventrail.acting.journal import Actor, Journal, JournalError, unsettled
from eventrail.acting.looking import Held, give_back, held
from eventrail.acting.outcomes import Outcome, Redriven, State, outlook
from eventrail.acting.permission import Allowed, new_act
from eventrail.acting.queue_facts import QueueFacts
from eventrail.acting.resending import resent
from eventrail.model.problem import Problem


def redrive(allowed: Allowed, facts: QueueFacts, order: Order, actor: Actor) -> Redriven:
    """Send the chosen letters back and give what became of each.

    facts: of the queue that `order` names.
    A connection that breaks ends it early, as `problem`. Raises UsageError where the journal cannot be written: then
    nothing was done.
    """
    act = new_act()
    perhaps_twice = unsettled(allowed.journal, order.vhost, order.queue)
    with Journal(allowed.journal, actor, act) as journal:
        journal.write("began", what="redrive", vhost=order.vhost, queue=order.queue, order=_told(order))
        sender = _Sender(allowed, order, act, journal, perhaps_twice)
        problem = _drive(sender, facts.kind)
        made = Redriven(act, order, tuple(sender.outcomes), sender.looked_at, problem)
        try:
            _end(journal, made)
        except JournalError as fault:
            made = replace(made, problem=made.problem or _unwritten(fault))
    return made


def _end(journal: Journal, made: Redriven) -> None:
    journal.write(
        "ended",
        clean=made.problem is None,
        problem=None if made.problem is None else str(made.problem),
        looked_at=made.looked_at,
        perhaps_twice=made.perhaps_twice,
        **{state.value: made.count(state) for state in State if made.count(state)},
    )
    journal.keep()


def _unwritten(fault: JournalError) -> Problem:
    return Problem("the journal", str(fault), "make room for it or correct acting.journal, then run it again", "error")


def _drive(sender: "_Sender", kind: str) -> Problem | None:
    try:
        with opened_channel(sender.allowed, sender.order.vhost) as channel:
            channel.confirm_delivery()
            sender.run(channel)
            give_back(channel, kind)
    except JournalError as fault:
        return _unwritten(fault)
    except FAULTS as fault:
        return problem_of(fault, f"sending the dead letters of {sender.order.queue} back", sender.allowed)
    return None


@dataclass(slots=True)
class _Sender:
    """One act under way; what it has done survives the fault that ends it."""

    allowed: Allowed
    order: Order
    act: str
    journal: Journal
    perhaps_twice: frozenset[str]
    outcomes: list[Outcome]
    looked_at: int

    def __init__(
        self, allowed: Allowed, order: Order, act: str, journal: Journal, perhaps_twice: frozenset[str]
    ) -> None:
        self.allowed, self.order, self.act = allowed, order, act
        self.journal, self.perhaps_twice = journal, perhaps_twice
        self.outcomes, self.looked_at = [], 0

    def run(self, channel: Any) -> None:
        """Send until the limit or the end; what is not sent stays held."""
        sent = 0
        for each in held(channel, self.order.queue, self.order.scan):
            if each.letter.redriven_act == self.act:
                # It was sent, died again and is back: all that waited at the beginning has been seen.
                return
            self.looked_at += 1
            if not self.order.choice.takes(each.letter):
                continue
            outcome = outlook(self.order, each.letter, self.perhaps_twice)
            self.outcomes.append(outcome)
            if outcome.state is State.WOULD_GO and outcome.target is not None:
                self._send(channel, each, outcome.target)
                sent += self.outcomes[-1].state is State.SENT
            if sent == self.order.limit:
                return

    def _send(self, channel: Any, each: Held, target: str) -> None:
        letter = each.letter
        doubt = self.outcomes[-1].perhaps_twice
        properties = resent(
            each.properties, letter, self.order.queue, self.act, self.allowed.username, perhaps_twice=doubt
        )
        about = {"fingerprint": letter.fingerprint, "message_id": letter.message_id, "to": target}
        self.journal.write("sending", **about, correlation_id=letter.correlation_id, perhaps_twice=doubt)
        self._now(State.UNKNOWN)
        try:
            # To the queue itself: the exchange it once went through would give copies to other queues.
            channel.basic_publish("", target, each.body, properties, mandatory=True)
        except UnroutableError:
            self._not_sent(State.UNROUTABLE, about)
            return
        except NackError:
            self._not_sent(State.REFUSED, about)
            return
        self.journal.write("sent", **about)
        channel.basic_ack(each.delivery_tag)
        self._now(State.SENT)

    def _not_sent(self, state: State, about: dict[str, Any]) -> None:
        self.journal.write("not sent", **about, why=state.value)
        self._now(state)

    def _now(self, state: State) -> None:
        self.outcomes[-1] = replace(self.outcomes[-1], state=state)


def _told(order: Order) -> dict[str, Any]:
    choice = order.choice
    times = {"died_from": choice.died_from, "died_until": choice.died_until}
    return {
        **{name: list(getattr(choice, name)) for name in ("message_ids", "correlation_ids", "event_types", "reasons")},
        "died_in": list(choice.died_in),
        "fingerprints": len(choice.fingerprints),
        **{name: None if time is None else time.isoformat() for name, time in times.items()},
        "origin": order.origin,
        "to_queue": order.to_queue,
        "limit": order.limit,
        "scan": order.scan,
    }
