"""A small recording: one event through three services, a hung delivery, and the gauge of its queue."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from eventrail.model.events import Outcome
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric, Recording
from eventrail.testing.builders import START, EventBook

CREATED = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(seconds=60))
OPENING = START + timedelta(seconds=30)
ODD_ID = 'naïve "id" {*} <b>ü</b> \x1b[31m ' + "x" * 1_000


def story() -> EventBook:
    """One event that completes but for a delivery that payments-2 never settles; one line of an odd ID."""
    book = EventBook()
    for second in range(0, 60, 10):
        book.heartbeat(second, pod="orders-1")
        book.heartbeat(second + 0.5, pod="payments-2", in_flight=1 if second else 0)
    book.publish(1, "m1", pod="orders-1", correlation_id="c1", event_type="order.placed")
    book.handle(1.25, "m1", queue="payments", pod="payments-1", held_seconds=0.123456789, service_version="2.4.1")
    book.publish(1.3, "m2", pod="payments-1", correlation_id="c1", event_type="payment.made", causation_id="m1")
    book.receive(1.35, "m2", queue="receipts", pod="receipts-1")
    book.process(1.36, "m2", pod="receipts-1", node="node-b")
    book.call(1.4, pod="receipts-1", peer_service="limits", correlation_id="c1", span_id="s1", causation_id="m2")
    book.settle(1.5, "m2", Outcome.REQUEUE, pod="receipts-1", error_type="TimeoutError", duration_seconds=0.14)
    died = {"death_queue": "receipts.retry", "death_reason": "expired", "death_count": 1, "death_time": book.time(3)}
    book.receive(1.000000001 + 2, "m2", queue="receipts", pod="receipts-2", **died)
    book.publish(5, "m3", pod="orders-1", correlation_id=ODD_ID, event_type="order.placed")
    book.receive(5.1, "m3", queue="payments", pod="payments-2")
    book.process(5.2, "m3", pod="payments-2")
    book.log(5.3, "<script>alert(1)</script> \x1b[2J **bold**", pod="payments-2", correlation_id=ODD_ID, level="error")
    return book


def gauge(queue: str = "payments", value: float = 1.0) -> pd.DataFrame:
    """A sample every 15 s, with its own time."""
    times = pd.date_range(START, periods=4, freq="15s").astype("datetime64[ns, UTC]") + pd.Timedelta("123456789ns")
    labels = {"vhost": "/", "queue": queue}
    frame = pd.DataFrame({"time": times, "value": np.array([0.0, value, value, value]), **labels})
    return frame.astype({"vhost": "str", "queue": "str"})


def recording() -> Recording:
    """The story as `eventrail record` would keep it."""
    outage = Problem("Prometheus", "node_load1 was not answered within 20 s", "ask less", "error")
    return Recording(
        window=WINDOW,
        created_at=CREATED,
        events=story().events(),
        metrics={
            "queue_messages_unacked": RecordedMetric(gauge(), "detailed"),
            "node_load1": RecordedMetric(gauge().head(0)[["time", "value"]], "", (outage,)),
        },
        opening=OPENING,
        description="payments-2 hangs",
        sources=("Elasticsearch", "Prometheus"),
        problems=(Problem("the logs of node-b", "came 3 s late"),),
        duplicates=2,
        set_aside=1,
    )
