"""Which rows of an event table say again what an earlier one says."""

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from eventrail.model.event_order import in_order, repeated_rows
from eventrail.model.events import EVENT_COLUMNS, as_events

START = pd.Timestamp("2026-01-31T09:00:00Z")
NAMED_APART = ("document_id", "operation")
TEXTS = [name for name, (kind, _) in EVENT_COLUMNS.items() if kind == "str" and name not in NAMED_APART]

# Lines that differ from each other in one column only, whichever it is; some of processes that count theirs.
kinds_of_line = st.lists(st.tuples(st.sampled_from(TEXTS), st.booleans()), min_size=1, max_size=4)
# Which of them is written, when, and under which document ID it arrived: its own, one of a second sending, or none.
writings = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 1), st.sampled_from(["", "-again", None])), min_size=1, max_size=12
)


@settings(deadline=None)
@given(kinds=kinds_of_line, written=writings)
def test_a_line_that_came_again_is_marked_however_it_came_and_no_other_is(
    kinds: list[tuple[str, bool]], written: list[tuple[int, int, str | None]]
) -> None:
    rows: list[dict[str, Any]] = []
    for choice, seconds, sending in written:
        number = choice % len(kinds)
        column, counted = kinds[number]
        line = {"time": START + pd.Timedelta(seconds=seconds), "operation": "log", column: f"value {number}"}
        if counted:
            line |= {"instance_id": "fraud-1.1", "sequence": number}
        rows.append(line | {"document_id": None if sending is None else f"{number} at {seconds}{sending}"})
    of_line = pd.Series([(choice % len(kinds), seconds) for choice, seconds, _ in written])

    table = as_events(pd.DataFrame(rows, columns=list(EVENT_COLUMNS)))
    ordered = in_order(table)
    marked = repeated_rows(ordered)

    assert marked.sum() == of_line.duplicated().sum()
    kept = ordered[~marked].drop(columns="document_id")
    assert len(kept.drop_duplicates()) == len(kept) == of_line.nunique()
