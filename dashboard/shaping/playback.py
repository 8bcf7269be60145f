"""Which instant is shown: live, a set one, or one that moves while a recording is played."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from eventrail.model.window import Window

LIVE: Final = "live"
SPEEDS: Final = (1, 5, 20, 60)


@dataclass(frozen=True, slots=True)
class Playback:
    """A recording being played: it stood at `instant` when the wall clock said `since`."""

    instant: datetime
    since: datetime
    speed: float

    def at(self, now: datetime, extent: Window) -> datetime:
        """Give the instant shown when the wall clock says `now`, in whole seconds, inside the extent."""
        moved = self.instant + (now - self.since) * self.speed
        return min(max(moved.replace(microsecond=0), extent.start), extent.end)

    def ended(self, now: datetime, extent: Window) -> bool:
        """Tell whether it has come to the extent's end."""
        return self.at(now, extent) >= extent.end


def instant_text(instant: datetime) -> str:
    """Write an instant as it stands in a link: "2026-01-31T09:14:20Z", with a fraction only where there is one."""
    utc = instant.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds").replace("+00:00", "Z")


def read_instant(text: str, reference: datetime) -> datetime | None:
    """Read what a person or a link says; None when it is no time.

    Takes ISO 8601 with or without a zone (UTC then), a date and time with a space, and a time of day alone, which is
    one of `reference`'s day, or of the day before where it would lie more than half a day after `reference`.
    """
    wanted = text.strip().removesuffix("UTC").strip()
    try:
        found = datetime.fromisoformat(wanted)
    except ValueError:
        return _time_of_day(wanted, reference)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _time_of_day(text: str, reference: datetime) -> datetime | None:
    day = reference.astimezone(UTC)
    try:
        found = datetime.fromisoformat(f"{day:%Y-%m-%d}T{text}")
    except ValueError:
        return None
    instant = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return instant - timedelta(days=1) if instant - day > timedelta(hours=12) else instant


def floor_to(instant: datetime, seconds: float) -> datetime:
    """Round down to whole multiples of `seconds`, so that readers at nearly the same time share one cached answer."""
    return pd.Timestamp(instant).floor(f"{round(seconds * 1000)}ms").to_pydatetime()
