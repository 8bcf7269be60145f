"""The line under a page's title: which instant, how complete, which sources answer, how long a stretch."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.shaping.tones import Tone
from dashboard.shaping.words import duration_text, moment_text
from eventrail.investigate.answers import Moment
from eventrail.model.answers import SourceCheck
from eventrail.words import listed

LATE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the line, with its tone."""

    words: str
    tone: Tone = "plain"


def moment_parts(moment: Moment) -> tuple[Part, ...]:
    """Say the instant, and how complete the logs are there."""
    parts = [Part(f"as of {moment_text(moment.as_of, day=moment.asked if moment.live else None)}")]
    if moment.logs_complete_to is None:
        return (*parts, Part("how complete the logs are cannot be told", "warn"))
    if moment.behind_seconds <= 0:
        return (*parts, Part("logs complete"))
    behind = f"{duration_text(moment.behind_seconds)} behind"
    tone: Tone = "warn" if moment.behind_seconds > LATE_SECONDS else "plain"
    complete_to = f"{moment.logs_complete_to.tz_convert('UTC'):%H:%M:%S}"
    return (*parts, Part(f"logs complete to {complete_to} ({behind})", tone))


def source_parts(checks: Sequence[SourceCheck], file_described: str = "") -> tuple[Part, ...]:
    """Say which sources answer and which do not; of a file that could be opened, what it is."""
    if file_described and all(check.reachable for check in checks):
        return (Part(file_described),)
    up = [check.source for check in checks if check.reachable]
    down = [check.source for check in checks if not check.reachable]
    parts: list[Part] = []
    if up:
        parts.append(Part(f"{listed(up)} {'answers' if len(up) == 1 else 'answer'}"))
    if down:
        parts.append(Part(f"{listed(down)} {'does' if len(down) == 1 else 'do'} not answer", "bad"))
    if not checks:
        parts.append(Part("no source is configured", "bad"))
    return tuple(parts)
