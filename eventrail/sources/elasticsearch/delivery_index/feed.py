"""The logs in the order in which Elasticsearch took them in: each shard numbers its documents (`_seq_no`).

By time they could not be followed: lines come late, by seconds or by hours.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from eventrail.configuration.sections import ElasticsearchSection
from eventrail.errors import SourceUnavailableError
from eventrail.model.delivery_index import LINE_COLUMNS, Shard, Stretch
from eventrail.model.event_order import IDENTITY_COLUMNS
from eventrail.model.events import CHANNEL_OPERATIONS, DELIVERY_OPERATIONS
from eventrail.sources.documents import convert, field_map
from eventrail.sources.elasticsearch.backend import Backend, UnanswerableError
from eventrail.sources.elasticsearch.conditions import Condition, telling
from eventrail.sources.elasticsearch.delivery_index.shards import list_shards, newest_numbers, preference
from eventrail.sources.elasticsearch.faults import FAULTS, NAME, partial_answer, problem_of
from eventrail.sources.elasticsearch.lines import documents_of

OPERATIONS: Final = (*DELIVERY_OPERATIONS, *CHANNEL_OPERATIONS)
_QUESTION: Final = "following the logs"


class ElasticsearchFeed:
    """LogFeed over the configured index pattern."""

    def __init__(self, section: ElasticsearchSection) -> None:
        """Ask nothing of the server yet. Raises ConfigurationError for a wrong vocabulary map."""
        self._backend: Final = Backend(section, field_map(section.vocabulary))
        self._pattern: Final = section.index

    @property
    def name(self) -> str:
        """As LogFeed.name."""
        return f"{self._pattern} at {self._backend.address}"

    def shards(self) -> tuple[Shard, ...]:
        """As LogFeed.shards."""
        try:
            return list_shards(self._backend.client, self._pattern)
        except FAULTS as fault:
            raise self._unavailable(fault) from fault

    def newest(self, shards: Sequence[Shard]) -> dict[str, int]:
        """As LogFeed.newest."""
        try:
            return newest_numbers(self._backend.client, shards)
        except FAULTS as fault:
            raise self._unavailable(fault) from fault

    def first_since(self, shard: Shard, begin: datetime) -> int | None:
        """As LogFeed.first_since."""
        try:
            path = self._backend.layout(_QUESTION).time_path
            answer = self._search(
                shard,
                {
                    "query": {"bool": {"filter": [_since(path, begin)]}},
                    "size": 0,
                    "aggs": {"first": {"min": {"field": "_seq_no"}}},
                },
            )
        except UnanswerableError as unanswerable:
            raise SourceUnavailableError(str(unanswerable.problem)) from unanswerable
        except FAULTS as fault:
            raise self._unavailable(fault) from fault
        first = answer["aggregations"]["first"]["value"]
        return None if first is None else int(first)

    def read(self, shard: Shard, begin: int, end: int, since: datetime) -> Stretch:
        """As LogFeed.read."""
        try:
            # A line whose field was not known when it was asked for would be left out for ever.
            layout = self._backend.layout(_QUESTION, fresh=True)
            told = telling(OPERATIONS, self._backend.field_map, layout.index)
            wanted = [_since(layout.time_path, since), *([told] if told is not None else [])]
            answer = self._search(shard, _stretch(begin, end, wanted))
        except UnanswerableError as unanswerable:
            raise SourceUnavailableError(str(unanswerable.problem)) from unanswerable
        except FAULTS as fault:
            raise self._unavailable(fault) from fault
        if lacks := partial_answer(answer, _QUESTION):
            # A stretch that is not whole must not count as taken in.
            raise SourceUnavailableError(str(lacks[0]))
        documents, ids = documents_of(answer["hits"]["hits"])
        columns = (*LINE_COLUMNS, *IDENTITY_COLUMNS)
        converted = convert(documents, self._backend.field_map, document_ids=ids, columns=columns)
        events = converted.events
        last = answer["aggregations"]["last"]["value"]
        return Stretch(
            events[events["operation"].isin(OPERATIONS)].reset_index(drop=True),
            int(answer["aggregations"]["documents"]["value"]),
            None if last is None else int(last),
            converted.problems(NAME),
        )

    def _search(self, shard: Shard, body: dict[str, Any]) -> dict[str, Any]:
        found = self._backend.client.search(index=shard.index, preference=preference(shard), body=body)
        return dict(found.body)

    def _unavailable(self, fault: Exception) -> SourceUnavailableError:
        return SourceUnavailableError(str(problem_of(fault, self._backend.asked(_QUESTION))))


def numbered_from(begin: int, end: int | None = None) -> Condition:
    """Let through documents with a number from begin up to end."""
    bounds = {"gte": begin} if end is None else {"gte": begin, "lt": end}
    return {"range": {"_seq_no": bounds}}


def _since(time_path: str, begin: datetime) -> Condition:
    return {
        "range": {time_path: {"gte": f"{begin:%Y-%m-%dT%H:%M:%S.%f}Z", "format": "strict_date_optional_time_nanos"}}
    }


def _stretch(begin: int, end: int, wanted: list[Condition]) -> dict[str, Any]:
    """Ask for the wanted documents of a stretch, and count all that are there: a missing number shows so."""
    return {
        "query": {"bool": {"filter": [numbered_from(begin, end)]}},
        "post_filter": {"bool": {"filter": wanted}},
        "aggs": {"last": {"max": {"field": "_seq_no"}}, "documents": {"value_count": {"field": "_seq_no"}}},
        "sort": ["_doc"],
        "track_total_hits": False,
        "size": end - begin,
    }
