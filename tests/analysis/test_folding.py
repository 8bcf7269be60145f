"""Big traces in few rows, with nothing lost."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventrail.analysis.assemble import assemble_trace
from eventrail.analysis.critical_path import critical_path
from eventrail.analysis.folding import fold, members_of
from eventrail.analysis.forest import forest_of
from eventrail.model.events import Outcome
from eventrail.model.folding import FOLD_COLUMNS, Folding, FoldLevel
from eventrail.model.paths import PATH_COLUMNS, CriticalPath
from eventrail.model.table import conform
from eventrail.model.trace import STEP_COLUMNS, StepState, Trace
from eventrail.testing.builders import EventBook

BEGAN = pd.Timestamp("2026-01-31T09:00:00Z")
ALWAYS = {StepState.FAILED, StepState.OUTSTANDING, StepState.WAITING}


def statements(customers: int) -> EventBook:
    """Let a monthly run publish for each customer, a printer print each in 10 ms and more, and mail send it on.

    Customer 0 comes last of all: the printer takes 10 s for it.
    """
    book = EventBook()
    book.publish(0, "run", pod="calendar-1", event_type="month.ended")
    book.handle(0.1, "run", queue="statements.month-ended", pod="statements-1", held_seconds=1.0)
    for customer in range(customers):
        wanted, printed = f"wanted{customer}", f"printed{customer}"
        begin, held = 0.2 + customer / 1000, 10.0 if customer == 0 else 0.01 + customer / 10000
        pod = f"printer-{customer % 3}"
        book.publish(begin, wanted, pod="statements-1", event_type="statement.wanted", causation_id="run")
        book.handle(begin + 0.1, wanted, queue="printer.statement-wanted", pod=pod, held_seconds=held)
        book.publish(begin + 0.105, printed, pod=pod, event_type="statement.printed", causation_id=wanted)
        book.handle(begin + 0.2, printed, queue="mail.statement-printed", pod="mail-1", held_seconds=0.02)
    return book


def assemble(book: EventBook) -> Trace:
    return assemble_trace("event-1", book.events(), book.time(60))


def drawing(folding: Folding) -> list[str]:
    """Say each row, indented by its causes: who does what, how often."""

    def line(row: int) -> str:
        it = folding.rows.iloc[row]
        above, depth = int(it["parent_row"]), 0
        while above >= 0:
            above, depth = int(folding.rows["parent_row"].iloc[above]), depth + 1
        place = it["service"] if pd.isna(it["queue"]) else it["queue"]
        return f"{' ' * depth}{it['kind']} {place}" + (f" × {it['members']:,}" if it["members"] > 1 else "")

    return [line(row) for row in range(len(folding.rows))]


def test_a_trace_within_the_budget_is_drawn_step_by_step() -> None:
    trace = assemble(statements(20))

    folding = fold(trace.steps)

    assert folding.level is FoldLevel.NOTHING
    assert folding.drawn == "drawn: all 123 steps"
    assert folding.rows["id"].to_list() == trace.steps["id"].to_list()
    assert folding.row_of_step.tolist() == list(range(123))
    parents = folding.rows["id"].reindex(folding.rows["parent_row"])
    assert parents.fillna("").to_list() == trace.steps["parent_id"].fillna("").to_list()


def test_siblings_of_one_shape_are_one_row_down_the_levels_and_the_critical_path_stays() -> None:
    trace = assemble(statements(500))

    folding = fold(trace.steps, critical_path(trace), budget=100)

    assert folding.level is FoldLevel.SIBLINGS
    assert folding.drawn == "drawn: 15 rows of 3,003 steps"
    assert drawing(folding) == [
        "publish calendar",
        " wait statements.month-ended",
        "  handle statements.month-ended",
        "   publish statements",  # customer 0's, which the event's end hung on
        "    wait printer.statement-wanted",
        "   publish statements × 499",
        "    wait printer.statement-wanted × 499",
        "     handle printer.statement-wanted",
        "     handle printer.statement-wanted × 499",
        "      publish printer",  # what customer 0's handling published: nobody else's sibling
        "       wait mail.statement-printed",
        "      publish printer × 499",
        "       wait mail.statement-printed × 499",
        "        handle mail.statement-printed",
        "        handle mail.statement-printed × 499",
    ]
    assert folding.always == 6


def test_a_fold_tells_how_long_its_members_took_and_when() -> None:
    trace = assemble(statements(500))

    folding = fold(trace.steps, critical_path(trace), budget=100)

    printed = folding.folds.query("queue == 'printer.statement-wanted' and kind == 'handle'").iloc[0]
    held = np.array([0.01 + customer / 10000 for customer in range(1, 500)])
    assert printed["p50_seconds"] == pytest.approx(np.quantile(held, 0.5))
    assert printed["p95_seconds"] == pytest.approx(np.quantile(held, 0.95))
    assert printed["max_seconds"] == pytest.approx(held.max())
    began = trace.steps["start"].min()
    assert (printed["start"] - began).total_seconds() == pytest.approx(0.301)
    assert (printed["end"] - began).total_seconds() == pytest.approx(0.2 + 0.499 + 0.1 + held[-1])


def test_failed_and_open_steps_are_rows_of_their_own_and_told_beside_their_fold() -> None:
    book = statements(300)
    for customer, outcome in ((400, Outcome.DISCARD), (401, Outcome.DISCARD), (402, None)):
        wanted = f"wanted{customer}"
        book.publish(1.0, wanted, pod="statements-1", event_type="statement.wanted", causation_id="run")
        book.receive(1.1, wanted, queue="printer.statement-wanted", pod="printer-1")
        if outcome is not None:
            book.settle(1.2, wanted, outcome, pod="printer-1", error_type="OutOfPaper")
    trace = assemble(book)

    folding = fold(trace.steps, budget=100)

    handles = folding.rows.query("queue == 'printer.statement-wanted' and kind == 'handle'")
    told = handles[["members", "state", "failed_beside", "open_beside"]].to_numpy().tolist()
    assert told == [[300, "complete", 2, 1], [1, "failed", 0, 0], [1, "failed", 0, 0], [1, "outstanding", 0, 0]]
    assert np.isnan(handles["p50_seconds"].iloc[3])
    assert folding.rows["failed_beside"].sum() == 2
    assert folding.rows["open_beside"].sum() == 1


def test_what_was_given_back_is_folded_only_when_rows_are_too_many_and_never_with_what_was_done() -> None:
    book = statements(300)
    for customer in range(0, 300, 2):
        retried = f"retried{customer}"
        book.publish(2.0, retried, pod="statements-1", event_type="statement.wanted", causation_id="run")
        book.receive(2.1, retried, queue="printer.statement-wanted", pod="printer-1")
        book.settle(2.2, retried, Outcome.REQUEUE, pod="printer-1")
        book.handle(2.3, retried, queue="printer.statement-wanted", pod="printer-1")
    trace = assemble(book)

    fine, coarse = fold(trace.steps, budget=1_000), fold(trace.steps, budget=30)

    assert (fine.level, coarse.level) == (FoldLevel.SIBLINGS, FoldLevel.ROUTES)
    assert (fine.rows["state"] == "requeued").sum() == 150
    requeued = coarse.rows[coarse.rows["state"] == "requeued"]
    assert requeued["members"].to_list() == [150]
    retries = coarse.rows[coarse.rows["parent_row"] == requeued.index[0]]
    assert retries[["kind", "members"]].to_numpy().tolist() == [["wait", 150]]


def test_a_chain_that_nothing_folds_by_siblings_folds_by_kind() -> None:
    book = EventBook()
    for hop in range(400):
        service, message = ("ping", "pong")[hop % 2], f"m{hop}"
        book.publish(hop, message, pod=f"{service}-1", event_type="ball", causation_id=f"m{hop - 1}" if hop else None)
        other = ("pong", "ping")[hop % 2]
        book.handle(hop + 0.1, message, queue=f"{other}.ball", pod=f"{other}-1", held_seconds=1.5)
    trace = assemble_trace("event-1", book.events(), book.time(1000))

    folding = fold(trace.steps, budget=100)

    assert folding.level is FoldLevel.KINDS
    assert drawing(folding) == [
        "publish ping × 200",
        " wait pong.ball × 200",
        "  handle pong.ball × 200",
        "   publish pong × 200",
        "    wait ping.ball × 200",
        "     handle ping.ball × 200",
    ]


def test_a_fold_opens_page_by_page_in_order_or_slowest_first() -> None:
    trace = assemble(statements(500))
    folding = fold(trace.steps, critical_path(trace), budget=100)
    printed = folding.folds.query("queue == 'printer.statement-wanted' and kind == 'handle'")
    row_id, row = str(printed["id"].iloc[0]), int(printed.index[0])

    first = members_of(folding, trace.steps, row_id, limit=200)
    last = members_of(folding, trace.steps, row_id, offset=400, limit=200)
    slowest = members_of(folding, trace.steps, row_id, limit=1, slowest_first=True)

    assert (first.shown, first.rest, last.shown, last.rest) == ("1 to 200 of 499", 299, "401 to 499 of 499", 0)
    assert first.rows["id"].iloc[0] == "handle:printer.statement-wanted:wanted1"
    assert slowest.rows["id"].to_list() == ["handle:printer.statement-wanted:wanted499"]
    assert (first.rows["parent_row"] == row).all()
    assert (first.rows["members"] == 1).all()
    assert members_of(folding, trace.steps, row_id, offset=900).shown == "none of 499"
    with pytest.raises(KeyError, match="no row 'fold:gone'"):
        members_of(folding, trace.steps, "fold:gone")


def test_a_trace_without_steps_has_no_rows() -> None:
    folding = fold(conform({}, STEP_COLUMNS), budget=0)

    assert folding.drawn == "nothing to draw: there are no steps"
    assert list(folding.rows.columns) == list(FOLD_COLUMNS)


# Few kinds, so that many steps are alike; any state; causes before or after, missing, in circles; ends before starts.
DRAWN_STEPS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 39)),
        st.sampled_from(["wait", "handle"]),
        st.sampled_from(["complete", "complete", "complete", "requeued", "failed", "outstanding"]),
        st.one_of(st.none(), st.integers(-1, 3)),
        st.booleans(),
    ),
    max_size=40,
)
DrawnSteps = list[tuple[int | None, str, str, int | None, bool]]


def tables(drawn: DrawnSteps) -> tuple[pd.DataFrame, CriticalPath]:
    """Make a steps table, with the columns that folding needs, and a path of the steps drawn to be on it."""
    length = pd.to_timedelta(pd.Series([ended for *_, ended, _ in drawn], dtype="float64"), unit="s")
    texts = {
        "id": [f"s{number}" for number in range(len(drawn))],
        "parent_id": [None if cause is None else f"s{cause}" for cause, *_ in drawn],
        "kind": [kind for _, kind, *_ in drawn],
        "state": [state for _, _, state, *_ in drawn],
        **dict.fromkeys(("service", "queue", "event_type", "call_method")),
    }
    steps = pd.DataFrame(texts, index=length.index).astype("str").assign(start=BEGAN, end=BEGAN + length)
    sections = conform(
        {"step_id": [f"s{number}" for number, step in enumerate(drawn) if step[4]]},
        {"step_id": PATH_COLUMNS["step_id"]},
    )
    return steps, CriticalPath(sections, None, None, open=False)


def expected_rows(steps: pd.DataFrame, on_path: tuple[str, ...], level: FoldLevel) -> list[object]:
    """Give what tells each step's row from the others, found by walking to the start step by step."""
    parent = forest_of(steps).parent.tolist()
    look = list(zip(steps["kind"], steps["state"], strict=True))
    alone = [state in ALWAYS or name in on_path for (_, state), name in zip(look, steps["id"], strict=True)]

    def label(step: int, single: bool) -> object:
        return step if single else look[step]

    def route(step: int, single: list[bool]) -> tuple[object, ...]:
        above = parent[step]
        return (label(step, single[step]), *(() if above < 0 else route(above, single)))

    each = range(len(steps))
    if level is FoldLevel.NOTHING:
        return list(each)
    if level is FoldLevel.SIBLINGS:
        return [route(step, [alone[s] or look[s][1] != "complete" for s in each]) for step in each]
    if level is FoldLevel.ROUTES:
        return [step if alone[step] else route(step, [False] * len(steps)) for step in each]
    return [label(step, alone[step]) for step in each]


@settings(deadline=None)
@given(DRAWN_STEPS, st.integers(0, 40))
def test_no_step_is_lost_whatever_the_causes_and_the_budget(drawn: DrawnSteps, budget: int) -> None:
    steps, path = tables(drawn)

    folding = fold(steps, path, budget)

    rows = folding.rows
    assert Counter(folding.row_of_step.tolist()) == Counter(rows["members"].to_dict())
    assert rows["members"].sum() == len(steps)
    assert rows["id"].is_unique
    single = rows["members"].to_numpy()[folding.row_of_step] == 1
    assert single[steps["state"].isin(ALWAYS) | steps["id"].isin(path.step_ids)].all()
    for row in range(len(rows)):
        above, climbs = row, 0
        while above >= 0:
            above, climbs = int(rows["parent_row"].iloc[above]), climbs + 1
            assert climbs <= len(rows), "rows run in a circle"
    beside = rows[["failed_beside", "open_beside"]].to_numpy().max(axis=0, initial=0)
    assert beside[0] <= (steps["state"] == "failed").sum()
    assert beside[1] <= (steps["state"] == "outstanding").sum()


@settings(deadline=None)
@given(DRAWN_STEPS, st.integers(0, 40))
def test_rows_are_those_found_step_by_step_at_the_finest_level_that_fits(drawn: DrawnSteps, budget: int) -> None:
    steps, path = tables(drawn)

    folding = fold(steps, path, budget)

    expected = expected_rows(steps, path.step_ids, folding.level)
    numbers: dict[object, int] = {}
    assert folding.row_of_step.tolist() == [numbers.setdefault(key, len(numbers)) for key in expected]
    levels = list(FoldLevel)
    for finer in levels[: levels.index(folding.level)]:
        foldable = len(set(expected_rows(steps, path.step_ids, finer))) - folding.always
        assert (len(steps) if finer is FoldLevel.NOTHING else foldable) > budget
