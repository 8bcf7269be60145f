"""What usually comes and has not, in the drawings of an event."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from dashboard.shaping.expected import EXPECTED_COLUMNS, expected_steps, in_rows
from dashboard.shaping.expected_arrows import with_expected_arrows, with_expected_edges
from dashboard.shaping.expected_lanes import with_expected
from dashboard.shaping.flow_graph import flow_graph
from dashboard.shaping.sequence import sequence
from dashboard.shaping.waterfall import Waterfall, waterfall
from eventrail.analysis.folding import fold
from eventrail.investigate.answers import UsualAnswer
from eventrail.investigate.tracing import investigate_trace
from eventrail.investigate.usual import investigate_usual
from eventrail.model.trace import Trace
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from tests.investigate.told import told

EVENTS = 30
STUCK, WHOLE, SILENT = "event-stuck", "event-0", "event-silent"


def purchase(book: EventBook, at: float, event: str, *, stops: str = "") -> None:
    """Tell of a purchase: payments handles it and asks the ledger; a receipt is printed beside.

    stops: "payments" holds it for ever, "ledger" never gets what it is asked.
    """
    asked, booked, printed = f"{event}-asked", f"{event}-booked", f"{event}-printed"
    book.publish(at, asked, pod="cards-1", correlation_id=event)
    book.receive(at + 0.010, asked, pod="payments-1", queue="payments.requested")
    book.publish(at + 0.002, printed, pod="cards-1", correlation_id=event, event_type="receipt.wanted")
    book.handle(at + 0.020, printed, pod="printer-1", queue="printer.receipts", held_seconds=0.005)
    if stops == "payments":
        return
    book.publish(at + 0.030, booked, pod="payments-1", correlation_id=event, event_type="booked", causation_id=asked)
    book.settle(at + 0.040, asked, pod="payments-1")
    if stops != "ledger":
        book.handle(at + 0.060, booked, pod="ledger-1", queue="ledger.booked", held_seconds=0.010)


@pytest.fixture(scope="module")
def sources() -> Sources:
    book = EventBook()
    for number in range(EVENTS):
        purchase(book, number, f"event-{number}")
    purchase(book, 40, STUCK, stops="payments")
    purchase(book, 41, SILENT, stops="ledger")
    book.log(240, "still here", pod="cards-1", correlation_id=None)
    return told(book, None)


def followed(sources: Sources, event: str) -> tuple[Trace, UsualAnswer]:
    trace = investigate_trace(sources, event, now=datetime(2026, 1, 31, 9, 5, tzinfo=UTC)).trace
    assert trace is not None
    return trace, investigate_usual(sources, trace)


def drawn(trace: Trace, answer: UsualAnswer) -> Waterfall:
    return with_expected(waterfall(trace), expected_steps(answer), trace.steps["start"].min())


def test_what_a_held_message_should_have_led_to_stands_dashed_below_it(sources: Sources) -> None:
    trace, answer = followed(sources, STUCK)
    shaped = drawn(trace, answer)

    assert list(zip(shaped.lanes["service"], shaped.lanes["expected"], shaped.lanes["indent"], strict=True)) == [
        ("cards", False, 0),
        ("payments", False, 1),
        ("payments", True, 2),
        ("cards", False, 0),
        ("printer", False, 1),
    ]
    lane = shaped.lanes.iloc[2]
    assert (lane["title"], lane["detail"], lane["tone"], lane["parent"]) == ("booked", "not published", "bad", 1)
    assert lane["words"] == "expected within 30 ms (p99 of 30), nothing for 3 min 20 s"


def test_its_bar_goes_on_to_the_present_and_the_others_stay_with_their_lanes(sources: Sources) -> None:
    trace, answer = followed(sources, STUCK)
    plain, shaped = waterfall(trace), drawn(trace, answer)
    (bar,) = shaped.bars[shaped.bars["kind"] == "expected"].to_dict("records")

    assert (bar["lane"], bar["open"], bar["state"]) == (2, True, "late")
    assert bar["x1"] == pytest.approx(shaped.now)
    moved = shaped.bars[shaped.bars["kind"] != "expected"].reset_index(drop=True)
    assert moved["lane"].tolist() == [lane + (lane >= 2) for lane in plain.bars["lane"]]
    assert shaped.links["to_lane"].tolist() == [lane + (lane >= 2) for lane in plain.links["to_lane"]]


def test_a_delivery_that_is_expected_names_its_queue(sources: Sources) -> None:
    trace, answer = followed(sources, STUCK)
    row = expected_steps(answer).assign(kind="handle", service="ledger", queue="ledger.booked")
    lane = with_expected(waterfall(trace), row, trace.steps["start"].min()).lanes.query("expected").iloc[0]

    assert (lane["service"], lane["title"], lane["detail"]) == ("ledger", "booked", "not received from ledger.booked")


def test_a_message_that_waits_is_drawn_already_and_not_once_more(sources: Sources) -> None:
    trace, answer = followed(sources, SILENT)

    assert (waterfall(trace).bars["state"] == "waiting").any()
    assert len(answer.missing) == 1
    assert expected_steps(answer).empty


def test_a_whole_event_is_drawn_as_it_is(sources: Sources) -> None:
    trace, answer = followed(sources, WHOLE)
    shaped = waterfall(trace)

    assert expected_steps(answer).empty
    assert with_expected(shaped, expected_steps(answer), trace.steps["start"].min()) is shaped


def test_the_sequence_has_an_arrow_where_it_should_have_come(sources: Sources) -> None:
    trace, answer = followed(sources, STUCK)
    shaped = with_expected_arrows(sequence(trace), expected_steps(answer), trace.steps["start"].min())
    names = shaped.participants["name"]
    (arrow,) = shaped.arrows[shaped.arrows["kind"] == "expected"].to_dict("records")

    assert (names[arrow["source"]], names[arrow["target"]]) == ("payments", "ledger.booked")
    assert (arrow["label"], arrow["tone"]) == ("booked", "bad")
    assert arrow["detail"] == "expected within 30 ms (p99 of 30), nothing for 3 min 20 s"
    assert arrow["at_seconds"] == pytest.approx(0.030)
    assert shaped.arrows["at_seconds"].is_monotonic_increasing
    assert shaped.drawn_of == len(shaped.arrows)


def test_the_flow_has_an_edge_to_where_it_should_have_gone(sources: Sources) -> None:
    trace, answer = followed(sources, STUCK)
    graph = with_expected_edges(flow_graph(trace), expected_steps(answer))
    (edge,) = graph.edges[graph.edges["kind"] == "expected"].to_dict("records")

    assert (edge["source"], edge["target"], edge["tone"]) == ("service:payments", "queue:ledger.booked", "bad")
    assert "nothing for 3 min 20 s" in edge["words"]
    nodes = graph.nodes.set_index("name")
    assert nodes.loc["ledger.booked", "tone"] == "bad"
    assert nodes.index[~nodes["reached"]].tolist() == ["ledger.booked"]


def test_those_alike_after_one_fold_are_one_lane_with_their_count(sources: Sources) -> None:
    trace, answer = followed(sources, STUCK)
    (one,) = expected_steps(answer).to_dict("records")
    steps = pd.concat([trace.steps] * 40, ignore_index=True)
    number = (pd.Series(range(len(steps))) // len(trace.steps)).astype("str")
    steps["id"] = steps["id"] + "/" + number
    steps["parent_id"] = steps["parent_id"] + "/" + number
    steps["state"] = "complete"
    steps["end"] = steps["end"].fillna(steps["start"])
    after = steps.loc[steps["id"].str.startswith(f"{one['after_id']}/"), "id"]
    many = pd.DataFrame([one | {"after_id": step, "id": f"expected:{step}"} for step in after])
    folding = fold(steps, budget=20)
    (row,) = in_rows(many[list(EXPECTED_COLUMNS)], steps, folding).to_dict("records")

    assert row["count"] == 40
    assert row["words"].startswith("× 40 · expected within")
    assert row["after_id"].startswith("fold:")
