"""The truth that the ledger is compared with: rabbitmqctl asks the broker's living processes, not its statistics."""

import ast
from collections import Counter
from dataclasses import dataclass

from stack.rabbitmq import RabbitMQ


@dataclass(frozen=True)
class LivingBroker:
    """Asks the broker of the stack."""

    server: RabbitMQ

    def pods(self) -> Counter[str]:
        """Give each pod's unacknowledged messages, by its connections' names."""
        connections = self.server.control_table("list_connections", "pid", "client_properties")
        names = {row["pid"]: _connection_name(row["client_properties"]).split("/")[0] for row in connections}
        counts: Counter[str] = Counter()
        for row in self._table("list_channels", "connection", "messages_unacknowledged"):
            counts[names.get(row["connection"], "?")] += int(row["messages_unacknowledged"])
        return counts

    def _table(self, *command: str) -> list[dict[str, str]]:
        name, *columns = command
        return self.server.control_table(name, "--vhost", self.server.virtual_host, *columns)


def _connection_name(client_properties: str) -> str:
    """Give the name that a client gave its connection; properties are told as a list of name, type and value."""
    told = {name: value for name, _, value in ast.literal_eval(client_properties)}
    return str(told.get("connection_name", "?"))
