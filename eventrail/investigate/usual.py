"""What is usual of a trace's event type: the route, what the trace lacks of it, and its twin."""

from datetime import timedelta
from typing import Final

import pandas as pd

from eventrail.analysis.many import assemble_many
from eventrail.analysis.missing import find_missing
from eventrail.analysis.places import places_of
from eventrail.analysis.twin import find_twin
from eventrail.analysis.usual import learn_usual
from eventrail.investigate.answers import UsualAnswer
from eventrail.investigate.finding import NO_LOGS
from eventrail.investigate.sampling import EventSample, sample_events
from eventrail.investigate.side_by_side import side_by_side
from eventrail.model.answers import TableAnswer
from eventrail.model.events import empty_events
from eventrail.model.problem import Problem
from eventrail.model.trace import Trace
from eventrail.model.usual import ManyEvents, UsualRoute
from eventrail.model.window import Window
from eventrail.sources.ports import LogSource, Sources
from eventrail.words import count

# Events that began so long before and after the trace did are learned from; longer ago, where those are too few.
AROUND_SECONDS: Final = 3600.0
AT_MOST_SECONDS: Final = 24 * 3600.0
# Fewer completed events tell little of what is usual.
FEW_EVENTS: Final = 20
# Enough for a p99 that does not hang on a handful, read in about a second.
EVENTS_MAX: Final = 1_000


def investigate_usual(
    sources: Sources, trace: Trace, *, window: Window | None = None, events_max: int = EVENTS_MAX
) -> UsualAnswer:
    """Learn from completed events of the trace's type what it lacks, and compare it with the nearest of them.

    window: events that began in it are learned from; by default the hour before and after the trace began, up to its
    as_of, and if few completed in it, the day before. events_max: at most so many are read. The trace itself is not
    learned from.
    """
    logs, event_type = sources.logs, trace.event_type
    chosen = window or _around(trace, AROUND_SECONDS)
    if logs is None:
        return _nothing(trace, chosen, NO_LOGS)
    if not event_type:
        what = "no line of the event states an event type, so nothing is known to be usual"
        return _nothing(
            trace, chosen, Problem("trace", what, "log messaging.message.type (docs/log-fields.md)", "info")
        )
    answer = _learned(logs, trace, event_type, chosen, events_max)
    if window is None and answer.usual.events < FEW_EVENTS:
        answer = _learned(logs, trace, event_type, _around(trace, AT_MOST_SECONDS), events_max)
    return answer


def _learned(logs: LogSource, trace: Trace, event_type: str, window: Window, events_max: int) -> UsualAnswer:
    """Answer from the events that began in the window."""
    samples: list[EventSample] = []
    routes: list[TableAnswer] = []
    began = trace.as_of if trace.started is None else trace.started
    side_by_side(
        [
            lambda: samples.append(
                sample_events(logs, event_type, window, around=began, until=trace.as_of, events_max=events_max)
            ),
            lambda: routes.append(logs.routes(window)),
        ]
    )
    sample = samples[0]
    others = sample.lines[sample.lines["correlation_id"] != trace.correlation_id]
    many = assemble_many(others, trace.as_of, routes[0].frame)
    places = places_of(many.steps)
    usual = learn_usual(event_type, many, places)
    return UsualAnswer(
        usual=usual,
        missing=find_missing(trace, usual),
        twin=find_twin(trace, many, usual, places),
        window=window,
        found=sample.found,
        found_more=sample.found_more,
        problems=tuple(dict.fromkeys((*sample.problems, *routes[0].problems, *_doubts(usual, sample, window)))),
    )


def _around(trace: Trace, seconds: float) -> Window:
    """Give the time before the trace began and, up to its as_of, after."""
    end = trace.as_of.ceil("us").to_pydatetime(warn=False)
    began = end if trace.started is None else min(trace.started.to_pydatetime(warn=False), end)
    return Window(began - timedelta(seconds=seconds), min(began + timedelta(seconds=AROUND_SECONDS), end))


def _doubts(usual: UsualRoute, sample: EventSample, window: Window) -> tuple[Problem, ...]:
    """Say what the answer rests on where that is little."""
    if usual.events >= FEW_EVENTS:
        return ()
    span = f"from {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    begin = count(sample.read, "event begins", "events begin")
    what = f"{begin} with {usual.event_type} {span}, of which {usual.events} completed"
    told = "nothing is known to be usual" if not usual.events else "what is usual rests on few"
    return (Problem("usual route", f"{what}: {told}", "choose a longer time window", "info"),)


def _nothing(trace: Trace, window: Window, problem: Problem) -> UsualAnswer:
    """Answer that nothing could be learned."""
    usual = learn_usual(trace.event_type, _no_events(trace.as_of))
    return UsualAnswer(usual, find_missing(trace, usual), None, window, 0, found_more=False, problems=(problem,))


def _no_events(as_of: pd.Timestamp) -> ManyEvents:
    return assemble_many(empty_events(), as_of)
