"""The ledger's lines out of the delivery index, and out of the logs for what is newer than it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from elasticsearch import NotFoundError

from eventrail.configuration.sections import ElasticsearchSection, IndexSection
from eventrail.errors import SourceError
from eventrail.model.answers import LogAnswer
from eventrail.model.delivery_index import STATED_COLUMNS, FactKind, IndexAnswer, OutstandingQuery
from eventrail.model.event_order import in_order
from eventrail.model.events import DELIVERY_OPERATIONS, concat_events
from eventrail.model.index_progress import WorkerProgress, current_at, taken_in_below
from eventrail.sources.documents import field_map
from eventrail.sources.elasticsearch.backend import Backend, UnanswerableError
from eventrail.sources.elasticsearch.bodies import PAGE_DOCUMENTS, Body
from eventrail.sources.elasticsearch.conditions import Condition, either
from eventrail.sources.elasticsearch.delivery_index import progress
from eventrail.sources.elasticsearch.delivery_index.encoding import decode, instant
from eventrail.sources.elasticsearch.delivery_index.hits import Hit, all_hits
from eventrail.sources.elasticsearch.delivery_index.newer import NewerLines, newer_lines
from eventrail.sources.elasticsearch.faults import FAULTS, Asked, problem_of

_QUESTION: Final = "asking the delivery index"
# Elasticsearch takes so many values in a condition (index.max_terms_count).
_VALUES_MAX: Final = 60_000
_NEVER: Final = "9999"


class ElasticsearchDeliveries:
    """DeliveryIndex beside the configured logs. May be used by several threads."""

    def __init__(self, elasticsearch: ElasticsearchSection, section: IndexSection) -> None:
        """Ask nothing of the server yet. Raises ConfigurationError for a wrong vocabulary map."""
        self._backend: Final = Backend(elasticsearch, field_map(elasticsearch.vocabulary))
        self._index: Final = section.name

    @property
    def name(self) -> str:
        """As DeliveryIndex.name."""
        return f"the delivery index {self._index}"

    def outstanding(self, query: OutstandingQuery) -> IndexAnswer:
        """As DeliveryIndex.outstanding."""
        try:
            known = progress.read(self._backend.client, self._index, self._backend.index)
            reached = taken_in_below(known)
            since = _since(known)
            if not reached or since is None:
                return IndexAnswer(unusable=f"{self.name} has not followed the logs yet")
            if query.as_of < since:
                return IndexAnswer(unusable=f"{self.name} holds nothing from before {since:%Y-%m-%d %H:%M:%S} UTC")
            newer = newer_lines(self._backend, reached, query)
            hits = self._deliveries(query, newer)
        except NotFoundError:
            return IndexAnswer(unusable=f"{self.name} is not there; `eventrail index` makes it")
        except UnanswerableError as unanswerable:
            return IndexAnswer(unusable=str(unanswerable.problem))
        except SourceError as error:
            return IndexAnswer(unusable=str(error))
        except FAULTS as fault:
            return IndexAnswer(unusable=str(problem_of(fault, Asked(_QUESTION, self._backend.address, self._index))))
        lines = concat_events([decode([hit["_source"] for hit in hits]), newer.events])
        lines = in_order(lines[lines["time"] <= pd.Timestamp(query.as_of)].reset_index(drop=True))
        answer = LogAnswer(lines, newer.problems, documents_read=len(lines))
        return IndexAnswer(answer, "", current_at(known), len(newer.events), since)

    def _deliveries(self, query: OutstandingQuery, newer: NewerLines) -> list[Hit]:
        """Give the documents of the deliveries asked for, of what else became of their messages, and of what may have
        ended them without a line of their own: channels that were closed, processes that were followed by another.
        """
        as_of = instant(pd.Timestamp(query.as_of))
        ended = {"range": {"settled_at": {"lt": instant(pd.Timestamp(query.ended_since))}}}
        asked = self._documents(FactKind.DELIVERY, as_of, [_of_queues(query.queues)], but_not=[ended])
        unsettled = [hit["_source"] for hit in asked if hit["_source"].get("settled_at", _NEVER) >= as_of]
        delivered = newer.events[newer.events["operation"].isin(DELIVERY_OPERATIONS)]
        messages = _values(unsettled, delivered, "message_id")
        hits = [*asked, *self._having(FactKind.DELIVERY, as_of, "message_id", messages)]
        sources = [hit["_source"] for hit in hits]
        hits += self._having(FactKind.CHANNEL, as_of, "channel_id", _values(sources, delivered, "channel_id"))
        hits += self._having(FactKind.PROCESS, as_of, "pod", _values(sources, delivered, "pod"))
        return list({hit["_id"]: hit for hit in hits}.values())

    def _having(self, kind: FactKind, as_of: str, field: str, values: Sequence[str]) -> list[Hit]:
        """Give the documents of a kind where the field has one of the values."""
        chunks = [values[start : start + _VALUES_MAX] for start in range(0, len(values), _VALUES_MAX)]
        return [hit for chunk in chunks for hit in self._documents(kind, as_of, [{"terms": {field: chunk}}])]

    def _documents(
        self, kind: FactKind, as_of: str, having: Sequence[Condition], but_not: Sequence[Condition] = ()
    ) -> list[Hit]:
        """Give the documents of a kind that began by then and meet the conditions; raises as `all_hits`."""
        begun = [{"term": {"kind": kind.value}}, {"range": {"first_at": {"lte": as_of}}}]
        body: Body = {
            "query": {"bool": {"filter": [*begun, *having], "must_not": list(but_not)}},
            "sort": ["_doc"],
            "_source": ["settled_at", "lines", *STATED_COLUMNS],
            "track_total_hits": False,
            "size": PAGE_DOCUMENTS,
        }
        return all_hits(self._backend.client, self._index, body, _QUESTION)


def _of_queues(queues: Mapping[str, datetime | None]) -> Condition:
    """Let through the deliveries of the queues that lines speak of since each queue's bound."""
    if not queues:
        return {"match_all": {}}
    unbounded = [queue for queue, since in queues.items() if since is None]
    bounded = [
        {
            "bool": {
                "filter": [{"term": {"queue": queue}}, {"range": {"last_at": {"gte": instant(pd.Timestamp(since))}}}]
            }
        }
        for queue, since in queues.items()
        if since is not None
    ]
    return either([*([{"terms": {"queue": unbounded}}] if unbounded else []), *bounded])


def _values(sources: Iterable[Mapping[str, Any]], events: pd.DataFrame, column: str) -> list[str]:
    """Give the values that documents or lines have in a column."""
    found = {source[column] for source in sources if column in source}
    return sorted(found | set(events[column].dropna()))


def _since(known: Sequence[WorkerProgress]) -> datetime | None:
    """Give the latest instant from before which some worker took in nothing."""
    return max((each.since for each in known if each.since is not None), default=None)
