"""`manifest.json`: what a recording holds, where it comes from, and the instant it opens at."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from eventrail.model.problem import Problem, Severity
from eventrail.model.window import Window

FORMAT_VERSION: Final = 3

# Tables hold times as nanoseconds since 1970 in 64 bits.
_YEARS: Final = range(1971, 2261)

_ADDRESS: Final = re.compile(r"\b\w+://[^\s,;)]+")


def _to_utc(time: datetime) -> datetime:
    if time.year not in _YEARS:
        raise ValueError(f"the year must lie between {_YEARS[0]} and {_YEARS[-1]}")
    return time.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
RowCount = Annotated[int, Field(ge=0)]
QueryName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class WindowPart(_Part):
    """The window that was recorded, both ends included."""

    start: Instant
    end: Instant

    @model_validator(mode="after")
    def _in_order(self) -> "WindowPart":
        if self.start > self.end:
            raise ValueError("the window ends before it begins")
        return self


class ProblemPart(_Part):
    """A problem that was met while recording."""

    source: str
    what: str
    remedy: str = ""
    severity: Severity = "warning"

    @classmethod
    def of(cls, problem: Problem) -> "ProblemPart":
        """Take a problem into the manifest, without the addresses of servers: recordings are handed on."""
        source, what, remedy = (
            _ADDRESS.sub("(address)", text) for text in (problem.source, problem.what, problem.remedy)
        )
        return cls(source=source, what=what, remedy=remedy, severity=problem.severity)

    def problem(self) -> Problem:
        """Give it to the reader of the recording; what was an outage then is a gap now."""
        severity: Severity = "warning" if self.severity == "error" else self.severity
        return Problem(self.source, f"when recorded: {self.what}", self.remedy, severity)


class EventsPart(_Part):
    """What events.parquet holds, and what of the source's documents is not in it."""

    rows: RowCount
    documents_read: RowCount
    duplicates: RowCount = 0
    set_aside: RowCount = 0


class MetricPart(_Part):
    """What metrics/<name>.parquet holds. generation: which expression of the catalogue answered."""

    name: QueryName
    rows: RowCount
    generation: str = ""
    problems: tuple[ProblemPart, ...] = ()


class Manifest(_Part):
    """The whole of manifest.json. opening: the instant that pages speak about when the recording is opened."""

    format_version: int
    created_at: Instant
    created_by: str
    description: str = ""
    window: WindowPart
    opening: Instant | None = None
    sources: tuple[str, ...] = ()
    events: EventsPart
    metrics: tuple[MetricPart, ...] = ()
    problems: tuple[ProblemPart, ...] = ()

    @model_validator(mode="after")
    def _opens_inside(self) -> "Manifest":
        if self.opening is not None and not self.window.start <= self.opening <= self.window.end:
            raise ValueError("the opening lies outside the window")
        names = [metric.name for metric in self.metrics]
        if len(names) != len(set(names)):
            raise ValueError("a metric is named twice")
        return self

    @property
    def extent(self) -> Window:
        """The window as the sources speak of it."""
        return Window(self.window.start, self.window.end)

    @property
    def opens_at(self) -> datetime:
        """The marked instant, else the end."""
        return self.opening or self.window.end
