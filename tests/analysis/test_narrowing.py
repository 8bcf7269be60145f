"""Filters of outstanding deliveries, and what each of them offers."""

import pandas as pd
import pytest

from eventrail.analysis.clean import clean
from eventrail.analysis.deliveries import match_deliveries
from eventrail.analysis.ledger import outstanding_at
from eventrail.analysis.narrowing import OFFERED, narrowed, offered
from eventrail.model.delivery_filter import EVERY, STAGES, DeliveryFilter
from eventrail.model.ledger import Stage
from eventrail.testing.builders import EventBook


@pytest.fixture(scope="module")
def deliveries() -> pd.DataFrame:
    """Six: of two queues and pods, two event types; m5 was delivered before, of m6 no line of receiving is there."""
    book = EventBook()
    for number in range(6):
        queue, pod = ("mail", "mail-1") if number == 3 else ("payments", f"payments-{number % 2}")
        what = {"event_type": f"type-{number % 2}", "correlation_id": f"Order-{number}"}
        book.publish(float(number), f"m{number}", pod="orders-1", **what)
        again = {"redelivered": True, "attempt": 2} if number == 5 else {}
        book.receive(10.0 + number, f"m{number}", queue=queue, pod=pod, node=f"node-{number % 2}", **again)
    book.process(20.0, "m0", pod="payments-0", node="node-0")
    lines, _ = clean(book.events())
    matched, _ = match_deliveries(lines)
    listed = outstanding_at(matched, book.time(30.0))
    return listed.assign(
        inferred=["stage" if name == "m4" else each for name, each in listed[["message_id", "inferred"]].to_numpy()]
    )


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (EVERY, "m0 m1 m2 m3 m4 m5"),
        (DeliveryFilter(queue="mail"), "m3"),
        (DeliveryFilter(pod="payments-1"), "m1 m5"),
        (DeliveryFilter(node="node-1"), "m1 m3 m5"),
        (DeliveryFilter(event_type="type-0"), "m0 m2 m4"),
        (DeliveryFilter(correlation="order-3"), "m3"),
        (DeliveryFilter(correlation="."), ""),
        (DeliveryFilter(stage="handling"), "m0"),
        (DeliveryFilter(attempt="again"), "m5"),
        (DeliveryFilter(known="inferred"), "m4"),
        (DeliveryFilter(known="line", pod="payments-0"), "m0 m2"),
        (DeliveryFilter(vhost="elsewhere"), ""),
    ],
)
def test_all_filters_must_hold(deliveries: pd.DataFrame, wanted: DeliveryFilter, left: str) -> None:
    assert narrowed(deliveries, wanted)["message_id"].tolist() == left.split()


def test_a_count_that_is_offered_is_what_choosing_it_shows(deliveries: pd.DataFrame) -> None:
    wanted = DeliveryFilter(pod="payments-1", node="node-1")
    counts = offered(deliveries, wanted)

    assert tuple(counts) == OFFERED
    assert counts["pod"].to_dict() == {"payments-1": 2, "mail-1": 1}, "the pods of node-1, whichever pod is chosen"
    assert counts["event_type"].to_dict() == {"type-1": 2}
    assert counts["attempt"].to_dict() == {"again": 1}
    assert counts["known"].to_dict() == {"line": 2, "inferred": 0}


def test_deliveries_without_a_holder_are_offered_under_no_pod(deliveries: pd.DataFrame) -> None:
    nobody = deliveries.assign(pod=pd.Series(index=deliveries.index, dtype="str"))

    assert offered(nobody, EVERY)["pod"].empty
    assert narrowed(nobody, DeliveryFilter(pod="payments-1")).empty


def test_none_are_narrowed_to_none(deliveries: pd.DataFrame) -> None:
    wanted = DeliveryFilter(**dict.fromkeys(EVERY.__dataclass_fields__, "x"))

    assert narrowed(deliveries.head(0), wanted).empty
    assert all(counts.sum() == 0 for counts in offered(deliveries.head(0), wanted).values())


def test_the_command_line_offers_each_stage() -> None:
    assert tuple(STAGES) == tuple(stage.value for stage in Stage)
