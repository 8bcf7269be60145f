"""Spans of time, always in UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eventrail.errors import UsageError


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, both included, both aware and in UTC; `start` is not after `end`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse naive times and a window that ends before it begins."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise UsageError(
                f"window {self.start} to {self.end}: give both times with a zone, e.g. 2026-01-31T09:00:00Z"
            )
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.start > self.end:
            raise UsageError(f"window {self.start.isoformat()} to {self.end.isoformat()} ends before it begins")

    @classmethod
    def before(cls, end: datetime, seconds: float) -> "Window":
        """Give the `seconds` up to `end`."""
        return cls(end - timedelta(seconds=seconds), end)

    @property
    def seconds(self) -> float:
        """Length."""
        return (self.end - self.start).total_seconds()

    def widened(self, before_seconds: float = 0.0, after_seconds: float = 0.0) -> "Window":
        """Give the same window with a margin on either side."""
        return Window(self.start - timedelta(seconds=before_seconds), self.end + timedelta(seconds=after_seconds))
