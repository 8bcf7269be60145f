"""Event tables of one long event, made in columns: a tree of messages, each published, received, handled, settled."""

import numpy as np
import pandas as pd

from eventrail.model.events import Operation, Outcome, as_events, concat_events

SERVICES = 19
PODS_PER_SERVICE = 3
CHILDREN = 3
START = pd.Timestamp("2026-01-31T09:00:00Z")


def long_event(steps: int) -> tuple[pd.DataFrame, pd.Timestamp]:
    """Give the lines of an event of about `steps` steps (a publish, a wait and a handling a message), and its end."""
    numbers = np.arange(max(steps // 3, 1))
    causes = np.where(numbers == 0, -1, (numbers - 1) // CHILDREN)
    services = np.array([f"service-{number % SERVICES:02d}" for number in numbers], dtype=object)
    pods = np.array([f"{services[number]}-{number % PODS_PER_SERVICE}" for number in numbers], dtype=object)
    publishing = np.where(causes >= 0, pods[causes], "cards-0")
    common = {
        "message_id": [f"m{number:08x}" for number in numbers],
        "correlation_id": "event-1",
        "event_type": "message.published",
        "vhost": "bank",
        "exchange": "bank.events",
        "routing_key": "message.published",
    }
    delivery = {
        "queue": services + ".message-published",
        "channel_id": pods + "/1/1",
        "delivery_tag": numbers + 1,
    }
    caused = {"causation_id": [None if cause < 0 else f"m{cause:08x}" for cause in causes]}

    def lines(operation: Operation, after_ms: float, at: np.ndarray, **more: object) -> pd.DataFrame:
        times = START + pd.to_timedelta(numbers * 2.0 + after_ms, unit="ms")
        own = {"service": [pod.rsplit("-", 1)[0] for pod in at], "pod": at, "node": "node-a", "instance_id": at}
        named = {"document_id": [f"{operation}-{number}" for number in numbers]}
        return as_events(pd.DataFrame({"time": times, "operation": str(operation), **common, **own, **named, **more}))

    table = concat_events(
        [
            lines(Operation.SEND, 0.0, publishing, outcome=str(Outcome.CONFIRMED), **caused),
            lines(Operation.RECEIVE, 1.0, pods, **delivery),
            lines(Operation.PROCESS, 1.2, pods, **delivery),
            lines(Operation.SETTLE, 9.0, pods, outcome=str(Outcome.ACK), **delivery),
        ]
    )
    return table, table["time"].max()
