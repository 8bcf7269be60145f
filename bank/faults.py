"""What was done to the bank, and when: the truth that findings are compared with."""

import json
from datetime import UTC, datetime
from pathlib import Path

from bank.container import Container


class FaultLedger:
    """Faults and what followed (`hang`, `ended`, `restarted`, …), in memory and as JSON lines."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.entries: list[dict[str, object]] = []

    def note(self, fault: str, container: Container | None = None, **details: object) -> None:
        """Adds an entry with the time of now and, where it befell one pod, its name, node and instance."""
        entry: dict[str, object] = {"time": datetime.now(UTC).isoformat(), "fault": fault}
        if container is not None:
            pod = container.pod
            entry |= {"service": pod.plan.name, "pod": pod.name, "node": pod.node, "instance": container.instance_id}
        entry |= details
        self.entries.append(entry)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
