"""Follow one event: its lines, its steps, and what its queues, pods and nodes did meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import pandas as pd

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.clocks import clock_bounds, clock_problems
from eventrail.analysis.corrected import corrected
from eventrail.analysis.critical_path import critical_path
from eventrail.analysis.folding import fold
from eventrail.analysis.forest import forest_of
from eventrail.analysis.sentences import trace_sentence
from eventrail.investigate.answers import TraceAnswer
from eventrail.investigate.finding import NO_LOGS, searched_window
from eventrail.investigate.moment import MomentFound, find_moment
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import LogAnswer, LogQuery, MetricAnswer, MetricRequest, TableAnswer
from eventrail.model.events import CHANNEL_OPERATIONS, concat_events, empty_events
from eventrail.model.progress import OnProgress
from eventrail.model.trace import StepKind, StepState, Trace
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource, Sources

# Curves begin before the event and go on after it, so that what is usual can be seen.
AROUND_SECONDS: Final = 300.0
# Where messages go is learned from the deliveries of so long.
ROUTES_SECONDS: Final = 3600.0
ROUTES_AT_MOST_SECONDS: Final = 24 * 3600.0
QUEUE_METRICS: Final = ("queue_messages_unacked", "queue_messages_ready")
POD_METRICS: Final = ("pod_in_flight", "pod_cpu_cores", "pod_memory_working_set_bytes", "pod_restarts_total")
NODE_METRICS: Final = ("node_cpu_ratio", "node_memory_available_bytes")


def investigate_trace(
    sources: Sources,
    correlation_id: str,
    *,
    now: datetime,
    as_of: datetime | None = None,
    window: Window | None = None,
    correct_clocks: bool = False,
    on_progress: OnProgress | None = None,
) -> TraceAnswer:
    """Assemble the trace of a correlation ID as it stood at `as_of`, with the metrics on its way.

    window: where its lines are looked for; by default the day before, or all of a file. correct_clocks: give the times
    by one clock where causes and effects show that clocks are wrong. on_progress: told how many of its lines are read.
    """
    searched = searched_window(sources, now, window, as_of)
    logs = sources.logs
    if logs is None:
        found = find_moment(sources, now, as_of)
        sentence = trace_sentence(None, correlation_id, _in_words(searched), answered=False)
        return TraceAnswer(found.moment, sentence, correlation_id, searched, None, {}, (*found.problems, NO_LOGS))
    moments: list[MomentFound] = []
    traces: list[tuple[LogAnswer, TableAnswer]] = []
    side_by_side(
        [
            lambda: moments.append(find_moment(sources, now, as_of)),
            lambda: traces.append(read_event(logs, correlation_id, searched, on_progress)),
        ]
    )
    found, (answer, routes) = moments[0], traces[0]
    trace = None
    if len(answer.events):
        trace = trace_of_lines(logs, correlation_id, answer.events, routes.frame, found.moment.as_of)
    answers = _metrics_on_the_way(sources, trace) if trace is not None else ()
    problems = tuple(problem for each in answers for problem in each.problems)
    plain = TraceAnswer(
        moment=found.moment,
        sentence=trace_sentence(trace, correlation_id, _in_words(searched), answered=not _failed(answer)),
        correlation_id=correlation_id,
        searched=searched,
        trace=trace,
        metrics={each.request.name: each.frame for each in answers},
        expressions={each.request.name: each.expression for each in answers if each.expression},
        problems=tuple(dict.fromkeys((*found.problems, *answer.problems, *problems))),
    )
    return plain if trace is None else _with_readings(plain, trace, correct_clocks)


def _with_readings(answer: TraceAnswer, trace: Trace, correct_clocks: bool) -> TraceAnswer:
    """Add what is concluded from the steps: clocks, critical path, which of them are drawn as one."""
    forest = forest_of(trace.steps)
    bounds = clock_bounds(trace.steps, forest=forest)
    shown = trace
    if correct_clocks and len(bounds.wrong):
        shown = corrected(trace, bounds, forest)
        forest = forest_of(shown.steps)
    path = critical_path(shown, forest)
    return replace(
        answer,
        trace=shown,
        problems=tuple(dict.fromkeys((*answer.problems, *clock_problems(bounds)))),
        critical_path=path,
        folding=fold(shown.steps, path, forest=forest),
        clocks=bounds,
        forest=forest,
        corrected=shown is not trace,
    )


def read_event(
    logs: LogSource, correlation_id: str, searched: Window, on_progress: OnProgress | None = None
) -> tuple[LogAnswer, TableAnswer]:
    """Read the event's lines and, side by side, where messages went lately."""
    answers: list[LogAnswer] = []
    routes: list[TableAnswer] = []
    side_by_side(
        [
            lambda: answers.append(logs.read(LogQuery(searched, correlation_ids=(correlation_id,)), on_progress)),
            lambda: routes.append(logs.routes(_lately(searched))),
        ]
    )
    return answers[0], routes[0]


def _lately(searched: Window) -> Window:
    """Give where routes are learned from; it ends with a whole minute, so that a source need not count each time."""
    minute = searched.end.replace(second=0, microsecond=0)
    return Window.before(minute if minute == searched.end else minute + timedelta(minutes=1), ROUTES_SECONDS)


def trace_of_lines(
    logs: LogSource, correlation_id: str, events: pd.DataFrame, routes: pd.DataFrame, as_of: pd.Timestamp
) -> Trace:
    """Assemble what was read; asks further only where that leaves something open.

    Whether a holder's channel or process ended, lines of no event tell. Where messages that nobody received went,
    routes of longer ago may tell. An event that began after the instant up to which all logs are there is shown as its
    own lines tell it.
    """
    at = as_of if (events["time"] <= as_of).any() else events["time"].max()
    trace = assemble_trace(correlation_id, events, at, routes)
    ends = _ends_of_holders(logs, trace)
    if len(ends.events):
        events = concat_events([events, ends.events])
        trace = assemble_trace(correlation_id, events, at, routes)
    trace = replace(trace, warnings=(*trace.warnings, *ends.problems))
    unknown = (trace.steps["kind"] == StepKind.WAIT) & (trace.steps["state"] == StepState.UNKNOWN)
    if not unknown.any():
        return trace
    wider = logs.routes(Window.before(at.ceil("us").to_pydatetime(warn=False), ROUTES_AT_MOST_SECONDS)).frame
    if len(wider) <= len(routes):
        return trace
    again = assemble_trace(correlation_id, events, at, wider)
    return replace(again, warnings=(*again.warnings, *ends.problems))


def _ends_of_holders(logs: LogSource, trace: Trace) -> LogAnswer:
    """Read the lines about the channels of the pods that held what no line settled, while they did."""
    held = trace.steps[trace.steps["state"].isin([StepState.OUTSTANDING, StepState.RETURNED])]
    pods = tuple(sorted(held["pod"].dropna().unique()))
    if not pods:
        return LogAnswer(empty_events())
    start, end = held["start"].min().floor("us"), held["end"].fillna(trace.as_of).max().ceil("us")
    window = Window(start.to_pydatetime(warn=False), max(start, end).to_pydatetime(warn=False))
    return logs.read(LogQuery(window, pods=pods, operations=CHANNEL_OPERATIONS))


def around(trace: Trace) -> Window:
    """Give the window of the curves on the way: from a while before the event to a while after it, or its instant."""
    started = trace.started if trace.started is not None else trace.as_of
    end = min((trace.ended or trace.as_of) + pd.Timedelta(seconds=AROUND_SECONDS), trace.as_of)
    start = started - pd.Timedelta(seconds=AROUND_SECONDS)
    return Window(start.to_pydatetime(warn=False), max(end, started).to_pydatetime(warn=False))


def _metrics_on_the_way(sources: Sources, trace: Trace) -> tuple[MetricAnswer, ...]:
    """Read each family once for all queues, pods and nodes of the trace."""
    if sources.metrics is None or trace.started is None:
        return ()
    request = partial(_request, window=around(trace))
    requests = [
        *(request(name, "queue", trace.steps["queue"]) for name in QUEUE_METRICS),
        *(request(name, "pod", trace.steps["pod"]) for name in POD_METRICS),
        *(request(name, "node", trace.steps["node"]) for name in NODE_METRICS),
    ]
    return sources.metrics.read([one for one in requests if any(one.labels.values())])


def _failed(answer: LogAnswer) -> bool:
    """Say whether the lines could not be asked for at all, so that none does not mean that there are none."""
    return answer.events.empty and any(problem.severity == "error" for problem in answer.problems)


def _request(name: str, label: str, values: "pd.Series[Any]", window: Window) -> MetricRequest:
    """Ask for the series of the values that a trace passed."""
    return MetricRequest(name, window, {label: tuple(sorted(values.dropna().unique()))})


def _in_words(window: Window) -> str:
    """Say a window."""
    return f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
