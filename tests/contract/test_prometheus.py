"""Prometheus is held to the contract of metric sources."""

from collections.abc import Iterator

import pytest

from tests.contract.metric_source_contract import MetricSourceContract
from tests.contract.prometheus_subject import PrometheusSubject

pytestmark = pytest.mark.servers


class TestPrometheus(MetricSourceContract):
    excuse_name = "prometheus"

    @pytest.fixture(scope="class")
    @classmethod
    def subject(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusSubject]:
        made = PrometheusSubject(tmp_path_factory.mktemp("prometheus"))
        yield made
        made.clear()
