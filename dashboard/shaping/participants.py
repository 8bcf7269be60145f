"""Who takes part in an event, for the drawings of arrows and graphs."""

from typing import Final

import pandas as pd

from eventrail.model.trace import SERVER, StepKind

SERVICE: Final = "service"
QUEUE: Final = "queue"
EXCHANGE: Final = "exchange"
DEFAULT_EXCHANGE: Final = "default exchange"
NAMELESS: Final = "?"


def calls_made(steps: pd.DataFrame) -> pd.DataFrame:
    """Give the calls of the steps, each once, with `caller` and `called` (services) beside the steps' own columns.

    An answer to a call that is there too is the same call, told by the other side.
    """
    calls = steps[steps["kind"] == StepKind.CALL]
    answers = calls["span_kind"] == SERVER
    made = calls[~(answers & calls["parent_id"].isin(calls["id"]))]
    answered = answers[made.index]
    return made.assign(
        caller=made["service"].mask(answered, made["peer_service"]),
        called=made["peer_service"].mask(answered, made["service"]),
    )
