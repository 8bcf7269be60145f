"""MetricSource over Prometheus: the catalogue's queries, each family in one request, side by side."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import Any, Final

import pandas as pd

from eventrail.configuration.sections import PrometheusSection
from eventrail.model.answers import MetricAnswer, MetricRequest, SourceCheck
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.prometheus.connection import connect
from eventrail.sources.prometheus.faults import FAULTS, NAME, problem_of
from eventrail.sources.prometheus.frames import empty_frame, to_frame
from queries.catalogue import Generation, Query, catalogue
from queries.promql import render

REQUESTS_AT_ONCE: Final = 8
# Prometheus refuses a range of more points for a series.
POINTS_MAX: Final = 11_000
# Pages draw no finer than this; a longer window gets a wider step.
POINTS_DRAWN: Final = 720


class PrometheusSource:
    """Metrics of the configured server. Which generation of a query applies is told by the metric names there are."""

    def __init__(self, section: PrometheusSection) -> None:
        """Take the configuration; asks nothing of the server."""
        self._section = section
        self._client = connect(section)
        self._lock = Lock()
        self._names: frozenset[str] | None = None
        self._labels: dict[str, frozenset[str]] = {}

    @property
    def name(self) -> str:
        """In the reader's words."""
        return NAME

    @property
    def address(self) -> str:
        """Where the server is, without credentials."""
        return self._section.url

    def check(self, window: Window) -> SourceCheck:  # noqa: ARG002 - names are kept for as long as the data
        """Say whether it answers, its version, and by which generation each query can be answered."""
        question = "reading the metric names"
        try:
            names = self._metric_names(anew=True)
            version = self._version()
        except FAULTS as fault:
            problem = problem_of(fault, question, self.address)
            return SourceCheck(NAME, self.address, reachable=False, problems=(problem,))
        chosen = {query.name: self._generation(query, names) for query in catalogue().values()}
        found = tuple((name, generation.name) for name, generation in chosen.items() if generation is not None)
        absent = [catalogue()[name] for name, generation in chosen.items() if generation is None]
        missing = [problem for query in absent for problem in self._not_there(query)]
        details = (("metric names", f"{len(names):,}"), *found)
        return SourceCheck(NAME, self.address, True, version, details, tuple(missing))

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        """Answer each request, in order, side by side."""
        if not requests:
            return ()
        try:
            names = self._metric_names()
            if any(catalogue()[request.name].applicable(names, self._label_names) is None for request in requests):
                names = self._metric_names(anew=True)
        except FAULTS as fault:
            problem = problem_of(fault, "reading the metric names", self.address)
            return tuple(self._nothing(request, problem) for request in requests)
        with ThreadPoolExecutor(min(REQUESTS_AT_ONCE, len(requests))) as pool:
            return tuple(pool.map(partial(self._answer, names), requests))

    def _answer(self, names: frozenset[str], request: MetricRequest) -> MetricAnswer:
        query = catalogue()[request.name]
        try:
            generation = self._generation(query, names)
            if generation is None:
                return self._nothing(request, *self._not_there(query))
            result = self._ask(request, query, generation)
            frame = to_frame(result, list(query.columns), generation.labels)
        except FAULTS as fault:
            return self._nothing(request, problem_of(fault, f"reading {query.name}", self.address))
        # A range selector leaves out its own beginning; the step grid may round beyond the end.
        inside = (frame["time"] >= pd.Timestamp(request.window.start)) & (
            frame["time"] <= pd.Timestamp(request.window.end)
        )
        return MetricAnswer(request, frame[inside].reset_index(drop=True), generation.name)

    def _ask(self, request: MetricRequest, query: Query, generation: Generation) -> list[dict[str, Any]]:
        window = request.window
        step_seconds = self._step_seconds(request, query)
        expression = render(
            generation,
            request.labels,
            # A millisecond more, so that a sample at the very start is inside.
            window_seconds=window.seconds + 0.001,
            rate_window_seconds=max(self._section.rate_window_seconds, step_seconds),
        )
        if query.kind != "range":
            result: list[dict[str, Any]] = self._client.custom_query(
                expression, params={"time": f"{window.end.timestamp():.3f}"}
            )
            return result
        length = timedelta(seconds=step_seconds * (POINTS_MAX - 1))
        series: list[dict[str, Any]] = []
        start = window.start
        while start <= window.end:
            end = min(start + length, window.end)
            series += self._client.custom_query_range(expression, start, end, f"{step_seconds:g}")
            start = end + timedelta(seconds=step_seconds)
        return series

    def _step_seconds(self, request: MetricRequest, query: Query) -> float:
        """Give the step asked for, else the query's own, wider for a window with more points than can be drawn."""
        if request.step_seconds is not None:
            return request.step_seconds
        return max(query.step_seconds or 15.0, request.window.seconds / POINTS_DRAWN)

    def _generation(self, query: Query, names: frozenset[str]) -> Generation | None:
        return query.applicable(names, self._label_names)

    def _metric_names(self, *, anew: bool = False) -> frozenset[str]:
        """Give the names of all metrics, asked once, and again when something looked for is not among them."""
        with self._lock:
            if self._names is None or anew:
                self._names = frozenset(self._client.get_label_values("__name__"))
            return self._names

    def _label_names(self, metric: str) -> frozenset[str]:
        """Give the label names of a metric, asked once."""
        if metric not in self._labels:
            self._labels[metric] = frozenset(self._client.get_label_names(params={"match[]": metric}))
        return self._labels[metric]

    def _version(self) -> str:
        """Give the version that the server tells of itself; other servers of this API tell none."""
        told = self._client.custom_query("prometheus_build_info")
        versions = sorted({series["metric"].get("version", "") for series in told} - {""})
        return ", ".join(versions)

    def _not_there(self, query: Query) -> tuple[Problem, ...]:
        if query.absent_is_nothing:
            return ()
        needed = " or ".join(dict.fromkeys(generation.needs[0] for generation in query.generations))
        what = f"{query.name} can't be answered: there is no {needed}"
        return (Problem(NAME, what, "scrape the exporter of it", "info"),)

    def _nothing(self, request: MetricRequest, *problems: Problem) -> MetricAnswer:
        columns = list(catalogue()[request.name].columns)
        return MetricAnswer(request, empty_frame(columns), "", problems)
