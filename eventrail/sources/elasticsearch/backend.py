"""One Elasticsearch as the questions of a log source need it: its layout, searches, and buckets past one page."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from elasticsearch import Elasticsearch

from eventrail.configuration.sections import ElasticsearchSection
from eventrail.model.events import EVENT_COLUMNS
from eventrail.model.problem import Problem
from eventrail.sources.documents import FieldMap, wanted_paths
from eventrail.sources.elasticsearch.bodies import Body, next_buckets
from eventrail.sources.elasticsearch.connection import connect
from eventrail.sources.elasticsearch.decoding import Decoder
from eventrail.sources.elasticsearch.faults import Asked, partial_answer
from eventrail.sources.elasticsearch.index_fields import IndexFields, index_fields, paths_to_ask

# Daily indices bring new fields; asking for every question would double the requests.
_LAYOUT_VALID_SECONDS: Final = 60.0
_FRACTIONAL: Final = tuple(name for name, (kind, _) in EVENT_COLUMNS.items() if kind == "Float64")


@dataclass(frozen=True, slots=True)
class Layout:
    """What the index has. time_path: the field that the window is asked by."""

    index: IndexFields
    time_path: str


class UnanswerableError(Exception):
    """The server answers, but the question cannot be put to this index; carries the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


class Backend:
    """The client with what it learned about the index. Methods raise UnanswerableError and the client's faults."""

    def __init__(self, section: ElasticsearchSection, field_map: FieldMap) -> None:
        """Ask nothing of the server yet."""
        self.client: Final[Elasticsearch] = connect(section)
        self.undecoded: Final[Elasticsearch] = connect(section, undecoded=True)
        self.index: Final = section.index
        self.address: Final = ", ".join(section.url)
        self.field_map: Final = field_map
        self._layout: tuple[float, Layout] | None = None
        self._decoders: dict[frozenset[str], Decoder] = {}

    def asked(self, question: str) -> Asked:
        """Give the words about a request."""
        return Asked(question, self.address, self.index)

    def layout(self, question: str, *, fresh: bool = False) -> Layout:
        """Give the index's fields, at most a minute old; fresh: as they are now."""
        if not fresh and self._layout is not None and time.monotonic() - self._layout[0] < _LAYOUT_VALID_SECONDS:
            return self._layout[1]
        paths = self.field_map.paths(self.field_map.candidates)
        told = self.client.field_caps(
            index=self.index,
            fields=paths_to_ask(paths),
            include_unmapped=True,
            filter_path="indices,fields.*.*.type,fields.*.*.indices",
        )
        index = index_fields(told.body, paths)
        asked = self.asked(question)
        if not index.indices:
            raise UnanswerableError(asked.problem(f"no index is named {self.index}", "correct elasticsearch.index"))
        times = [each for each in index.among(field.field for field in self.field_map.of("time")) if each.time]
        if not times:
            raise UnanswerableError(
                asked.problem(
                    f"{self.index} has no time field of type date",
                    "map `@timestamp` as date or date_nanos, or name the time's field in a vocabulary map",
                )
            )
        layout = Layout(index, times[0].path)
        self._layout = (time.monotonic(), layout)
        self._decoders = {}
        return layout

    def decoder(self, columns: Collection[str]) -> Decoder:
        """Give what decodes documents for the canonical columns; it knows what was seen since the layout was asked."""
        wanted = wanted_paths(self.field_map, columns)
        return self._decoders.setdefault(wanted, Decoder(wanted, self.field_map.paths(_FRACTIONAL)))

    def search(self, body: Body, question: str) -> tuple[Mapping[str, Any], tuple[Problem, ...]]:
        """Give one answer and what it lacks."""
        response = self.client.search(index=self.index, body=body).body
        return response, partial_answer(response, question)

    def buckets(self, body: Body, question: str) -> tuple[list[dict[str, Any]], tuple[Problem, ...]]:
        """Give all buckets of a composite aggregation named `buckets`, however many pages they fill."""
        found: list[dict[str, Any]] = []
        problems: dict[Problem, None] = {}
        while True:
            response, lacks = self.search(body, question)
            problems.update(dict.fromkeys(lacks))
            page = response["aggregations"]["buckets"]
            found += page["buckets"]
            if "after_key" not in page:
                return found, tuple(problems)
            body = next_buckets(body, page["after_key"])
