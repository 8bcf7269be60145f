"""What was done to the bank, and when: the truth that findings are compared with."""

import json
from datetime import UTC, datetime
from pathlib import Path

from bank.container import Container


class FaultLedger:
    """Faults and what followed (`hang`, `unhang`, `kill`, `ended`, `restarted`), in memory and as JSON lines."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.entries: list[dict[str, object]] = []

    def note(self, fault: str, container: Container, **details: object) -> None:
        """Adds an entry with the time of now and the pod's name, node and instance."""
        entry: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(),
            "fault": fault,
            "service": container.pod.plan.name,
            "pod": container.pod.name,
            "node": container.pod.node,
            "instance": container.instance_id,
            **details,
        }
        self.entries.append(entry)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
