"""Whatever happened, the metrics equal what `eventrail unacked --json` says at the same instant."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventrail.cli.documents import unacked_document
from eventrail.investigate.unacked import investigate_unacked
from eventrail.model.events import Outcome
from eventrail.sources.ports import Sources
from eventrail.testing.builders import EventBook
from eventrail.watch.watcher import Watcher, WatchSettings
from tests.investigate.told import gauges_of, running, told
from tests.watch.reading import Labels, labels, scraped

NOW = 300.0
QUEUES = ("payments", 'a "queue"\\ of\nodd name', "receipts")
PODS = ("payments-1", "payments-2", "receipts-1")

# What becomes of a message: its queue, its pod, when it is delivered, and whether and when it is settled.
fates = st.lists(
    st.tuples(
        st.sampled_from(QUEUES),
        st.sampled_from(PODS),
        st.floats(1.0, NOW - 1),
        st.none() | st.floats(0.01, 200.0),
        st.booleans(),
    ),
    max_size=25,
)
Fates = list[tuple[str, str, float, float | None, bool]]


def story(told_fates: Fates) -> EventBook:
    book = EventBook()
    for second in range(0, int(NOW) + 1, 5):
        for pod in PODS:
            book.heartbeat(second, pod=pod)
    for number, (queue, pod, delivered, held, handled) in enumerate(told_fates):
        message_id = f"m{number}"
        book.publish(delivered - 0.5, message_id, pod="orders-1", correlation_id=f"e{number}")
        book.receive(delivered, message_id, queue=queue, pod=pod)
        if handled:
            book.process(delivered + 0.001, message_id, pod=pod, queue=queue)
        if held is not None:
            book.settle(delivered + held, message_id, Outcome.ACK, pod=pod, queue=queue)
    return book


def sources_of(book: EventBook) -> Sources:
    return told(book, gauges_of(book, NOW) | running(book, NOW, *PODS))


@given(fates)
def test_the_metrics_equal_the_document_of_the_same_instant(monkeypatch_module: Any, told_fates: Fates) -> None:
    book = story(told_fates)
    now = book.time(NOW).to_pydatetime()
    monkeypatch_module.setattr("eventrail.clock.now", lambda: now)
    document = unacked_document(investigate_unacked(sources_of(book), now=now))

    watcher = Watcher(sources_of(book), WatchSettings())
    watcher.evaluate()
    seen = scraped(watcher)

    queues = {labels(vhost=each["vhost"], queue=each["queue"]): each for each in document["queues"]}
    for metric, figure in {
        "eventrail_broker_unacked_messages": lambda each: each["gauge"],
        "eventrail_explained_unacked": lambda each: each["explained"],
        "eventrail_unexplained_unacked": lambda each: each["unexplained"],
        "eventrail_surplus_unacked": lambda each: each["surplus"],
        "eventrail_unacked_deliveries": lambda each: len(each["deliveries"]),
        "eventrail_oldest_unacked_seconds": lambda each: max(
            (one["age_seconds"] for one in each["deliveries"]), default=0.0
        ),
    }.items():
        told_values = {key: pytest.approx(figure(each)) for key, each in queues.items()}
        idle = {key: 0.0 for key in seen.get(metric, {}) if key not in queues}
        assert seen.get(metric, {}) == told_values | idle
    assert seen.get("eventrail_holder_unacked_deliveries", {}) == by_holder(document)
    assert seen.get("eventrail_unacked_difference", {}) == by_reason(document)


def by_holder(document: dict[str, Any]) -> dict[Labels, float]:
    counted: dict[Labels, float] = defaultdict(float)
    for queue in document["queues"]:
        for one in queue["deliveries"]:
            holder = {f"holder_{name}": one[name] or "" for name in ("service", "pod", "node")}
            counted[labels(vhost=queue["vhost"], queue=queue["queue"], **holder)] += 1
    return counted


def by_reason(document: dict[str, Any]) -> dict[Labels, float]:
    return {
        labels(vhost=queue["vhost"], queue=queue["queue"], side=each["side"], reason=each["kind"]): each["messages"]
        for queue in document["queues"]
        for each in queue["reasons"]
    }
