"""Clocks of an event, as the page says them."""

from dashboard.shaping.clocks import clock_rows
from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.clocks import clock_bounds
from eventrail.testing.builders import EventBook


def test_a_clock_that_is_wrong_is_told_with_its_bounds() -> None:
    book = EventBook()
    for number in range(3):
        book.publish(number, f"m-{number}", pod="cards-1")
        book.handle(number - 4.99, f"m-{number}", queue="payments", pod="payments-1", node="node-b", held_seconds=0.01)
    rows = clock_rows(clock_bounds(assemble_trace("event-1", book.events(), book.time(60)).steps)).set_index("clock")
    assert rows.loc["node-a", "ahead"] == "the reference"
    assert rows.loc["node-b", "ahead"].startswith("? to −5.0 s")
    assert rows.loc["node-b", "taken"] == "5.0 s behind"
    assert rows["tone"].tolist() == ["plain", "warn"]


def test_clocks_that_agree_are_right() -> None:
    book = EventBook()
    book.publish(0, "m-1", pod="cards-1")
    book.handle(0.01, "m-1", queue="payments", pod="payments-1", node="node-b")
    rows = clock_rows(clock_bounds(assemble_trace("event-1", book.events(), book.time(60)).steps)).set_index("clock")
    assert rows.loc["node-b", "taken"] == "right"
