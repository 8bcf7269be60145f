"""A recording in memory: what is written into the file and what is read from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from eventrail.model.problem import Problem
from eventrail.model.window import Window


@dataclass(frozen=True, slots=True)
class RecordedMetric:
    """The answer to one query of the catalogue, over the whole window and all labels.

    frame: time (UTC, ns), value, and the query's label columns.
    """

    frame: pd.DataFrame
    generation: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """events: the canonical event table, any order. metrics: query name → its answer.

    documents_read == len(events) + duplicates + set_aside: what the source gave when the recording was made.
    sources: the names of the sources recorded from. opening: the instant it opens at; None: the window's end.
    """

    window: Window
    created_at: datetime
    events: pd.DataFrame
    metrics: Mapping[str, RecordedMetric] = field(default_factory=dict)
    opening: datetime | None = None
    description: str = ""
    sources: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    duplicates: int = 0
    set_aside: int = 0
