"""What a service measures of its own messaging."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_DURATION_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class MessagingMetrics:
    """The metric families, registered once in `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.in_flight = Gauge(
            "messaging_process_in_flight",
            "Deliveries received by this process and not settled yet.",
            ["queue"],
            registry=registry,
        )
        self.messages = Counter(
            "messaging_process_messages",
            "Deliveries settled, by how: ack, requeue, discard; lost when the channel went away first.",
            ["queue", "outcome"],
            registry=registry,
        )
        self.failed = Counter(
            "messaging_process_failed",
            "Deliveries whose handler raised.",
            ["queue"],
            registry=registry,
        )
        self.duration = Histogram(
            "messaging_process_duration_seconds",
            "How long a handler ran.",
            ["queue"],
            buckets=_DURATION_BUCKETS_SECONDS,
            registry=registry,
        )
        self.sent = Counter(
            "messaging_client_sent_messages",
            "Messages published, by exchange and how it ended: confirmed, unroutable, refused, unknown.",
            ["exchange", "outcome"],
            registry=registry,
        )
