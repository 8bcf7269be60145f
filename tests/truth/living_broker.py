"""The truth that the ledger is compared with: rabbitmqctl asks the broker's living processes, not its statistics."""

import ast
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from stack.rabbitmq import RabbitMQ


@dataclass(frozen=True)
class Snapshot:
    """What the broker counted at some instant between `asked` and `answered`, both UTC.

    unacked_of_queue: queue → messages. unacked_of_pod: pod → messages over all its channels.
    """

    asked: pd.Timestamp
    answered: pd.Timestamp
    unacked_of_queue: dict[str, int]
    unacked_of_pod: Counter[str]


@dataclass(frozen=True)
class LivingBroker:
    """Asks the broker of the stack."""

    server: RabbitMQ

    def queues(self) -> tuple[pd.Timestamp, pd.Timestamp, dict[str, int]]:
        """Give each queue's unacknowledged messages, and between which instants they were counted."""
        asked = pd.Timestamp(datetime.now(tz=UTC))
        rows = self._table("list_queues", "name", "messages_unacknowledged")
        return (
            asked,
            pd.Timestamp(datetime.now(tz=UTC)),
            {row["name"]: int(row["messages_unacknowledged"]) for row in rows},
        )

    def pods(self) -> Counter[str]:
        """Give each pod's unacknowledged messages, by its connections' names."""
        connections = self.server.control_table("list_connections", "pid", "client_properties")
        names = {row["pid"]: _connection_name(row["client_properties"]).split("/")[0] for row in connections}
        counts: Counter[str] = Counter()
        for row in self._table("list_channels", "connection", "messages_unacknowledged"):
            counts[names.get(row["connection"], "?")] += int(row["messages_unacknowledged"])
        return counts

    def snapshot(self) -> Snapshot:
        """Count by queue and by pod, one right after the other."""
        asked, answered, queues = self.queues()
        return Snapshot(asked, answered, queues, self.pods())

    def _table(self, *command: str) -> list[dict[str, str]]:
        name, *columns = command
        return self.server.control_table(name, "--vhost", self.server.virtual_host, *columns)


def _connection_name(client_properties: str) -> str:
    """Give the name that a client gave its connection; properties are told as a list of name, type and value."""
    told = {name: value for name, _, value in ast.literal_eval(client_properties)}
    return str(told.get("connection_name", "?"))
