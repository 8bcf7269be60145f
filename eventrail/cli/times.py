"""Instants on the command line: ISO 8601 with a zone, or relative to the present of what was opened."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RELATIVE: Final = re.compile(r"-(\d{1,9})([smhd])")
# Tables hold times as nanoseconds since 1970 in 64 bits.
_YEARS: Final = range(1971, 2261)


@dataclass(frozen=True, slots=True)
class Instant:
    """An absolute time, or so many seconds before the present of what was opened."""

    absolute: datetime | None = None
    seconds_before: float = 0.0

    def at(self, present: datetime) -> datetime:
        """Give the instant; present: now for live servers, the opening mark for a recording."""
        if self.absolute is not None:
            return self.absolute
        try:
            instant = present - timedelta(seconds=self.seconds_before)
        except OverflowError:
            instant = datetime.min.replace(tzinfo=UTC)
        if instant.year not in _YEARS:
            raise click.BadParameter(f"{self.seconds_before:.0f} seconds before {present:%Y-%m-%d} is too long ago")
        return instant


class InstantType(click.ParamType[Instant]):
    """Parses an Instant; refuses a time without zone, which would mean another instant to each reader."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Instant:
        """Give the instant that the text means."""
        if isinstance(value, Instant):
            return value
        text = str(value).strip()
        if text == "now":
            return Instant()
        if relative := _RELATIVE.fullmatch(text):
            return Instant(seconds_before=int(relative[1]) * _UNITS[relative[2]])
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is no time; write 2026-01-31T09:00:00Z, or -15m for 15 minutes ago", param, ctx)
        if time.tzinfo is None:
            self.fail(f"{text!r} has no time zone; write {time.isoformat()}Z for UTC, or end it in +01:00", param, ctx)
        if time.year not in _YEARS:
            self.fail(f"{text!r} lies outside the years {_YEARS[0]} to {_YEARS[-1]}", param, ctx)
        return Instant(absolute=time.astimezone(UTC))


INSTANT: Final = InstantType()
