"""MetricSource over Prometheus: the catalogue's queries, each family in one request, side by side."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any, Final

import pandas as pd

from eventrail.configuration.sections import PrometheusSection
from eventrail.model.answers import MetricAnswer, MetricRequest, SourceCheck
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.prometheus.connection import connect
from eventrail.sources.prometheus.faults import FAULTS, NAME, problem_of
from eventrail.sources.prometheus.frames import empty_frame, to_frame
from eventrail.sources.prometheus.names import KnownNames, Names, spanning
from eventrail.sources.table_metrics import unknown_label
from queries.catalogue import Generation, Query, catalogue
from queries.promql import render

REQUESTS_AT_ONCE: Final = 8
# Prometheus refuses a range of more points for a series.
POINTS_MAX: Final = 11_000
# Pages draw no finer than this; a longer window gets a wider step.
POINTS_DRAWN: Final = 720
_NAMES_QUESTION: Final = "reading the metric names"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PrometheusSource:
    """Metrics of the configured server. Which generation of a query applies is told by the metric names there are."""

    def __init__(self, section: PrometheusSection) -> None:
        """Take the configuration; asks nothing of the server."""
        self._section = section
        self._client = connect(section)
        self._names = KnownNames(self._client)

    @property
    def name(self) -> str:
        """In the reader's words."""
        return NAME

    @property
    def address(self) -> str:
        """Where the server is, without credentials."""
        return self._section.url

    def check(self, window: Window) -> SourceCheck:
        """Say whether it answers, its version, and by which generation each query can be answered."""
        try:
            names = self._names.of(window)
            version = self._version()
            chosen = {query.name: query.applicable(names.metrics, names.labels_of) for query in catalogue().values()}
        except FAULTS as fault:
            problem = problem_of(fault, _NAMES_QUESTION, self.address)
            return SourceCheck(NAME, self.address, reachable=False, problems=(problem,))
        found = tuple((name, generation.name) for name, generation in chosen.items() if generation is not None)
        absent = [catalogue()[name] for name, generation in chosen.items() if generation is None]
        missing = [problem for query in absent for problem in self._not_there(query)]
        details = (("metric names", f"{len(names.metrics):,}"), *found)
        return SourceCheck(NAME, self.address, True, version, details, tuple(missing))

    def read(self, requests: Sequence[MetricRequest]) -> tuple[MetricAnswer, ...]:
        """Answer each request, in order, side by side."""
        if not requests:
            return ()
        try:
            names = self._names.of(spanning([request.window for request in requests]))
        except FAULTS as fault:
            problem = problem_of(fault, _NAMES_QUESTION, self.address)
            return tuple(self._nothing(request, problem) for request in requests)
        with ThreadPoolExecutor(min(REQUESTS_AT_ONCE, len(requests))) as pool:
            return tuple(pool.map(partial(self._answer, names), requests))

    def _answer(self, names: Names, request: MetricRequest) -> MetricAnswer:
        query = catalogue()[request.name]
        unknown = tuple(unknown_label(NAME, request, label) for label in request.labels if label not in query.columns)
        try:
            generation = query.applicable(names.metrics, names.labels_of)
            if generation is None:
                return self._nothing(request, *self._not_there(query))
            expression = self._expression(request, query, generation)
            result = self._ask(request, query, expression)
            frame = to_frame(result, list(query.columns), generation.labels)
        except FAULTS as fault:
            return self._nothing(request, problem_of(fault, f"reading {query.name}", self.address))
        # A range selector leaves out its own beginning; one millisecond more was asked for.
        start, end = pd.Timestamp(request.window.start), pd.Timestamp(request.window.end)
        inside = (frame["time"] >= start) & (frame["time"] <= end)
        return MetricAnswer(request, frame[inside].reset_index(drop=True), generation.name, unknown, expression)

    def _expression(self, request: MetricRequest, query: Query, generation: Generation) -> str:
        return render(
            generation,
            {label: values for label, values in request.labels.items() if label in query.columns},
            # A millisecond more, so that a sample at the very start is inside.
            window_seconds=request.window.seconds + 0.001,
            rate_window_seconds=max(self._section.rate_window_seconds, self._step_seconds(request, query)),
            always=self._section.broker_labels if query.of_broker else None,
        )

    def _ask(self, request: MetricRequest, query: Query, expression: str) -> list[dict[str, Any]]:
        window = request.window
        if query.kind == "range":
            return self._range(expression, window, self._step_seconds(request, query))
        result: list[dict[str, Any]] = self._client.custom_query(expression, params={"time": _seconds(window.end)})
        return result

    def _range(self, expression: str, window: Window, step_seconds: float) -> list[dict[str, Any]]:
        """Ask for a computed series, in as many parts as the server's limit on points wants.

        Points lie at whole multiples of the step, so that a window that moves on shows the same points again.
        """
        step = timedelta(seconds=step_seconds)
        first = math.ceil(Fraction(window.start.timestamp()) / Fraction(step_seconds))
        last = math.floor(Fraction(window.end.timestamp()) / Fraction(step_seconds))
        series: list[dict[str, Any]] = []
        for begin in range(first, last + 1, POINTS_MAX):
            end = min(begin + POINTS_MAX - 1, last)
            start_at, end_at = _EPOCH + begin * step, _EPOCH + end * step
            # The client rounds the times that it is given to seconds, not those among the parameters.
            exact = {"start": _seconds(start_at), "end": _seconds(end_at)}
            series += self._client.custom_query_range(expression, start_at, end_at, f"{step_seconds:g}", params=exact)
        return series

    def _step_seconds(self, request: MetricRequest, query: Query) -> float:
        """Give the step asked for, else the query's own, wider for a window with more points than can be drawn."""
        if request.step_seconds is not None:
            return request.step_seconds
        own = query.step_seconds or 15.0
        return own * max(1, math.ceil(request.window.seconds / POINTS_DRAWN / own))

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


def _seconds(instant: datetime) -> str:
    """Give seconds since 1970, to the millisecond: Prometheus knows nothing finer."""
    return f"{instant.timestamp():.3f}"
