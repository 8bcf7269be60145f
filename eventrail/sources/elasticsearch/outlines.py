"""What an index can count of a question's lines long before they are read."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from eventrail.model.answers import LogQuery
from eventrail.model.problem import Problem
from eventrail.model.progress import Outline
from eventrail.sources.elasticsearch import bodies
from eventrail.sources.elasticsearch.backend import Backend, Layout
from eventrail.sources.elasticsearch.index_fields import IndexField

# Name in the answer → the column or signal that is counted by the first of its fields that can be.
_COUNTED: Final = {"services": "service", "operations": "operation_type"}


def outline(backend: Backend, layout: Layout, query: LogQuery) -> tuple[Outline, tuple[Problem, ...]]:
    """Count the lines that match a query, at least, and what the answer lacks. Raises faults of the client."""
    counted: dict[str, IndexField] = {}
    for name, target in _COUNTED.items():
        fields = layout.index.among(each.field for each in backend.field_map.of(target))
        if (field := next((each for each in fields if each.countable), None)) is not None:
            counted[name] = field
    body = bodies.outline(query, layout.time_path, backend.field_map, layout.index, counted)
    answer, lacks = backend.search(body, "counting an event's lines")
    found: Mapping[str, Any] = answer["aggregations"]
    return (
        Outline(
            lines=answer["hits"]["total"]["value"],
            first=_instant(found["first"]),
            last=_instant(found["last"]),
            **{
                name: tuple((str(bucket["key"]), int(bucket["doc_count"])) for bucket in found[name]["buckets"])
                for name in counted
            },
        ),
        lacks,
    )


def _instant(told: Mapping[str, Any]) -> pd.Timestamp | None:
    milliseconds = told.get("value")
    return None if milliseconds is None else pd.Timestamp(round(milliseconds), unit="ms", tz="UTC").as_unit("ns")
