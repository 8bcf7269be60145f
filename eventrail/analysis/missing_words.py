"""What is missing, in a sentence a step."""

from typing import Any

import pandas as pd

from eventrail.model.usual import Expected, PlaceKind, PlaceState
from eventrail.words import age, clock


def missing_sentences(missing: pd.DataFrame) -> tuple[str, ...]:
    """Say each row of MISSING_COLUMNS, in its order.

    "expected statement.created within 2.1 s (p99 of 4,812), nothing for 14 min 02 s; last seen: published to
    ledger.posted, waiting"; "expected … by 09:14:20 UTC …" for one that is not late yet.
    """
    return tuple(_sentence(row) for row in missing.to_dict("records"))


def expectation_words(missing: pd.DataFrame) -> tuple[str, ...]:
    """Say of each row of MISSING_COLUMNS only how soon it usually comes and how long nothing has, in its order.

    "expected within 39 ms (p99 of 990), nothing for 6 min 59 s".
    """
    return tuple(f"expected {_waited(row)}" for row in missing.to_dict("records"))


def _sentence(row: dict[Any, Any]) -> str:
    if row["implied"]:
        return f"no line shows {_hidden(row)}, though what follows from it is there; {_last_seen(row)}"
    return f"expected {_what(row)} {_waited(row)}; {_last_seen(row)}"


def _waited(row: dict[Any, Any]) -> str:
    """Say when it is due, by what, and how long nothing has come."""
    basis = "" if pd.isna(row["expected_seconds"]) else f"{age(row['expected_seconds'])} (p99 of {row['times']:,})"
    if row["age_seconds"] < 0:
        return f"by {clock(row['due'])}, within {basis}"
    return f"within {basis}, nothing for {age(row['nothing_seconds'])}"


def _what(row: dict[Any, Any]) -> str:
    """Name the step: a publish by its event type, a delivery by who is to do what."""
    if row["kind"] == PlaceKind.PUBLISH:
        return _known(row["event_type"])
    done = "to settle" if row["expected"] == Expected.END else "to receive"
    who, event_type = _known(row["service"], "a consumer"), _known(row["event_type"])
    return f"{who} {done} {event_type} from {_known(row['queue'])}"


def _hidden(row: dict[Any, Any]) -> str:
    """Name a step that must have come."""
    event_type = _known(row["event_type"])
    if row["kind"] == PlaceKind.PUBLISH:
        return f"{event_type} being published"
    return f"{_known(row['service'], 'a consumer')} handling {event_type} from {_known(row['queue'])}"


def _last_seen(row: dict[Any, Any]) -> str:
    """Say how far the branch came."""
    if pd.isna(row["last_state"]):
        return "no step before it"
    queue, holder = _known(row["last_queue"]), _holder(row)
    if row["last_kind"] == PlaceKind.PUBLISH:
        failed = row["last_state"] == PlaceState.FAILED
        return f"last seen: {_known(row['last_event_type'])} {'could not be published' if failed else 'published'}"
    error = f" ({row['last_error_type']})" if isinstance(row["last_error_type"], str) else ""
    told = {
        PlaceState.WAITING: f"published to {queue}, waiting",
        PlaceState.RECEIVED: f"received by {holder} from {queue}, no handler has taken it",
        PlaceState.HANDLING: f"being handled by {holder} from {queue}",
        PlaceState.COMPLETE: f"handled and settled by {holder} from {queue}",
        PlaceState.FAILED: f"given up by {holder} from {queue}{error}",
    }
    return f"last seen: {told[PlaceState(row['last_state'])]}"


def _holder(row: dict[Any, Any]) -> str:
    """Name the pod and where it runs."""
    pod = _known(row["last_pod"], "a consumer that no line names")
    return f"{pod} on {row['last_node']}" if isinstance(row["last_node"], str) else pod


def _known(value: Any, otherwise: str = "?") -> str:
    return value if isinstance(value, str) else otherwise
