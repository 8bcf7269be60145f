"""Elasticsearch 8.19 and 9.5 are held to the contract of log sources, under the mappings that people have."""

from collections.abc import Iterator

import pytest

from eventrail.model.answers import LogQuery
from eventrail.sources.elasticsearch import ElasticsearchLogs
from stack.elasticsearch import Elasticsearch
from tests.contract.documents import WINDOW, line
from tests.contract.elasticsearch_subject import DYNAMIC, KEYWORDS, WORDS, ElasticsearchSubject
from tests.contract.log_source_contract import LogSourceContract

pytestmark = pytest.mark.servers


def cleared(subject: ElasticsearchSubject) -> Iterator[ElasticsearchSubject]:
    yield subject
    subject.clear()


class TestElasticsearch8WithDynamicMapping(LogSourceContract):
    excuse_name = "elasticsearch"

    @pytest.fixture
    def subject(self, elasticsearch: Elasticsearch) -> Iterator[ElasticsearchSubject]:
        yield from cleared(ElasticsearchSubject(elasticsearch, DYNAMIC))


class TestElasticsearch8WithKeywords(LogSourceContract):
    excuse_name = "elasticsearch"

    @pytest.fixture
    def subject(self, elasticsearch: Elasticsearch) -> Iterator[ElasticsearchSubject]:
        yield from cleared(ElasticsearchSubject(elasticsearch, KEYWORDS))


class TestElasticsearch8WithBareText(LogSourceContract):
    excuse_name = "elasticsearch"

    @pytest.fixture
    def subject(self, elasticsearch: Elasticsearch) -> Iterator[ElasticsearchSubject]:
        yield from cleared(ElasticsearchSubject(elasticsearch, WORDS))


class TestElasticsearch9WithDynamicMapping(LogSourceContract):
    excuse_name = "elasticsearch"

    @pytest.fixture
    def subject(self, elasticsearch_9: Elasticsearch) -> Iterator[ElasticsearchSubject]:
        yield from cleared(ElasticsearchSubject(elasticsearch_9, DYNAMIC))


class TestRawDocumentsOfElasticsearch:
    """What only an index can do to a document: be deleted, share its ID, lie outside what is configured."""

    @pytest.fixture
    def subject(self, elasticsearch: Elasticsearch) -> Iterator[ElasticsearchSubject]:
        yield from cleared(ElasticsearchSubject(elasticsearch, DYNAMIC))

    def test_a_document_of_another_index_is_not_given(self, subject: ElasticsearchSubject) -> None:
        other = subject.fill("application-secret", [line(1, "secret")])
        secret = ElasticsearchLogs(subject.section(index=other)).read(LogQuery(WINDOW)).events["document_id"].iloc[0]

        raw = subject.make([line(1, "own")]).raw_document(secret)

        assert raw.text == ""
        assert "is not in application-contract-" in raw.problems[0].what

    def test_of_several_indices_the_one_that_the_line_came_from_is_read(self, subject: ElasticsearchSubject) -> None:
        for day in ("01", "02"):
            subject.fill(f"application-raw-{day}", [])
            subject.put(f"application-raw-{day}", "same-id", line(1, f"of day {day}"))
        logs = ElasticsearchLogs(subject.section(index="application-raw-*"))

        assert sorted(logs.read(LogQuery(WINDOW)).events["document_id"]) == [
            "application-raw-01/same-id",
            "application-raw-02/same-id",
        ]
        assert "of day 02" in logs.raw_document("application-raw-02/same-id").text

    def test_a_deleted_index_is_a_problem_with_a_remedy(self, subject: ElasticsearchSubject) -> None:
        subject.fill("application-raw-01", [line(1)])
        subject.fill("application-raw-02", [line(2)])
        logs = ElasticsearchLogs(subject.section(index="application-raw-*"))
        first = logs.read(LogQuery(WINDOW)).events["document_id"].iloc[0]
        subject.delete("application-raw-01")

        raw = logs.raw_document(first)

        assert raw.text == ""
        assert "is not in application-raw-* any more" in raw.problems[0].what
        assert "deleted for its age" in raw.problems[0].remedy
