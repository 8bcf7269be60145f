"""Log lines that the delivery index has not taken in yet, so that its age makes no answer wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from eventrail.errors import SourceError
from eventrail.model.delivery_index import LINE_COLUMNS, OutstandingQuery
from eventrail.model.event_order import IDENTITY_COLUMNS
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS
from eventrail.model.index_progress import ShardPosition
from eventrail.model.problem import Problem
from eventrail.sources.documents import convert
from eventrail.sources.elasticsearch.backend import Backend, Layout
from eventrail.sources.elasticsearch.bodies import PAGE_DOCUMENTS, Body
from eventrail.sources.elasticsearch.conditions import NOTHING, Condition, any_of, either, fields_of, telling
from eventrail.sources.elasticsearch.delivery_index.feed import numbered_from
from eventrail.sources.elasticsearch.delivery_index.shards import list_shards, search_shards
from eventrail.sources.elasticsearch.faults import NAME
from eventrail.sources.elasticsearch.lines import documents_of

_QUESTION: Final = "reading lines newer than the delivery index"


@dataclass(frozen=True, slots=True)
class NewerLines:
    """Delivery lines of the queues asked for and channel lines of any, as the event table."""

    events: pd.DataFrame
    problems: tuple[Problem, ...] = ()


def newer_lines(backend: Backend, reached: Mapping[str, ShardPosition], query: OutstandingQuery) -> NewerLines:
    """Read what each shard took in after the index. Raises SourceError when that is too much, and as `Backend`."""
    layout = backend.layout(_QUESTION)
    wanted = [_until(query, layout.time_path), _of_queues(query, backend, layout)]
    questions = [
        (shard, _page(reached[shard.key].next_number if shard.key in reached else 0, wanted))
        for shard in list_shards(backend.client, backend.index)
    ]
    answers = search_shards(backend.client, questions)
    hits = [hit for answer in answers for hit in answer["hits"]["hits"]]
    if any(len(answer["hits"]["hits"]) == PAGE_DOCUMENTS for answer in answers):
        raise SourceError(f"the delivery index is more than {PAGE_DOCUMENTS:,} lines behind the logs")
    documents, ids = documents_of(hits)
    columns = (*LINE_COLUMNS, *IDENTITY_COLUMNS)
    converted = convert(documents, backend.field_map, document_ids=ids, columns=columns)
    events = converted.events
    of_queue = events["queue"].isin(query.queues) | events["queue"].isna() if query.queues else True
    told = (events["operation"].isin(DELIVERY_OPERATIONS) & of_queue) | events["operation"].isin(CHANNEL_OPERATIONS)
    return NewerLines(events[told].reset_index(drop=True), converted.problems(NAME))


def _page(begin: int, wanted: list[Condition]) -> Body:
    return {
        "query": {"bool": {"filter": [numbered_from(begin), *wanted]}},
        "sort": ["_doc"],
        "track_total_hits": False,
        "size": PAGE_DOCUMENTS,
    }


def _until(query: OutstandingQuery, time_path: str) -> Condition:
    end = f"{query.as_of:%Y-%m-%dT%H:%M:%S.%f}Z"
    return {"range": {time_path: {"lte": end, "format": "strict_date_optional_time_nanos"}}}


def _of_queues(query: OutstandingQuery, backend: Backend, layout: Layout) -> Condition:
    """Let through delivery lines of the queues, or that name none but may be told by their tag, and channel lines."""
    delivering = telling(DELIVERY_OPERATIONS, backend.field_map, layout.index) or NOTHING
    about_channels = telling(CHANNEL_OPERATIONS, backend.field_map, layout.index) or NOTHING
    if not query.queues:
        return either([delivering, about_channels])
    fields = fields_of("queue", backend.field_map, layout.index)
    nameless = {"bool": {"must_not": [{"exists": {"field": field.path}} for field in fields]}}
    of_queue = either([any_of(fields, list(query.queues)), nameless])
    return either([{"bool": {"filter": [delivering, of_queue]}}, about_channels])
