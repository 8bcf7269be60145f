"""A step in a few words. The words of logs in them are as they were logged: who shows them makes them harmless."""

from typing import Any, Final

import pandas as pd

from eventrail.model.trace import SERVER, StepKind, StepState
from eventrail.words import age

MISSING: Final = "–"


def what(step: dict[Any, Any]) -> str:
    """Say what a row of the steps table is: "publish order.placed", "call Limits/Check → limits"."""
    if step["kind"] == StepKind.CALL and step["span_kind"] == SERVER:
        return f"answer {_named(step['call_method'])}"
    if step["kind"] == StepKind.CALL:
        return f"call {_named(step['call_method'])} → {_named(step['peer_service'])}"
    attempt = f" (attempt {step['attempt']})" if pd.notna(step["attempt"]) and step["attempt"] > 1 else ""
    return f"{step['kind']} {_named(step['event_type'])}{attempt}"


def after(start: Any, begin: pd.Timestamp | None) -> str:
    """Say when a step began, counted from `begin`: "+0.123 s"."""
    return MISSING if begin is None or pd.isna(start) else f"+{(start - begin).total_seconds():.3f} s"


def took(step: dict[Any, Any], as_of: pd.Timestamp) -> str:
    """Say how long a step took; of an open one how long it has lasted at `as_of`."""
    if pd.isna(step["start"]) or (pd.isna(step["end"]) and step["state"] == StepState.UNKNOWN):
        return MISSING
    if pd.isna(step["end"]):
        return f"{age((as_of - step['start']).total_seconds())} so far"
    return age((step["end"] - step["start"]).total_seconds())


def _named(value: Any) -> str:
    return MISSING if value is None or pd.isna(value) else str(value)
