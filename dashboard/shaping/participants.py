"""Who takes part in an event, for the drawings of arrows and graphs."""

from typing import Final

import pandas as pd

from eventrail.model.trace import StepKind

SERVICE: Final = "service"
QUEUE: Final = "queue"
EXCHANGE: Final = "exchange"
DEFAULT_EXCHANGE: Final = "default exchange"
NAMELESS: Final = "?"


def calls_made(steps: pd.DataFrame) -> pd.DataFrame:
    """Give the calls of the steps; the called side's own line stands for the same call as the caller's."""
    calls = steps[steps["kind"] == StepKind.CALL]
    return calls[~calls["parent_id"].isin(calls["id"])]
