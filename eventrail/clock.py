"""The only module that reads the clock; everything else is told what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the present instant, in UTC."""
    return datetime.now(tz=UTC)
