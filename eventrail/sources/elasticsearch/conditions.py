"""Conditions as Elasticsearch is asked them. Values are values, never syntax.

Each condition lets through at least what it means and sometimes more (a phrase also matches other punctuation, a name
decides less than a type); what comes back is compared again, exactly, with the canonical columns.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from eventrail.model.answers import LogQuery, TagSpan
from eventrail.model.events import Operation, Outcome
from eventrail.model.window import Window
from eventrail.sources.documents import FieldMap
from eventrail.sources.documents.meaning import ACTIONS, OPERATION_NAMES, OPERATION_TYPES, OUTCOMES, SETTLED_BY
from eventrail.sources.elasticsearch.index_fields import IndexField, IndexFields
from eventrail.sources.table_logs import CONDITIONS

Condition = dict[str, Any]

# Dynamic mapping indexes a keyword up to this length (ignore_above); a longer one is found another way.
_KEYWORD_LENGTH_SURE: Final = 256
# Elasticsearch limits the clauses of a query; beyond this the window is read and compared.
_PHRASES_MAX: Final = 500
# It makes an automaton of a beginning or a pattern, and refuses one that is too large.
_BEGINNING_BYTES_MAX: Final = 512
_PATTERN_CHARACTERS_MAX: Final = 64
# Told by several fields together, so asked in ways of their own.
_DECIDED: Final = frozenset({"operations", "outcomes"})
_TAKEN_BACK: Final = frozenset({Outcome.REQUEUE, Outcome.DISCARD})
NOTHING: Final[Condition] = {"match_none": {}}


def fields_of(target: str, field_map: FieldMap, index: IndexFields) -> tuple[IndexField, ...]:
    """Give the fields of the index that may hold a column or signal, the preferred first."""
    return index.among(each.field for each in field_map.of(target))


def within(window: Window, time_path: str) -> Condition:
    """Let through the window. Many indices keep whole milliseconds only, so the start is widened to one."""
    start = window.start - timedelta(microseconds=window.start.microsecond % 1000)
    bounds = {"gte": f"{start:%Y-%m-%dT%H:%M:%S.%f}Z", "lte": f"{window.end:%Y-%m-%dT%H:%M:%S.%f}Z"}
    return {"range": {time_path: {**bounds, "format": "strict_date_optional_time_nanos"}}}


def any_of(fields: Sequence[IndexField], values: Sequence[str]) -> Condition:
    """Let through documents where one of the fields has one of the values."""
    clauses = [clause for field in fields for clause in _has_value(field, values)]
    if sum("match_phrase" in clause for clause in clauses) > _PHRASES_MAX:
        return either([{"exists": {"field": field.path}} for field in fields])
    return either(clauses)


def starting_with(fields: Sequence[IndexField], beginning: str) -> Condition:
    """Let through documents where one of the fields begins so, as far as keywords tell it; a beginning too long to
    be asked for lets nothing through, for it is longer than a keyword may be.
    """
    if len(beginning.encode("utf-8", "replace")) > _BEGINNING_BYTES_MAX:
        return NOTHING
    return either([{"prefix": {path: {"value": beginning}}} for field in fields for path in field.exact])


def holding_words(fields: Sequence[IndexField], text: str) -> Condition:
    """Let through documents where one of the fields holds every word of the text."""
    clauses: list[Condition] = [
        {"match": {field.path: {"query": text, "operator": "and"}}} for field in fields if field.analysed
    ]
    words = text.split()
    for path in (path for field in fields if not field.analysed for path in field.exact):
        parts = [{"wildcard": {path: {"value": _anywhere(word), "case_insensitive": True}}} for word in words]
        clauses.append({"bool": {"filter": parts}})
    return either(clauses)


def telling(operations: Iterable[Operation], field_map: FieldMap, index: IndexFields) -> Condition | None:
    """Let through lines that may tell one of the operations; None when that may be any line."""
    wanted = frozenset(operations)
    if Operation.LOG in wanted:
        return None
    clauses = []
    for signal, meanings in (
        ("action", ACTIONS),
        ("operation_type", OPERATION_TYPES),
        ("operation_name", OPERATION_NAMES),
        ("span_kind", {"client": Operation.CALL, "server": Operation.CALL}),
    ):
        spellings = [word for word, operation in meanings.items() if operation in wanted]
        if spellings:
            capitals = [spelling.upper() for spelling in spellings]
            clauses.append(any_of(fields_of(signal, field_map, index), [*spellings, *capitals]))
    return either(clauses)


def ending(outcomes: Iterable[Outcome], field_map: FieldMap, index: IndexFields) -> Condition | None:
    """Let through lines that may end so; None when that may be any line: a call's end follows from what it lacks."""
    wanted = frozenset(outcomes)
    if wanted & {Outcome.OK, Outcome.ERROR}:
        return None
    clauses = []
    # A nack or a reject alone does not tell whether the message was given back: both are asked for either.
    alike = wanted | (_TAKEN_BACK if wanted & _TAKEN_BACK else frozenset())
    by_name = [word for word, outcome in SETTLED_BY.items() if outcome in alike]
    stated = [word for word, outcome in OUTCOMES.items() if outcome in wanted]
    for signal, spellings in (("outcome", stated), ("operation_name", by_name)):
        if spellings:
            capitals = [spelling.upper() for spelling in spellings]
            clauses.append(any_of(fields_of(signal, field_map, index), [*spellings, *capitals]))
    return either(clauses)


def conditions(query: LogQuery, time_path: str, field_map: FieldMap, index: IndexFields) -> list[Condition]:
    """Give all conditions of a query for log lines."""
    asked = [within(query.window, time_path)]
    for attribute, column in CONDITIONS.items():
        if attribute not in _DECIDED and (values := getattr(query, attribute)):
            asked.append(any_of(fields_of(column, field_map, index), values))
    if query.operations and (told := telling(query.operations, field_map, index)) is not None:
        asked.append(told)
    if query.deliveries:
        asked.append(_of_deliveries(query.deliveries, field_map, index))
    if query.outcomes and (ended := ending(query.outcomes, field_map, index)) is not None:
        asked.append(ended)
    if query.text:
        asked.append(holding_words(fields_of("message", field_map, index), query.text))
    return asked


def _of_deliveries(spans: Sequence[TagSpan], field_map: FieldMap, index: IndexFields) -> Condition:
    """Let through the deliveries of the spans; where tags are no numbers, all deliveries of their channels."""
    channels, tags = (fields_of(name, field_map, index) for name in ("channel_id", "delivery_tag"))
    if not tags or not all(field.numeric for field in tags):
        return any_of(channels, sorted({span.channel_id for span in spans}))
    ranges: dict[str, list[Condition]] = {}
    for span in spans:
        bounds = {"gte": span.first, "lte": span.last}
        ranges.setdefault(span.channel_id, []).extend({"range": {field.path: bounds}} for field in tags)
    return either([{"bool": {"filter": [any_of(channels, [channel]), either(own)]}} for channel, own in ranges.items()])


def either(clauses: Sequence[Condition]) -> Condition:
    """Join conditions by OR; none at all lets nothing through."""
    clauses = [clause for clause in clauses if clause != NOTHING]
    if len(clauses) == 1:
        return clauses[0]
    return {"bool": {"should": list(clauses), "minimum_should_match": 1}} if clauses else NOTHING


def _has_value(field: IndexField, values: Sequence[str]) -> list[Condition]:
    sure = [value for value in values if len(value) <= _KEYWORD_LENGTH_SURE]
    long = [value for value in values if len(value) > _KEYWORD_LENGTH_SURE]
    clauses: list[Condition] = []
    for path in field.exact:
        # A keyword beside a text leaves long values to the text; one by itself may have a longer limit.
        asked = values if path == field.path else sure
        if asked:
            clauses.append({"terms": {path: list(asked)}})
        if long and path == field.path:
            clauses.append({"term": {"_ignored": {"value": path}}})
    if field.analysed:
        clauses += [_phrase(field.path, value) for value in (values if field.alone_in_words else long)]
    if field.numeric:
        clauses += [{"match": {field.path: {"query": value, "lenient": True}}} for value in values]
    return clauses


def _phrase(path: str, value: str) -> Condition:
    if not re.search(r"\w", value):
        # Nothing of it was indexed.
        return {"exists": {"field": path}}
    return {"match_phrase": {path: {"query": value}}}


def _anywhere(word: str) -> str:
    return "*" + re.sub(r"([*?\\])", r"\\\1", word[:_PATTERN_CHARACTERS_MAX]) + "*"
