"""Event tables of one long event, made in columns: a bank's monthly statements, one run for all customers.

The run is split into pages, a page into customers; from there each message goes to a queue for each service that wants
it, and some handlings publish on and call other services synchronously. Shares and times are those that the simulated
bank's shipped recording shows: a message goes to 1 to 5 queues (1.8 on average), two of five handlings publish on, a
handling in 8 calls someone, one delivery in 700 is given back, one in 180 fails and is tried again after 5 s. Times are
not those of a loaded system: handlings never wait for a free worker.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from eventrail.model.events import Operation, Outcome, as_events, concat_events

START: Final = pd.Timestamp("2026-01-31T09:00:00Z")
EXCHANGE: Final = "bank.events"
PODS_PER_SERVICE: Final = 3
NODES: Final = 3
CUSTOMERS_PER_PAGE: Final = 500
STEPS_PER_CUSTOMER: Final = 46

STARTER: Final = "calendar"
RUN, PAGE, CUSTOMER = "run.started", "page.due", "statement.due"
# event type → who consumes it: service, event type that its handling publishes, service that its handling calls
FLOW: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    RUN: (("statements", PAGE, ""),),
    PAGE: (("statements", CUSTOMER, ""),),
    CUSTOMER: (("ledger", "ledger.closed", ""),),
    "ledger.closed": (("interest", "interest.booked", ""), ("fees", "fees.booked", "limits"), ("audit", "", "")),
    "interest.booked": (("statements", "statement.created", ""), ("audit", "", "")),
    "fees.booked": (("tax", "", ""), ("audit", "", "")),
    "statement.created": (
        ("documents", "document.rendered", ""),
        ("notifications", "mail.wanted", ""),
        ("search", "", ""),
        ("reporting", "", ""),
        ("audit", "", ""),
    ),
    "document.rendered": (("archive", "", ""),),
    "mail.wanted": (("mail", "mail.sent", "partners"),),
    "mail.sent": (("audit", "", ""), ("reporting", "", "")),
}


@dataclass(frozen=True, slots=True)
class Mishaps:
    """What goes wrong in the event, so that a trace has what real ones have.

    requeued_share, failed_share: of deliveries, each attempt drawn anew; after `attempts` a failure is final.
    retry_seconds: until a failed one is handed out again. failed_call_share: of calls. outstanding, waiting: how many
    deliveries are never settled and how many messages never delivered, among those that cause nothing further.
    seed: the same seed gives the same event.
    """

    requeued_share: float = 0.0014
    failed_share: float = 0.0055
    attempts: int = 3
    retry_seconds: float = 5.0
    failed_call_share: float = 0.014
    outstanding: int = 2
    waiting: int = 1
    seed: int = 1


NO_MISHAPS: Final = Mishaps(requeued_share=0.0, failed_share=0.0, failed_call_share=0.0, outstanding=0, waiting=0)

Whole = npt.NDArray[np.int64]
Milliseconds = npt.NDArray[np.float64]


class _Messages(NamedTuple):
    number: Whole
    type: Whole
    cause: Whole  # number of the message whose handling published it, -1 for none
    pod: Whole
    at: Milliseconds


class _Deliveries(NamedTuple):
    message: Whole  # number of the message
    type: Whole
    consumer: Whole
    pod: Whole
    attempt: Whole
    redelivered: npt.NDArray[np.bool_]
    received: Milliseconds
    handled: Milliseconds
    settled: Milliseconds
    outcome: Whole  # place in OUTCOMES


OUTCOMES: Final = (Outcome.ACK, Outcome.REQUEUE, Outcome.DISCARD)
ACK, REQUEUE, DISCARD = range(3)

TYPES: Final = tuple(FLOW)
CONSUMERS: Final = tuple((kind, *consumer) for kind, consumers in FLOW.items() for consumer in consumers)
SERVICES: Final = (STARTER, *sorted({name for consumer in CONSUMERS for name in (consumer[1], consumer[3]) if name}))
FIRST_CONSUMER: Final = np.array([[kind for kind, *_ in CONSUMERS].index(name) for name in TYPES])
CONSUMERS_OF: Final = np.array([len(FLOW[name]) for name in TYPES])
SERVICE_OF: Final = np.array([SERVICES.index(service) for _, service, _, _ in CONSUMERS])
PUBLISHES: Final = np.array([TYPES.index(published) if published else -1 for _, _, published, _ in CONSUMERS])
CALLS: Final = np.array([SERVICES.index(called) if called else -1 for _, _, _, called in CONSUMERS])


def long_event(steps: int, mishaps: Mishaps | None = None) -> tuple[pd.DataFrame, pd.Timestamp]:
    """Give the lines of an event of about `steps` steps (publishes, waits, handlings, calls), and its newest time."""
    mishaps = mishaps or Mishaps()
    random = np.random.default_rng(mishaps.seed)
    customers = max(round(steps / STEPS_PER_CUSTOMER), 1)
    messages, deliveries = _everything(customers, mishaps, random)
    received, settled = _left_open(deliveries, mishaps, random)
    table = concat_events(
        [
            _sends(messages),
            *_delivery_lines(deliveries, received, settled),
            *_call_lines(deliveries, mishaps, random),
        ]
    )
    return table, table["time"].max()


def routes() -> pd.DataFrame:
    """Give where the event's messages go, as `LogSource.routes` does: exchange, routing_key, queue."""
    queues = [(EXCHANGE, kind, _queue(kind, service)) for kind, service, _, _ in CONSUMERS]
    return pd.DataFrame(queues, columns=["exchange", "routing_key", "queue"]).astype("str")


def _everything(customers: int, mishaps: Mishaps, random: np.random.Generator) -> tuple[_Messages, _Deliveries]:
    """Let generation follow generation: the messages of one, all their deliveries, what these publish."""
    zero = np.zeros(1, dtype=np.int64)
    messages = _Messages(zero, zero + TYPES.index(RUN), zero - 1, zero + SERVICES.index(STARTER), np.zeros(1))
    sent, delivered = [messages], []
    total = 1
    while len(messages.number):
        attempts = _delivered(messages, mishaps, random)
        delivered += attempts
        done = [_Deliveries(*(column[part.outcome == ACK] for column in part)) for part in attempts]
        messages = _published(_joined(done), customers, total)
        total += len(messages.number)
        sent.append(messages)
    return _Messages(*map(np.concatenate, zip(*sent, strict=True))), _joined(delivered)


def _joined(parts: list[_Deliveries]) -> _Deliveries:
    return _Deliveries(*map(np.concatenate, zip(*parts, strict=True)))


def _delivered(messages: _Messages, mishaps: Mishaps, random: np.random.Generator) -> list[_Deliveries]:
    """Hand messages to all their consumers; one part an attempt."""
    copies = CONSUMERS_OF[messages.type]
    of = np.repeat(np.arange(len(messages.number)), copies)
    consumer = FIRST_CONSUMER[messages.type[of]] + np.arange(len(of)) - np.repeat(np.cumsum(copies) - copies, copies)
    received = messages.at[of] + random.lognormal(np.log(2.5), 0.8, len(of))
    redelivered = np.zeros(len(of), dtype=bool)
    parts = []
    for attempt in range(1, mishaps.attempts + 1):
        drawn = random.random(len(of))
        outcome = np.where(drawn < mishaps.requeued_share, REQUEUE, ACK)
        outcome = np.where(drawn > 1 - mishaps.failed_share, DISCARD, outcome)
        if attempt == mishaps.attempts:
            outcome = np.where(outcome == REQUEUE, ACK, outcome)
        handled = received + random.lognormal(np.log(0.4), 1.0, len(of))
        settled = handled + random.lognormal(np.log(8.0), 1.1, len(of))
        pod = SERVICE_OF[consumer] * PODS_PER_SERVICE + random.integers(PODS_PER_SERVICE, size=len(of))
        times = np.full(len(of), attempt)
        number, kind = messages.number[of], messages.type[of]
        parts.append(_Deliveries(number, kind, consumer, pod, times, redelivered, received, handled, settled, outcome))
        again = outcome != ACK
        delay = np.where(outcome == DISCARD, mishaps.retry_seconds * 1000, 20.0)
        of, consumer, received = of[again], consumer[again], (settled + delay)[again]
        redelivered = (outcome == REQUEUE)[again]
    return parts


def _published(done: _Deliveries, customers: int, total: int) -> _Messages:
    """Give the messages that handlings publish; a run one for each page, a page one for each of its customers."""
    published = PUBLISHES[done.consumer]
    copies = (published >= 0).astype(np.int64)
    pages = -(-customers // CUSTOMERS_PER_PAGE)
    copies[published == TYPES.index(PAGE)] = pages
    of_page = np.flatnonzero(published == TYPES.index(CUSTOMER))
    first = np.arange(len(of_page)) * CUSTOMERS_PER_PAGE
    copies[of_page] = np.minimum(customers - first, CUSTOMERS_PER_PAGE)
    of = np.repeat(np.arange(len(published)), copies)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(copies) - copies, copies)
    share = (nth + 1) / (copies[of] + 1)
    at = done.handled[of] + share * (done.settled - done.handled)[of] + nth * 0.5 * (copies[of] > 1)
    return _Messages(total + np.arange(len(of)), published[of], done.message[of], done.pod[of], at)


def _left_open(
    deliveries: _Deliveries, mishaps: Mishaps, random: np.random.Generator
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Choose which deliveries are received and which settled: all but a few of those that cause nothing further."""
    ends = np.flatnonzero(
        (PUBLISHES[deliveries.consumer] < 0) & (deliveries.outcome == ACK) & (deliveries.attempt == 1)
    )
    chosen = random.permutation(ends)[: mishaps.outstanding + mishaps.waiting]
    received, settled = np.ones((2, len(deliveries.message)), dtype=bool)
    settled[chosen] = False
    received[chosen[: mishaps.waiting]] = False
    return received, settled


def _lines(operation: Operation, at: Milliseconds, pod: Whole, columns: dict[str, object]) -> pd.DataFrame:
    """Make lines that pods write, with the columns given."""
    names = np.array([f"{service}-{pod}" for service in SERVICES for pod in range(PODS_PER_SERVICE)], dtype=object)
    nodes = np.array([f"node-{'abc'[pod % NODES]}" for pod in range(len(names))], dtype=object)
    services = np.repeat(np.array(SERVICES, dtype=object), PODS_PER_SERVICE)
    told = {
        "time": START + pd.to_timedelta(np.round(at * 1000), unit="us"),
        "operation": str(operation),
        "document_id": _numbered(f"{operation}-{columns.get('span_kind', '')}", np.arange(len(at))),
        "service": services[pod],
        "pod": names[pod],
        "node": nodes[pod],
        "instance_id": names[pod],
        "correlation_id": "event-1",
    }
    return as_events(pd.DataFrame(told | columns))


def _numbered(prefix: str, numbers: Whole) -> "pd.Series[str]":
    return prefix + pd.Series(numbers).astype("str")


def _queue(kind: str, service: str) -> str:
    return f"{service}.{kind.replace('.', '-')}"


def _message_facts(number: Whole, kind: Whole) -> dict[str, object]:
    names = np.array(TYPES, dtype=object)[kind]
    same = {"vhost": "bank", "exchange": EXCHANGE, "event_type": names, "routing_key": names}
    return {"message_id": _numbered("m", number), **same}


def _sends(messages: _Messages) -> pd.DataFrame:
    cause = _numbered("m", messages.cause).mask(messages.cause < 0)
    told = {"causation_id": cause, "outcome": str(Outcome.CONFIRMED)}
    return _lines(Operation.SEND, messages.at, messages.pod, _message_facts(messages.number, messages.type) | told)


def _delivery_lines(
    deliveries: _Deliveries, received: npt.NDArray[np.bool_], settled: npt.NDArray[np.bool_]
) -> list[pd.DataFrame]:
    """Give the receive, process and settle lines."""
    queues = np.array([_queue(kind, service) for kind, service, _, _ in CONSUMERS], dtype=object)
    facts = _message_facts(deliveries.message, deliveries.type) | {
        "queue": queues[deliveries.consumer],
        "channel_id": _numbered("channel-", deliveries.pod),
        "delivery_tag": np.arange(len(deliveries.message)) + 1,
        "attempt": deliveries.attempt,
    }

    def lines(operation: Operation, at: Milliseconds, there: npt.NDArray[np.bool_], **more: object) -> pd.DataFrame:
        columns = {
            name: pd.Series(values)[there].array if np.ndim(values) else values
            for name, values in (facts | more).items()
        }
        return _lines(operation, at[there], deliveries.pod[there], columns)

    outcome = np.array([str(outcome) for outcome in OUTCOMES], dtype=object)[deliveries.outcome]
    error = np.where(deliveries.outcome == DISCARD, "LedgerLocked", None)
    held = (deliveries.settled - deliveries.handled) / 1000
    return [
        lines(Operation.RECEIVE, deliveries.received, received, redelivered=deliveries.redelivered),
        lines(Operation.PROCESS, deliveries.handled, received),
        lines(
            *(Operation.SETTLE, deliveries.settled, settled),
            outcome=outcome,
            error_type=error,
            duration_seconds=held,
        ),
    ]


def _call_lines(deliveries: _Deliveries, mishaps: Mishaps, random: np.random.Generator) -> list[pd.DataFrame]:
    """Give the lines of both sides of the calls that handlings make, in the middle of each handling."""
    calling = np.flatnonzero((CALLS[deliveries.consumer] >= 0) & (deliveries.outcome == ACK))
    called = CALLS[deliveries.consumer[calling]]
    held = (deliveries.settled - deliveries.handled)[calling]
    outcome = np.where(random.random(len(calling)) < mishaps.failed_call_share, str(Outcome.ERROR), str(Outcome.OK))
    services = np.array(SERVICES, dtype=object)
    answering = called * PODS_PER_SERVICE + random.integers(PODS_PER_SERVICE, size=len(called))
    names = services[called] + "/Check"
    span, number = _numbered("span-", calling), deliveries.message[calling]
    caller = {"span_kind": "client", "span_id": span, "causation_id": _numbered("m", number)}
    caller |= {"peer_service": services[called], "duration_seconds": held * 0.5 / 1000}
    answerer = {"span_kind": "server", "span_id": "server-" + span, "parent_span_id": span}
    answerer |= {
        "peer_service": services[SERVICE_OF[deliveries.consumer[calling]]],
        "duration_seconds": held * 0.3 / 1000,
    }
    both: dict[str, object] = {"outcome": outcome, "call_method": names}
    begun = deliveries.handled[calling]
    return [
        _lines(Operation.CALL, begun + held * 0.75, deliveries.pod[calling], both | caller),
        _lines(Operation.CALL, begun + held * 0.65, answering, both | answerer),
    ]
