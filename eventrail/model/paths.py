"""The critical path: the steps, and the part of each, that determine when an event ended."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pandas as pd

from eventrail.model.table import TIME_TYPE, Schema


class PathPart(StrEnum):
    """What went on in a section of the critical path."""

    PUBLISH = "publish"  # an instant
    WAIT = "wait"  # in the queue
    RECEIVED = "received"  # in the consumer's process, no handler has taken it
    HANDLE = "handle"  # in the handler itself, its calls left out
    CALL = "call"
    BETWEEN = "between"  # the step's cause had ended, it had not begun


# column → (pandas type, meaning). One row a section, in order of time; each begins where the one before it ends.
PATH_COLUMNS: Final[Schema] = {
    "step_id": ("str", "the step; of a section between two steps: the later one"),
    "part": ("str", "one of PathPart"),
    "start": (TIME_TYPE, "begin of the section"),
    "end": (TIME_TYPE, "end of the section; for an open step: the instant the trace speaks about"),
    "seconds": ("float64", "length"),
}


@dataclass(frozen=True, slots=True)
class CriticalPath:
    """What an event's end hung on.

    sections: PATH_COLUMNS; a step whose calls are on the path has several. open: it leads to a step that goes on.
    started, ended: where the path begins and ends; None without steps. The sections fill the time between exactly.
    """

    sections: pd.DataFrame
    started: pd.Timestamp | None
    ended: pd.Timestamp | None
    open: bool

    @property
    def step_ids(self) -> tuple[str, ...]:
        """The steps on the path, in order of their first section."""
        return tuple(self.sections["step_id"].unique())

    @property
    def seconds(self) -> float:
        """How long the path is."""
        return 0.0 if self.started is None or self.ended is None else (self.ended - self.started).total_seconds()
