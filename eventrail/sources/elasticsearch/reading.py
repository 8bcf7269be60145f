"""Reads the documents that a query matches a page at a time, past the 10,000 that one request may give."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from elasticsearch import Elasticsearch

from eventrail.model.problem import Problem
from eventrail.sources.elasticsearch.bodies import PAGE_DOCUMENTS, PIT_KEEP_ALIVE, Body, next_page
from eventrail.sources.elasticsearch.decoding import Decoder, Page, decoded
from eventrail.sources.elasticsearch.faults import FAULTS, partial_answer


@dataclass(slots=True)
class Reader:
    """Asks for pages. Its methods raise faults of the client.

    client: one that gives answers undecoded. problems: what answers lacked, filled while reading.
    """

    client: Elasticsearch
    index: str
    decoder: Decoder
    question: str
    problems: list[Problem] = field(default_factory=list)

    def first(self, body: Body) -> Page:
        """Give the first page of the index as it is now, which is all of most answers."""
        return self._ask(body, self.index)

    def pages(self, body: Body, pit_id: str) -> Iterator[Page]:
        """Give all pages of a point in time, without missing or repeating a document."""
        after: Sequence[Any] | None = None
        while True:
            page = self._ask(next_page(body, pit_id, after), None)
            if page.documents:
                yield page
            if page.documents < body["size"]:
                return
            after, pit_id = page.last_sort, page.pit_id or pit_id

    def in_order(self, body: Body) -> Iterator[Page]:
        """Give all pages one after another, in the order that the body asks for."""
        # A point in time, two requests more, is opened only for what does not fit into one page.
        first = self.first(body)
        if first.documents < body["size"]:
            if first.documents:
                yield first
            return
        pit_id = self.open()
        try:
            yield from self.pages(body | {"size": PAGE_DOCUMENTS}, pit_id)
        finally:
            self.close(pit_id)

    def open(self) -> str:
        """Open a point in time and give its ID."""
        answer: Any = self.client.open_point_in_time(
            index=self.index, keep_alive=PIT_KEEP_ALIVE, allow_partial_search_results=True
        ).body
        return str(decoded(answer)["id"])

    def close(self, pit_id: str) -> None:
        """Close a point in time."""
        try:
            self.client.close_point_in_time(id=pit_id)
        except FAULTS:
            # It ends by itself after PIT_KEEP_ALIVE; what was read is not worth less for it.
            return

    def _ask(self, body: Body, index: str | None) -> Page:
        answer: Any = self.client.search(index=index, body=body).body
        page = self.decoder.page(answer)
        if page.lacking is not None:
            self.problems += [each for each in partial_answer(page.lacking, self.question) if each not in self.problems]
        return page
