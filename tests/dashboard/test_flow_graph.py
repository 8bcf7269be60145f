"""A trace as a graph of services and queues."""

import pandas as pd

from dashboard.shaping.flow_graph import Inks, dot, flow_graph
from eventrail.analysis.assemble import assemble_trace
from eventrail.model.events import Outcome, empty_events
from eventrail.testing.builders import EventBook

INKS = Inks(
    "#111111", "#ffffff", lambda _: "#0000ff", {"bad": "#ff0000", "failed": "#aa0000", "warn": "#ffaa00", "": "#555555"}
)


def edges_of(book: EventBook, as_of: float = 60) -> list[tuple[str, str, int, str, str]]:
    edges = flow_graph(assemble_trace("event-1", book.events(), book.time(as_of))).edges
    return list(edges[["source", "target", "count", "words", "tone"]].itertuples(index=False, name=None))


def test_edges_count_what_went_and_say_what_stands_out() -> None:
    book = EventBook()
    for number, outcome in enumerate((Outcome.ACK, Outcome.ACK, Outcome.DISCARD)):
        book.publish(number, f"m-{number}", pod="payments-1")
        book.receive(number + 0.02, f"m-{number}", pod="ledger-1", queue="ledger.booking")
        book.settle(number + 0.03, f"m-{number}", pod="ledger-1", outcome=outcome)
    book.publish(4, "m-4", pod="payments-1")
    book.receive(4.02, "m-4", pod="ledger-1", queue="ledger.booking")
    assert edges_of(book) == [
        ("service:payments", "queue:ledger.booking", 4, "4 × waited 20 ms", ""),
        ("queue:ledger.booking", "service:ledger", 4, "4 × held 10 ms · 1 not settled · 1 failed", "bad"),
    ]


def test_an_unroutable_message_leads_to_its_exchange() -> None:
    book = EventBook()
    book.publish(0, "m-1", pod="payments-1", outcome=Outcome.UNROUTABLE)
    assert edges_of(book) == [("service:payments", "exchange:bank.events", 1, "1 failed", "failed")]


def test_the_node_where_a_delivery_is_held_stands_out() -> None:
    book = EventBook()
    book.publish(0, "m-1", pod="payments-1")
    book.receive(0.01, "m-1", pod="ledger-1", queue="ledger.booking")
    nodes = flow_graph(assemble_trace("event-1", book.events(), book.time(60))).nodes
    assert dict(zip(nodes["name"], nodes["tone"], strict=True)) == {
        "payments": "",
        "ledger.booking": "",
        "ledger": "bad",
    }


def test_names_cannot_leave_their_quotes() -> None:
    book = EventBook()
    name = 'x"]; evil [URL="javascript:alert(1)'
    book.publish(0, "m-1", pod="payments-1", service=name)
    book.receive(0.01, "m-1", pod="ledger-1", queue="back\\slash\nline")
    drawn = dot(flow_graph(assemble_trace("event-1", book.events(), book.time(60))), INKS)
    assert 'label="x\\"]; evil [URL=\\"javascript:alert(1)"' in drawn
    assert 'label="back\\\\slash line"' in drawn


def test_an_event_without_steps_gives_nothing_to_draw() -> None:
    graph = flow_graph(assemble_trace("event-1", empty_events(), pd.Timestamp("2026-01-31", tz="UTC")))
    assert graph.nodes.empty
    assert graph.edges.empty
