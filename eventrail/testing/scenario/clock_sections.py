"""The section about clocks."""

from typing import Any, Final

import numpy as np
import pandas as pd

from eventrail.analysis.clocks import clock_bounds
from eventrail.testing.scenario.durations import duration_text
from eventrail.testing.scenario.evaluation import Evaluation
from eventrail.testing.scenario.tables import NOTHING, Table, table_of

CLOCK_CELLS: Final = ("clock", "messages", "at_least", "at_most", "taken_as")


def clocks(evaluation: Evaluation, _arguments: str) -> Table:
    """How far each node's clock is ahead of the first one's, as causes and effects show; "-" where nothing does."""
    bounds = clock_bounds(evaluation.trace.steps)
    table = bounds.clocks.sort_values("clock", key=lambda names: names != bounds.reference, kind="stable")
    columns: dict[str, Any] = {name: table[name] for name in ("clock", "steps", "messages")}
    for name, told in (("at_least", "lower"), ("at_most", "upper"), ("taken_as", "offset")):
        columns[name] = table[f"{told}_seconds"].map(_length)
    columns["contradictory"] = table["contradictory"].map({True: "yes", False: "no"})
    return table_of(columns, CLOCK_CELLS)


def _length(seconds: float) -> str:
    return duration_text(pd.Timedelta(round(seconds * 1e9), unit="ns")) if np.isfinite(seconds) else NOTHING
