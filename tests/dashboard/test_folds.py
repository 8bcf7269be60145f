"""Big traces: steps alike are one lane, what is open or failed stays single, and a fold can be looked into."""

import pandas as pd
import pytest

from dashboard.shaping import folds
from dashboard.shaping.lines import count_lines, first_lines, found_in, line_table
from dashboard.shaping.waterfall import waterfall
from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.critical_path import critical_path
from eventrail.analysis.folding import fold, members_of
from eventrail.model.events import Outcome
from eventrail.model.folding import Folding
from eventrail.model.trace import Trace
from eventrail.testing.builders import EventBook

CUSTOMERS = 40
FAILED, HELD = 7, 9


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A monthly run that prints a statement for each customer; one jams, one is held."""
    book = EventBook()
    book.publish(0, "run", pod="calendar-1", event_type="month.ended")
    for customer in range(CUSTOMERS):
        wanted, begin = f"wanted-{customer}", 1 + customer / 10
        book.publish(begin, wanted, pod="calendar-1", event_type="statement.wanted")
        book.receive(begin + 0.01, wanted, pod=f"printer-{customer % 3}", queue="printer.wanted")
        if customer == FAILED:
            book.settle(begin + 0.02, wanted, outcome=Outcome.DISCARD, pod=f"printer-{customer % 3}")
        elif customer != HELD:
            book.settle(begin + 0.03, wanted, pod=f"printer-{customer % 3}")
    return assemble_trace("event-1", book.events(), book.time(60))


@pytest.fixture(scope="module")
def folding(trace: Trace) -> Folding:
    return fold(trace.steps, critical_path(trace), budget=10)


def test_a_fold_is_a_lane_that_says_how_many_and_how_long(trace: Trace, folding: Folding) -> None:
    lanes = waterfall(trace, critical_path(trace), folding).lanes
    words = lanes["words"][lanes["detail"] == "steps alike"].tolist()
    assert f"× {CUSTOMERS - 2} · p50 20 ms · p95 20 ms · at most 20 ms · 1 failed, drawn singly" in words


def test_what_is_open_or_failed_is_a_lane_of_its_own_beside_the_fold(trace: Trace, folding: Folding) -> None:
    lanes = waterfall(trace, critical_path(trace), folding).lanes
    loud = lanes[lanes["tone"].isin(["bad", "failed"])]
    assert loud["step_id"].str.contains(f"wanted-{FAILED}|wanted-{HELD}").all()
    assert len(loud) == 2
    assert len(lanes) < 10


def test_bars_of_a_fold_last_from_its_first_to_its_last(trace: Trace, folding: Folding) -> None:
    bars = waterfall(trace, critical_path(trace), folding).bars
    many = bars[bars["many"] & (bars["kind"] == "handle")]
    assert len(many) == 1
    assert many["x1"].iloc[0] > many["x0"].iloc[0]


def test_a_step_is_found_in_the_row_it_is_drawn_in(trace: Trace, folding: Folding) -> None:
    step = "handle:printer.wanted:wanted-3"
    assert folds.row_of(step, trace.steps, folding).startswith("fold:handle:")
    assert folds.row_of("nobody's", trace.steps, folding) == "nobody's"
    assert folds.row_of(step, trace.steps, None) == step


def test_members_of_a_fold_are_listed(trace: Trace, folding: Folding) -> None:
    row = folding.folds[folding.folds["kind"] == "handle"].iloc[0]
    page = members_of(folding, trace.steps, row["id"], limit=2, slowest_first=True)
    assert folds.title(row) == "Deliveries of statement.wanted · printer.wanted"
    listed = folds.members(page, trace.steps, row)
    assert listed.shown == f"1 to 2 of {CUSTOMERS - 2}"
    assert listed.rows["took"].tolist() == ["20 ms", "20 ms"]
    assert listed.rows["pod"].str.startswith("printer-").all()


def test_without_folds_the_drawing_is_that_of_the_steps(trace: Trace) -> None:
    assert len(waterfall(trace, None, fold(trace.steps)).lanes) == len(waterfall(trace).lanes)


def test_lines_are_searched_for_all_words_taken_as_text() -> None:
    book = EventBook()
    book.log(1, "lock (a|b).* taken", pod="cards-1", level="warning")
    book.log(2, "lock freed", pod="cards-2")
    lines = line_table(assemble_trace("event-1", book.events(), book.time(3)))
    assert found_in(lines, "LOCK")["pod"].tolist() == ["cards-1", "cards-2"]
    assert found_in(lines, "lock warning")["pod"].tolist() == ["cards-1"]
    assert found_in(lines, "(a|b).*")["pod"].tolist() == ["cards-1"]
    assert len(found_in(lines, "")) == 2


@pytest.mark.parametrize("most", [1, 7, 40, 10_000])
def test_the_first_lines_are_those_with_which_all_lines_begin(trace: Trace, most: int) -> None:
    everything = line_table(trace)

    pd.testing.assert_frame_equal(first_lines(trace, most), everything.head(most))
    assert count_lines(trace) == len(everything)
