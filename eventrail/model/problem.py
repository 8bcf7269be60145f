"""A problem is a value that travels beside the data it concerns; it is shown, never raised."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that the reader of an answer must know to trust it rightly.

    source: who has the problem, in the reader's words ("Elasticsearch", "Prometheus", "the logs of node-b").
    what: what is missing or odd, with figures.
    remedy: what to do about it; empty where nothing can be done.
    """

    source: str
    what: str
    remedy: str = ""
    severity: Severity = "warning"

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.source}: {self.what}" + (f" → {self.remedy}" if self.remedy else "")
