"""A quarter of an hour at a small bank: one pod of payments hangs. What the dashboard's tests look at.

Every 2 s a card purchase: cards publishes, fraud checks (and calls limits), payments books, notifications tells the
customer. At 09:04 payments-2 blocks in its handler; it goes on receiving until its prefetch of 10 is full.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

import pandas as pd

from eventrail.model.events import Outcome
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.testing.builders import START, EventBook
from queries.catalogue import catalogue

HANGS_AFTER_SECONDS = 240.0
MARKED_SECONDS = 860.0
LAST_SECONDS = 900.0
PREFETCH = 10
AS_OF = START + timedelta(seconds=MARKED_SECONDS)
END = START + timedelta(seconds=LAST_SECONDS)
STUCK_QUEUE = "payments.card-authorised"
HUNG_POD = "payments-2"
HOSTILE = '<img src=x onerror="document.title=1"> **bold** [link](javascript:1) \x1b[31mred\x1b[0m :red[x] `code`'

FRAUD_QUEUE = "fraud.card-purchased"
NOTICE_QUEUE = "notifications.payment-booked"


@dataclass
class Story:
    """The book, and who held what from when to when: (queue, pod, published, delivered, settled)."""

    book: EventBook = field(default_factory=EventBook)
    held: list[tuple[str, str, float, float, float | None]] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)


@cache
def story() -> Story:
    """Tell it; always the same."""
    told = Story()
    for pod, node in (
        ("fraud-1", "node-a"),
        ("payments-1", "node-a"),
        (HUNG_POD, "node-b"),
        ("notifications-1", "node-c"),
    ):
        for beat in range(0, int(LAST_SECONDS) + 1, 5):
            told.book.heartbeat(float(beat), pod=pod, node=node)
    for number in range(int(LAST_SECONDS // 2) - 1):
        _purchase(told, number, float(number * 2))
    return told


def _purchase(told: Story, number: int, at: float) -> None:
    book, event = told.book, f"event-{number:04d}"
    book.log(at, f"POST /purchase {number}", pod="cards-1", correlation_id=event)
    book.publish(at + 0.010, f"a-{number}", pod="cards-1", event_type="card.purchased", correlation_id=event)
    book.handle(at + 0.038, f"a-{number}", queue=FRAUD_QUEUE, pod="fraud-1", held_seconds=0.064)
    told.held.append((FRAUD_QUEUE, "fraud-1", at + 0.010, at + 0.038, at + 0.102))
    span = f"span-{number}"
    about = {"correlation_id": event, "causation_id": f"a-{number}", "duration_seconds": 0.02}
    book.call(at + 0.070, pod="fraud-1", peer_service="limits", span_id=span, **about)
    book.call(
        at + 0.069,
        pod="limits-1",
        peer_service="fraud",
        span_kind="server",
        parent_span_id=span,
        node="node-c",
        **{**about, "duration_seconds": 0.017},
    )
    book.publish(
        at + 0.095,
        f"b-{number}",
        pod="fraud-1",
        event_type="card.authorised",
        correlation_id=event,
        causation_id=f"a-{number}",
    )
    hung = at >= HANGS_AFTER_SECONDS and number % 2 == 1 and len(told.stuck) < PREFETCH
    _book_payment(told, number, at, event, hung=hung)


def _book_payment(told: Story, number: int, at: float, event: str, *, hung: bool) -> None:
    book, message = told.book, f"b-{number}"
    if hung:
        book.receive(at + 0.134, message, queue=STUCK_QUEUE, pod=HUNG_POD, node="node-b")
        told.held.append((STUCK_QUEUE, HUNG_POD, at + 0.095, at + 0.134, None))
        if not told.stuck:
            book.process(at + 0.150, message, pod=HUNG_POD, node="node-b")
            book.log(at + 0.160, HOSTILE, pod=HUNG_POD, node="node-b", correlation_id=event, level="warning")
            book.log(
                at + 0.200, "waiting for lock on accounts row 8812", pod=HUNG_POD, node="node-b", correlation_id=event
            )
        told.stuck.append(event)
        return
    pod, node = ("payments-1", "node-a") if number % 2 == 0 or at >= HANGS_AFTER_SECONDS else (HUNG_POD, "node-b")
    book.receive(at + 0.134, message, queue=STUCK_QUEUE, pod=pod, node=node)
    book.process(at + 0.140, message, pod=pod, node=node)
    if number % 50 == 7:
        book.log(at + 0.150, "account is closed", pod=pod, node=node, correlation_id=event, level="error")
        book.settle(at + 0.160, message, Outcome.DISCARD, pod=pod, node=node, error_type="AccountClosed")
        told.held.append((STUCK_QUEUE, pod, at + 0.095, at + 0.134, at + 0.160))
        return
    book.publish(
        at + 0.200,
        f"c-{number}",
        pod=pod,
        node=node,
        event_type="payment.booked",
        correlation_id=event,
        causation_id=message,
    )
    book.settle(at + 0.210, message, pod=pod, node=node, duration_seconds=0.07)
    told.held.append((STUCK_QUEUE, pod, at + 0.095, at + 0.134, at + 0.210))
    book.handle(at + 0.260, f"c-{number}", queue=NOTICE_QUEUE, pod="notifications-1", held_seconds=0.3, node="node-c")
    told.held.append((NOTICE_QUEUE, "notifications-1", at + 0.200, at + 0.260, at + 0.560))


def _samples() -> dict[str, pd.DataFrame]:
    """Count what Prometheus would have seen, every 5 s."""
    held = pd.DataFrame(story().held, columns=["queue", "pod", "published", "delivered", "settled"]).fillna(
        {"settled": 1e9}
    )
    at = pd.Series([float(second) for second in range(0, int(LAST_SECONDS) + 1, 5)], name="second")
    joined = held.merge(at, how="cross")
    joined["unacked"] = (joined["delivered"] <= joined["second"]) & (joined["settled"] > joined["second"])
    joined["ready"] = (joined["published"] <= joined["second"]) & (joined["delivered"] > joined["second"])
    joined["settles"] = (joined["settled"] <= joined["second"]) & (joined["settled"] > joined["second"] - 60)
    joined["comes"] = (joined["published"] <= joined["second"]) & (joined["published"] > joined["second"] - 60)
    joined["time"] = pd.Timestamp(START) + pd.to_timedelta(joined["second"], unit="s")
    joined["vhost"] = "/"
    joined["service"] = joined["pod"].str.rsplit("-", n=1).str[0]
    queues, pods = joined.groupby(["vhost", "queue", "time"]), joined.groupby(["service", "pod", "time"])
    frames = {
        "queue_messages_unacked": queues["unacked"].sum(),
        "queue_messages_ready": queues["ready"].sum(),
        "queue_publish_rate": queues["comes"].sum() / 60,
        "queue_settle_rate": queues["settles"].sum() / 60,
        "pod_in_flight": pods["unacked"].sum(),
    }
    tables = {name: frame.rename("value").astype(float).reset_index() for name, frame in frames.items()}
    node = tables["pod_in_flight"].assign(node=tables["pod_in_flight"]["pod"].map(_node_of), value=0.31)
    busy = tables["pod_in_flight"].drop(columns="service").assign(value=lambda frame: 0.02 + frame["value"] / 50)
    return {
        **tables,
        **_alert(),
        "node_cpu_ratio": node[["node", "time", "value"]].drop_duplicates(["node", "time"]),
        "pod_cpu_cores": busy,
    }


def _alert() -> dict[str, pd.DataFrame]:
    """Let one alert fire in the last minutes before the mark."""
    labels = dict.fromkeys(catalogue()["alerts_firing"].columns) | {
        "alertname": "MessageHeldTooLong",
        "severity": "page",
        "queue": STUCK_QUEUE,
    }
    began = pd.Timestamp(AS_OF) - pd.Timedelta(minutes=4)
    times = pd.date_range(began, AS_OF, freq="15s").as_unit("ns")
    firing = pd.DataFrame(
        {
            "time": times,
            "value": 1.0,
            **{name: pd.array([text] * len(times), dtype="str") for name, text in labels.items()},
        }
    )
    return {"alerts_firing": firing, "alerts_since": firing.assign(value=began.timestamp())}


def _node_of(pod: str) -> str:
    return {HUNG_POD: "node-b", "notifications-1": "node-c"}.get(pod, "node-a")


def story_recording() -> Recording:
    """Give the story as somebody would have recorded it, marked while the pod hangs."""
    return Recording(
        window=Window(START, END),
        created_at=END,
        events=story().book.events(),
        metrics={name: RecordedMetric(frame, "told") for name, frame in _samples().items()},
        opening=AS_OF,
        description="a hung pod of payments",
        sources=("Elasticsearch", "Prometheus"),
    )
