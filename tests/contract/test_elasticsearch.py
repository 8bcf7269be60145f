"""Elasticsearch 8.19 and 9.5 are held to the contract of log sources, under the mappings that people have."""

from collections.abc import Iterator

import pytest

from stack.elasticsearch import Elasticsearch
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
