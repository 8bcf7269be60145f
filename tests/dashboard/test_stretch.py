"""The metrics of what is chosen: a step, a fold of many, a step that has not come."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from dashboard.shaping import curves
from dashboard.shaping.details import chosen_step
from dashboard.shaping.expected import EXPECTED_COLUMNS
from dashboard.shaping.stretch import Stretch, of_expected, of_fold, of_step, seen_around
from eventrail.analysis.folding import fold
from eventrail.investigate.tracing import NODE_METRICS, POD_METRICS, QUEUE_METRICS, investigate_trace
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook
from tests.investigate.told import ToldMetrics, told

ON_THE_WAY = (*QUEUE_METRICS, *POD_METRICS, *NODE_METRICS)
NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def printing(customers: int) -> EventBook:
    """A run that prints a statement for each customer, three printers at it."""
    book = EventBook()
    book.publish(0, "run", pod="calendar-1", event_type="month.ended")
    for customer in range(customers):
        begin = 1 + customer / 10
        book.publish(begin, f"w-{customer}", pod="calendar-1", event_type="statement.wanted")
        book.handle(begin + 0.01, f"w-{customer}", queue="printer.wanted", pod=f"printer-{customer % 3}")
    return book


def followed(customers: int) -> tuple[Trace, ToldMetrics]:
    sources = told(printing(customers), {})
    trace = investigate_trace(sources, "event-1", now=NOW).trace
    assert trace is not None
    assert isinstance(sources.metrics, ToldMetrics)
    return trace, sources.metrics


def test_the_queries_do_not_grow_with_the_steps() -> None:
    (small, few), (large, many) = followed(3), followed(300)

    assert len(large.steps) > 50 * len(small.steps)
    assert [request.name for request in few.requests] == [request.name for request in many.requests]
    assert len(many.requests) <= len(ON_THE_WAY) + 1, "one more tells how complete the logs are"


def test_a_fold_lasts_from_its_first_to_its_last_and_has_the_places_of_all_its_members() -> None:
    trace, metrics = followed(300)
    asked = len(metrics.requests)
    folding = fold(trace.steps, budget=10)
    (deliveries,) = folding.folds[folding.folds["kind"] == "handle"].to_dict("records")
    stretch = of_fold(folding, trace.steps, deliveries["id"], trace.as_of)

    handled = trace.steps[trace.steps["kind"] == "handle"]
    assert (stretch.start, stretch.until) == (handled["start"].min(), handled["end"].max())
    assert stretch.names >= {"printer.wanted", "printer-0", "printer-1", "printer-2"}
    assert "calendar-1" not in stretch.names
    assert len(metrics.requests) == asked


def test_a_step_has_its_own_time_and_places() -> None:
    trace, _ = followed(3)
    step = chosen_step(trace, trace.steps.loc[trace.steps["kind"] == "handle", "id"].iloc[0])
    assert step is not None
    assert of_step(step).names == {"printer.wanted", "printer-0", "node-a"}


def test_a_step_that_has_not_come_is_marked_from_when_it_is_waited_for() -> None:
    at = pd.Timestamp(NOW)
    row = pd.Series({"since": at, "due": at + pd.Timedelta(seconds=2), "late": True, "queue": "ledger"})
    assert set(row.index) <= set(EXPECTED_COLUMNS)
    later = at + pd.Timedelta(minutes=6)
    assert of_expected(row, later) == Stretch(at, later, frozenset({"ledger"}))


@pytest.fixture
def panel() -> curves.Panel:
    """Twenty pods, of which the chosen one is the quietest."""
    at = pd.Timestamp(NOW)
    frame = pd.DataFrame({"time": at, "pod": [f"p-{n:02}" for n in range(20)], "value": [float(n) for n in range(20)]})
    (whole,) = curves.whole_panels({"pod_cpu_cores": frame}, {})
    return whole


def test_the_curves_of_what_is_chosen_are_never_left_out(panel: curves.Panel) -> None:
    shown = curves.marked(panel, frozenset({"p-00"}))

    assert [(curve.name, curve.marked) for curve in shown.curves[:2]] == [("p-00", True), ("p-19", False)]
    assert (len(shown.curves), shown.left_out) == (curves.MOST_CURVES, 12)


def test_of_a_long_event_the_curves_are_seen_around_the_step() -> None:
    at, minute = pd.Timestamp(NOW), pd.Timedelta(minutes=1)
    stretch = Stretch(at, at + minute, frozenset())

    assert seen_around(stretch, at - 600 * minute, at + 600 * minute) == (at - 5 * minute, at + 6 * minute)
    assert seen_around(stretch, at - 6 * minute, at + 7 * minute) is None
