"""Reads all documents that a query matches, a page at a time, past the 10,000 that one request may give."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from eventrail.model.problem import Problem
from eventrail.sources.elasticsearch.bodies import PAGE_DOCUMENTS, PIT_KEEP_ALIVE, Body, next_page
from eventrail.sources.elasticsearch.faults import FAULTS, partial_answer

Hit = dict[str, Any]


@dataclass(slots=True)
class Pages:
    """An iteration over pages of hits; each document comes once. Raises faults of the client.

    problems: what answers lacked, filled while iterating.
    """

    client: Elasticsearch
    index: str
    body: Body
    question: str
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Sequence[Hit]]:
        """Give the pages."""
        # Most questions fit into one page; a point in time, two requests more, is opened for those that do not.
        first = self._ask(self.body | {"size": self.body["size"]}, index=self.index)
        if len(first) < self.body["size"]:
            if first:
                yield first
            return
        yield from self._in_a_point_in_time()

    def _in_a_point_in_time(self) -> Iterator[Sequence[Hit]]:
        opened = self.client.open_point_in_time(
            index=self.index, keep_alive=PIT_KEEP_ALIVE, allow_partial_search_results=True
        )
        body = self.body | {"size": PAGE_DOCUMENTS}
        pit_id: str = opened["id"]
        try:
            after: Sequence[Any] | None = None
            while True:
                hits = self._ask(next_page(body, pit_id, after))
                if hits:
                    yield hits
                if len(hits) < body["size"]:
                    return
                after = hits[-1]["sort"]
        finally:
            self._close(pit_id)

    def _ask(self, body: Body, index: str | None = None) -> list[Hit]:
        response = self.client.search(index=index, body=body).body
        for problem in partial_answer(response, self.question):
            if problem not in self.problems:
                self.problems.append(problem)
        hits: list[Hit] = response["hits"]["hits"]
        return hits

    def _close(self, pit_id: str) -> None:
        try:
            self.client.close_point_in_time(id=pit_id)
        except FAULTS:
            # It ends by itself after PIT_KEEP_ALIVE; what was read is not worth less for it.
            return
