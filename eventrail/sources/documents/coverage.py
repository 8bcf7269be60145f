"""What a sample of documents shows: which fields were found, and which services lack which, with what that costs."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from eventrail.model.events import DELIVERY_OPERATIONS, MESSAGING_OPERATIONS, Operation
from eventrail.model.problem import Problem
from eventrail.sources.documents.convert import Converted
from eventrail.sources.documents.field_map import FieldMap

# column → on which lines it is expected, and what its absence costs
_EXPECTED: Final[Mapping[str, tuple[tuple[Operation, ...], str]]] = {
    "correlation_id": (MESSAGING_OPERATIONS, "these lines join no trace"),
    "message_id": (
        MESSAGING_OPERATIONS,
        "deliveries are matched by order within queue and correlation ID, as inferred",
    ),
    "event_type": (MESSAGING_OPERATIONS, "flows cannot be told apart by type"),
    "queue": (DELIVERY_OPERATIONS, "these deliveries cannot be compared with the queue's gauge"),
    "outcome": ((Operation.SETTLE,), "an acknowledgement cannot be told from a message given back"),
    "delivery_tag": (DELIVERY_OPERATIONS, "attempts of one message are told apart by time only"),
    "pod": (DELIVERY_OPERATIONS, "who holds a message cannot be said, and not joined with container metrics"),
    "node": (DELIVERY_OPERATIONS, "messages cannot be joined with node metrics"),
}
# Fewer lines than this say little about what a service logs.
_LINES_ENOUGH: Final = 3
# Some lines may rightly lack a field; a service is named when most of its lines do.
_SHARE_PRESENT_MIN: Final = 0.5


def vocabularies_found(converted: Converted, field_map: FieldMap) -> tuple[tuple[str, int], ...]:
    """Give each vocabulary with how many of the sample's fields are its, the best first; those with none left out."""
    used = {field for fields in converted.fields.values() for field in fields}
    counts = []
    for vocabulary in field_map.vocabularies:
        known = {
            each.field for fields in (*vocabulary.columns.values(), *vocabulary.signals.values()) for each in fields
        }
        counts.append((vocabulary.description or vocabulary.name, len(used & known)))
    return tuple(sorted(((name, count) for name, count in counts if count), key=lambda each: -each[1]))


def fields_lacking(events: pd.DataFrame, source: str) -> tuple[Problem, ...]:
    """Say which services lack which column on most of the lines that should have it, one problem a column."""
    if len(events) and not events["operation"].isin([str(operation) for operation in MESSAGING_OPERATIONS]).any():
        what = "no line tells of a message published, delivered or settled, so nothing can be said about messages"
        return (Problem(source, what, "see docs/log-fields.md"),)
    problems = []
    for column, (operations, cost) in _EXPECTED.items():
        lines = events[events["operation"].isin([str(operation) for operation in operations])]
        by_service = lines[column].notna().groupby(lines["service"].fillna("(no service)"))
        shares = by_service.mean()[by_service.size() >= _LINES_ENOUGH]
        lacking = sorted(shares.index[shares < _SHARE_PRESENT_MIN])
        if lacking:
            problems.append(
                Problem(
                    source,
                    f"{', '.join(lacking)}: no {column} on most messaging lines; {cost}",
                    "see docs/log-fields.md",
                )
            )
    return (*problems, *_without_receive(events, source))


def _without_receive(events: pd.DataFrame, source: str) -> tuple[Problem, ...]:
    def services(operation: Operation) -> set[str]:
        return set(events.loc[events["operation"] == str(operation), "service"].dropna())

    missing = sorted(services(Operation.SETTLE) - services(Operation.RECEIVE))
    if not missing:
        return ()
    what = f"{', '.join(missing)}: no receive lines; deliveries in the client's buffer are inferred by queue order"
    return (Problem(source, what, "log a line as each delivery arrives (docs/log-fields.md)", "info"),)
