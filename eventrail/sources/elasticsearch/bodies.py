"""The bodies of the requests, complete. Pure: tests/queries/golden keeps each as it is sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eventrail.model.answers import LogQuery
from eventrail.model.event_order import IDENTITY_COLUMNS
from eventrail.model.events import DELIVERY_OPERATIONS, Operation
from eventrail.model.summaries import ROUTE_KEYS
from eventrail.model.window import Window
from eventrail.sources.documents import FieldMap
from eventrail.sources.elasticsearch.conditions import (
    NOTHING,
    Condition,
    any_of,
    conditions,
    either,
    fields_of,
    holding_words,
    starting_with,
    telling,
    within,
)
from eventrail.sources.elasticsearch.index_fields import IndexField, IndexFields
from eventrail.sources.table_logs import CONDITIONS

Body = dict[str, Any]

# index.max_result_window, unless somebody changed it: the most that one request may ask for.
PAGE_DOCUMENTS: Final = 10_000
# Most questions have fewer answers than this; more are read side by side, in pages that a server makes and a
# processor's cache holds well.
FIRST_DOCUMENTS: Final = 1_000
SLICE_PAGE_DOCUMENTS: Final = 2_500
BUCKETS_PAGE: Final = 1_000
OUTLINE_NAMES: Final = 100
PIT_KEEP_ALIVE: Final = "1m"

# What the summaries need of a document, as columns.
FRESHNESS_COLUMNS: Final = ("service", "pod", "node")
ACTIVITY_COLUMNS: Final = ("service", "level")
POD_COLUMNS: Final = ("service", "pod")
ROUTE_COLUMNS: Final = (*ROUTE_KEYS, "operation")
TALLY_COLUMNS: Final = ("vhost", "channel_id", "operation")
PROCESS_KEYS: Final = ("vhost", "pod", "instance_id")
# The name under which a bucket of the tally says its block; no field is called so.
BLOCK: Final = " block"
# A column that is decided from signals is counted by these.
_SIGNALS_OF: Final = {"operation": ("operation_type", "operation_name")}


def read_all(query: LogQuery, time_path: str, field_map: FieldMap, index: IndexFields) -> Body:
    """Ask for all lines of a query, in whatever order is cheapest; they are ordered afterwards."""
    return {
        "query": {"bool": {"filter": conditions(query, time_path, field_map, index)}},
        "sort": ["_doc"],
        "_source": _wanted(query, field_map),
        "track_total_hits": True,
        "size": FIRST_DOCUMENTS,
    }


def read_ends(query: LogQuery, time_path: str, field_map: FieldMap, index: IndexFields) -> Body:
    """Ask for the oldest lines of a query, or the newest, by time."""
    order = "desc" if query.newest_first else "asc"
    by_time = {"order": order, "numeric_type": "date_nanos", "format": "strict_date_optional_time_nanos"}
    wanted = PAGE_DOCUMENTS if query.limit is None else query.limit + 1
    return read_all(query, time_path, field_map, index) | {
        "sort": [{time_path: by_time}],
        "track_total_hits": False,
        "size": min(PAGE_DOCUMENTS, max(wanted, 100)),
    }


def outline(
    query: LogQuery, time_path: str, field_map: FieldMap, index: IndexFields, counted: Mapping[str, IndexField]
) -> Body:
    """Ask what can be counted of a query's lines without reading them. counted: name → field to count by."""
    aggregations: Body = {"first": {"min": {"field": time_path}}, "last": {"max": {"field": time_path}}}
    for name, field in counted.items():
        aggregations[name] = {"terms": {"field": field.exact[0], "size": OUTLINE_NAMES}}
    return {
        "query": {"bool": {"filter": conditions(query, time_path, field_map, index)}},
        "size": 0,
        "track_total_hits": True,
        "aggs": aggregations,
    }


def slice_of(body: Body, time_path: str, number: int, slices: int) -> Body:
    """Ask for one of several parts of about equal size, in whatever order is cheapest to go on in.

    Documents are dealt out by their time: by their place in the index, an event's would all be in one part.
    """
    part = body | {"sort": ["_shard_doc"], "track_total_hits": False, "size": SLICE_PAGE_DOCUMENTS}
    return part | {"slice": {"field": time_path, "id": number, "max": slices}} if slices > 1 else part


def next_page(body: Body, pit_id: str, after: Sequence[Any] | None) -> Body:
    """Ask for the page of a point in time that comes after the given sort values; None: the first."""
    paged = body | {"pit": {"id": pit_id, "keep_alive": PIT_KEEP_ALIVE}}
    if after is not None:
        paged["search_after"] = list(after)
    return paged


def freshness(window: Window, time_path: str, field_map: FieldMap, index: IndexFields, *, wide: bool) -> Body:
    """Ask for each pod's newest line and its counts. wide: see `counted_by`."""
    heartbeat = telling((Operation.HEARTBEAT,), field_map, index) or NOTHING
    newest = {"size": 1, "sort": [{time_path: {"order": "desc"}}], "_source": _source(FRESHNESS_COLUMNS, field_map)}
    inner = {"newest": {"top_hits": newest}, "heartbeats": {"filter": heartbeat}}
    return _buckets([within(window, time_path)], counted_by(POD_COLUMNS, field_map, index, wide=wide), inner)


def activity(window: Window, time_path: str, field_map: FieldMap, index: IndexFields, *, wide: bool) -> Body:
    """Ask for the number of lines by service and level. wide: see `counted_by`."""
    return _buckets([within(window, time_path)], counted_by(ACTIVITY_COLUMNS, field_map, index, wide=wide))


def routes(window: Window, time_path: str, field_map: FieldMap, index: IndexFields, *, wide: bool) -> Body:
    """Ask for the number of delivery lines by route and operation. wide: see `counted_by`."""
    told = telling(DELIVERY_OPERATIONS, field_map, index)
    asked = [within(window, time_path), *([told] if told is not None else [])]
    return _buckets(asked, counted_by(ROUTE_COLUMNS, field_map, index, wide=wide))


def tally(query: LogQuery, width: int, time_path: str, field_map: FieldMap, index: IndexFields, *, wide: bool) -> Body:
    """Ask for the number of lines of a query by channel, operation and block of delivery tags, and the tags' sum.

    The index must have the tag as a number. wide: see `counted_by`.
    """
    tag = fields_of("delivery_tag", field_map, index)[0].path
    body = _buckets(
        conditions(query, time_path, field_map, index),
        counted_by(TALLY_COLUMNS, field_map, index, wide=wide),
        {"tag_sum": {"sum": {"field": tag}}},
    )
    composite = body["aggs"]["buckets"]["composite"]
    blocks = {BLOCK: {"histogram": {"field": tag, "interval": width, "missing_bucket": True}}}
    composite |= {"size": PAGE_DOCUMENTS, "sources": [*composite["sources"], blocks]}
    return body


def processes(query: LogQuery, time_path: str, field_map: FieldMap, index: IndexFields, *, wide: bool) -> Body:
    """Ask when each process first spoke among the lines of a query. wide: see `counted_by`."""
    first = {"first": {"min": {"field": time_path}}}
    asked = conditions(query, time_path, field_map, index)
    return _buckets(asked, counted_by(PROCESS_KEYS, field_map, index, wide=wide), first)


def counted_by(
    columns: Sequence[str], field_map: FieldMap, index: IndexFields, *, wide: bool
) -> dict[str, list[IndexField]]:
    """Give the fields of the index to count the columns by.

    Each field costs time for every line, and where the preferred field of a column is always there, no other is
    needed. So the narrow question has one field a column, and the wide one, asked when that was missing, has all.
    """
    found = {
        column: [
            field for target in _SIGNALS_OF.get(column, (column,)) for field in fields_of(target, field_map, index)
        ]
        for column in columns
    }
    return {column: fields if wide else fields[:1] for column, fields in found.items()}


def find(
    text: str,
    window: Window,
    limit: int,
    time_path: str,
    field_map: FieldMap,
    index: IndexFields,
    *,
    correlation: IndexField,
    before: Sequence[IndexField],
) -> Body:
    """Ask which events match, newest first, by one of the fields that may hold the correlation ID.

    before: fields preferred to it; where a document has one of them, that one counts.
    """
    ways = ways_to_find(text, field_map, index)
    asked = [within(window, time_path), {"exists": {"field": correlation.exact[0]}}, either(list(ways.values()))]
    newest = {"size": 1, "sort": [{time_path: {"order": "desc"}}], "_source": _source(("correlation_id",), field_map)}
    events = {
        "terms": {"field": correlation.exact[0], "size": limit, "order": {"latest": "desc"}},
        "aggs": {
            "latest": {"max": {"field": time_path}},
            "newest": {"top_hits": newest},
            "ways": {"filters": {"filters": ways}},
        },
    }
    return {
        "query": {"bool": {"filter": asked, "must_not": [{"exists": {"field": each.path}} for each in before]}},
        "size": 0,
        "track_total_hits": False,
        "aggs": {"events": events},
    }


def find_lines(
    text: str, window: Window, time_path: str, field_map: FieldMap, index: IndexFields, ignored: Sequence[str]
) -> Body:
    """Ask for the newest lines that match; `ignored`: instead for those where one of these keywords was left out for
    its length, which no condition on it can find.
    """
    matching = (
        [{"terms": {"_ignored": list(ignored)}}] if ignored else list(ways_to_find(text, field_map, index).values())
    )
    return {
        "query": {"bool": {"filter": [within(window, time_path), either(matching)]}},
        "sort": [{time_path: {"order": "desc"}}],
        "track_total_hits": False,
        "size": PAGE_DOCUMENTS,
    }


def ways_to_find(text: str, field_map: FieldMap, index: IndexFields) -> dict[str, Condition]:
    """Give the conditions by which an event is found, in the order of precedence (table_summaries.MATCHED)."""
    correlation = fields_of("correlation_id", field_map, index)
    return {
        "correlation ID": either([starting_with(correlation, text), any_of(correlation, [text])]),
        "message ID": any_of(fields_of("message_id", field_map, index), [text]),
        "event type": any_of(fields_of("event_type", field_map, index), [text]),
        "service": any_of(fields_of("service", field_map, index), [text]),
        "text": holding_words(fields_of("message", field_map, index), text),
    }


def sample(window: Window, time_path: str, documents: int) -> Body:
    """Ask for the newest lines, whole, and how many there are."""
    return {
        "query": {"bool": {"filter": [within(window, time_path)]}},
        "sort": [{time_path: {"order": "desc"}}],
        "track_total_hits": True,
        "size": documents,
    }


def next_buckets(body: Body, after: dict[str, Any]) -> Body:
    """Ask for the buckets after the given one."""
    buckets = body["aggs"]["buckets"]
    composite = {**buckets["composite"], "after": after}
    return body | {"aggs": {"buckets": {**buckets, "composite": composite}}}


def _buckets(asked: list[Condition], columns: Mapping[str, Sequence[IndexField]], inner: Body | None = None) -> Body:
    paths = {field.path: field.exact[0] for fields in columns.values() for field in fields}
    sources = [{path: {"terms": {"field": exact, "missing_bucket": True}}} for path, exact in paths.items()]
    buckets: Body = {"composite": {"size": BUCKETS_PAGE, "sources": sources}}
    if inner:
        buckets["aggs"] = inner
    return {
        "query": {"bool": {"filter": asked}},
        "size": 0,
        "track_total_hits": False,
        "aggs": {"buckets": buckets},
    }


def _wanted(query: LogQuery, field_map: FieldMap) -> Any:
    """Give the source filter: everything, where every column is wanted. (Filtering costs the server more than it
    saves when most of a document is wanted anyway.)
    """
    if not query.columns:
        return True
    return _source((*query.columns, *IDENTITY_COLUMNS, *_conditioned(query)), field_map)


def _conditioned(query: LogQuery) -> list[str]:
    return [column for attribute, column in CONDITIONS.items() if getattr(query, attribute)]


def _source(columns: Sequence[str], field_map: FieldMap) -> list[str]:
    return sorted(field_map.paths(field_map.needed_for((*columns, "time"))))
