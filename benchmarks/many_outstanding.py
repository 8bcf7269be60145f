"""A system in which very many deliveries are outstanding: what the page Unacknowledged is measured with.

An hour of a bank whose queues fill up behind consumers without a prefetch limit. Every delivery that is not settled has
its line of receiving, each in twenty also one of handling; as many again were settled.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.model.events import Operation, Outcome, as_events, concat_events
from eventrail.model.window import Window
from eventrail.recording.contents import RecordedMetric, Recording

END: Final = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
VHOST: Final = "bank"
STUCK_QUEUE: Final = "payments.card-authorised"
SERVICES: Final = ("payments", "ledger", "fees", "audit", "mail", "search", "reporting", "archive")
PODS_PER_SERVICE: Final = 5
NODES: Final = 6
TYPES_PER_SERVICE: Final = 3
HANDLED_IN: Final = 20
AGAIN_IN: Final = 50
SAMPLES_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class ManyOutstanding:
    """outstanding: how many deliveries are never settled; half of them of STUCK_QUEUE. seed: as ever."""

    outstanding: int
    seed: int = 11

    def recording(self) -> Recording:
        """Give the hour as somebody would have recorded it; it opens at its end."""
        settled, held = self._deliveries(self.outstanding, 1), self._deliveries(self.outstanding, 0)
        handled = held[held.index % HANDLED_IN == 0]
        parts = [
            as_events(settled.assign(operation=Operation.RECEIVE)),
            as_events(held.assign(operation=Operation.RECEIVE)),
            as_events(handled.assign(operation=Operation.PROCESS, time=handled["time"] + pd.Timedelta("2ms"))),
            as_events(
                settled.assign(
                    operation=Operation.SETTLE, outcome=Outcome.ACK, time=settled["time"] + pd.Timedelta("40ms")
                )
            ),
        ]
        events = concat_events(parts)
        events = events.assign(document_id=pd.Series(np.arange(len(events)), dtype="str"))
        return Recording(
            window=Window(END - HOUR, END), created_at=END, events=events, metrics=self._metrics(held), opening=END
        )

    def _deliveries(self, number: int, parity: int) -> pd.DataFrame:
        """Give a line a delivery; parity: 0 or 1, so that two such tables share no message."""
        draw = np.random.default_rng(self.seed + parity)
        rows = np.arange(number)
        name = rows * 2 + parity
        service = np.where(draw.random(number) < 0.5, 0, draw.integers(1, len(SERVICES), number))
        pod = draw.integers(0, PODS_PER_SERVICE, number)
        services = np.array(SERVICES)[service].astype(object)
        queues = np.array([STUCK_QUEUE, *(f"{each}.{each}-requested" for each in SERVICES[1:])], dtype=object)[service]
        pods = services + "-" + pod.astype(str).astype(object)
        seconds = np.sort(draw.uniform(0, HOUR.total_seconds() - 60, number))
        kinds = draw.integers(0, TYPES_PER_SERVICE, number).astype(str).astype(object)
        columns: dict[str, Any] = {
            "time": (pd.Timestamp(END - HOUR) + pd.to_timedelta(seconds, unit="s")).as_unit("ns"),
            "service": services,
            "pod": pods,
            "node": "node-" + (pod * 7 % NODES).astype(str).astype(object),
            "instance_id": pods + "-i1",
            "correlation_id": pd.Series(name // 8).map("e{:012x}".format),
            "message_id": pd.Series(name).map("m{:012x}".format),
            "event_type": services + ".requested-" + kinds,
            "vhost": VHOST,
            "exchange": "bank.events",
            "routing_key": services + ".requested-" + kinds,
            "queue": queues,
            "channel_id": pods + "-i1/1/1",
            "client_id": pods + "/1",
            "consumer_tag": pods + "." + queues,
            "delivery_tag": name + 1,
            "redelivered": rows % AGAIN_IN == 0,
            "attempt": np.where(rows % AGAIN_IN == 0, 2, 1),
            "message": "a delivery",
        }
        return pd.DataFrame(columns)

    def _metrics(self, held: pd.DataFrame) -> dict[str, RecordedMetric]:
        """Count as Prometheus would have; rates are of what is delivered and held only."""
        times = pd.date_range(END - HOUR, END, freq=f"{SAMPLES_SECONDS}s").as_unit("ns")
        frames = []
        for queue, rows in held.groupby("queue"):
            before = rows["time"].searchsorted(times, side="right")
            frames.append(pd.DataFrame({"vhost": VHOST, "queue": queue, "time": times, "value": before.astype(float)}))
        unacked = pd.concat(frames, ignore_index=True)
        rate = unacked.groupby("queue")["value"].diff().fillna(0.0) / SAMPLES_SECONDS
        tables = {
            "queue_messages_unacked": unacked,
            "queue_messages_ready": unacked.assign(value=0.0),
            "queue_deliver_rate": unacked.assign(value=2 * rate),
            "queue_settle_rate": unacked.assign(value=rate),
        }
        return {name: RecordedMetric(frame, "rabbitmq-detailed") for name, frame in tables.items()}
