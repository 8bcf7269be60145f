"""Figures that a run measured, kept beside the run so that documents can quote them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Figures:
    """Written at each note, so that a run that fails later still tells what it saw."""

    file: Path
    noted: dict[str, Any] = field(default_factory=dict)

    def note(self, name: str, value: Any) -> None:
        """Keep a figure."""
        self.noted[name] = value
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.noted, indent=1, default=str) + "\n", encoding="utf-8")
