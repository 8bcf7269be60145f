"""What acting says as JSON documents; docs/command-line.md lists their names."""

from collections.abc import Sequence

from eventrail.acting.connections import ConnectionShown
from eventrail.acting.letters import DeadLetter
from eventrail.acting.outcomes import WORDS, Redriven, State
from eventrail.acting.queue_facts import QueueFacts
from eventrail.report.json_values import Document, json_value, problem_documents


def letters_document(facts: QueueFacts, letters: Sequence[DeadLetter], looked_at: int, *, body: bool) -> Document:
    """Give `eventrail dead-letters peek`."""
    return {
        "vhost": facts.vhost,
        "queue": facts.queue,
        "kind": facts.kind,
        "looked_at": looked_at,
        "remarks": list(facts.remarks),
        "letters": [_letter(letter) | (_body(letter) if body else {}) for letter in letters],
    }


def redriven_document(made: Redriven) -> Document:
    """Give `eventrail dead-letters redrive`."""
    return {
        "act": made.act or None,
        "vhost": made.order.vhost,
        "queue": made.order.queue,
        "looked_at": made.looked_at,
        "counts": {state.value: made.count(state) for state in State if made.count(state)},
        "perhaps_twice": made.perhaps_twice,
        "outcomes": [
            {
                "message_id": outcome.letter.message_id,
                "correlation_id": outcome.letter.correlation_id,
                "to": outcome.target,
                "state": outcome.state.value,
                "what": WORDS[outcome.state],
                "perhaps_twice": outcome.perhaps_twice,
            }
            for outcome in made.outcomes
        ],
        "problems": problem_documents([made.problem] if made.problem else []),
    }


def connection_document(shown: ConnectionShown, *, closed: bool) -> Document:
    """Give `eventrail connection close`."""
    return {
        "connection": shown.name,
        "client_id": shown.client_id,
        "user": shown.user,
        "vhost": shown.vhost,
        "node": shown.node,
        "connected": json_value(shown.connected),
        "unacknowledged": shown.unacknowledged,
        "channels": [
            {
                "number": channel.number,
                "unacknowledged": channel.unacknowledged,
                "prefetch": channel.prefetch,
                "queues": list(channel.queues),
            }
            for channel in shown.channels
        ],
        "code": shown.code,
        "closed": closed,
    }


def _letter(letter: DeadLetter) -> Document:
    last = letter.deaths.last
    return {
        "position": letter.position,
        "message_id": letter.message_id,
        "correlation_id": letter.correlation_id,
        "event_type": letter.event_type,
        "reason": letter.reason,
        "died": json_value(last.time) if last and last.time else None,
        "first_queue": letter.deaths.first_queue,
        "last_queue": last.queue if last else None,
        "exchange": last.exchange if last else None,
        "routing_keys": list(last.routing_keys) if last else [],
        "deaths": letter.deaths.count,
        "redriven": letter.redriven,
        "redelivered": letter.redelivered,
        "delivery_count": letter.delivery_count,
        "size_bytes": letter.size_bytes,
    }


def _body(letter: DeadLetter) -> Document:
    return {"body": letter.body.decode("utf-8", "backslashreplace")}
