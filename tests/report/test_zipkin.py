"""A trace as Zipkin spans: what each step becomes, and how IDs are made."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from eventrail.model.trace import Trace
from eventrail.report.zipkin import span_id_of, trace_id_of, zipkin_spans
from tests.report.stories import hostile, large, refused, stuck

SCHEMA = json.loads((Path(__file__).parent / "zipkin-v2.schema.json").read_text(encoding="utf-8"))


def by_step(trace: Trace) -> dict[str, dict[str, Any]]:
    return {span["tags"]["eventrail.step.id"]: span for span in zipkin_spans(trace)}


@pytest.mark.parametrize("trace", [stuck(), refused(), hostile(), large(10)])
def test_every_step_is_a_span_of_the_published_form(trace: Trace) -> None:
    spans = zipkin_spans(trace)

    jsonschema.validate(spans, SCHEMA)
    assert json.loads(json.dumps(spans, allow_nan=False)) == spans
    assert len({span["id"] for span in spans}) == len(spans) == len(trace.steps)
    assert len({span["traceId"] for span in spans}) == 1


def test_a_message_is_sent_waits_at_the_broker_and_is_processed() -> None:
    spans = by_step(refused())
    sent, waited, handled = (spans[step] for step in ("publish:m1", "wait:payments:m1", "handle:payments:m1"))

    assert (sent["kind"], sent["name"], sent["localEndpoint"]["serviceName"]) == (
        *("PRODUCER", "send order.placed", "orders"),
    )
    assert (waited["name"], waited["localEndpoint"]["serviceName"]) == ("wait payments", "rabbitmq")
    assert "kind" not in waited
    assert (handled["kind"], handled["name"], handled["remoteEndpoint"]) == (
        *("CONSUMER", "process payments", {"serviceName": "rabbitmq"}),
    )
    assert (waited["parentId"], handled["parentId"]) == (sent["id"], waited["id"])
    assert "parentId" not in sent
    assert (sent["timestamp"], sent["duration"]) == (1769850001000000, 1)
    assert (waited["timestamp"], waited["duration"]) == (1769850001000000, 200000)
    assert [(mark["timestamp"] - handled["timestamp"], mark["value"]) for mark in handled["annotations"]] == [
        *((0, "receive"), (100000, "process"), (200000, "settle: discard")),
    ]


def test_what_failed_is_marked_as_zipkin_marks_it_and_nothing_else_is() -> None:
    failed = {step: span["tags"]["error"] for step, span in by_step(refused()).items() if "error" in span["tags"]}

    assert failed == {"handle:payments:m1": "CardError"}
    assert by_step(refused())["handle:payments:m1"]["tags"]["error.type"] == "CardError"


def test_what_is_open_has_no_duration_and_says_so() -> None:
    still_open = {step: span for step, span in by_step(stuck()).items() if "eventrail.open" in span["tags"]}

    assert sorted(still_open) == ["handle:receipts:m2", "wait:parcels:m3"]
    assert all("duration" not in span for span in still_open.values())
    held = still_open["handle:receipts:m2"]
    assert held["tags"]["eventrail.state"] == "outstanding"
    assert [mark["value"] for mark in held["annotations"]] == ["receive", "process"]
    assert all("duration" in span for step, span in by_step(stuck()).items() if step not in still_open)


def test_both_sides_of_a_call_are_told_apart_and_the_called_one_hangs_under_the_caller() -> None:
    spans = by_step(stuck())
    client, server = spans["call:s1.client"], spans["call:s2.server"]

    assert (client["kind"], client["remoteEndpoint"]["serviceName"]) == ("CLIENT", "limits")
    assert (server["kind"], server["localEndpoint"]["serviceName"]) == ("SERVER", "limits")
    assert server["parentId"] == client["id"]
    assert (client["name"], client["tags"]["rpc.method"]) == ("limits/check", "Limits/Check")


def test_tags_have_the_names_of_opentelemetry() -> None:
    tags = by_step(stuck())["handle:payments:m1#2"]["tags"]

    assert tags == {
        "messaging.message.conversation_id": "event-1",
        "messaging.system": "rabbitmq",
        "messaging.destination.name": "bank.events:order.placed:payments",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.operation.outcome": "ack",
        "messaging.message.id": "m1",
        "messaging.message.type": "order.placed",
        "messaging.message.attempt": "2",
        "messaging.rabbitmq.vhost": "/",
        "messaging.rabbitmq.destination.routing_key": "order.placed",
        "messaging.destination.subscription.name": "payments",
        "messaging.rabbitmq.message.delivery_tag": "1",
        "messaging.rabbitmq.consumer.tag": "payments-2:payments",
        "eventrail.pod": "payments-2",
        "eventrail.node": "node-a",
        "eventrail.state": "complete",
        "eventrail.step.id": "handle:payments:m1#2",
    }


@pytest.mark.parametrize(
    ("correlation_id", "trace_id"),
    [
        ("8f2f08a9dbda62dfbdfb1c7d381c5962", "8f2f08a9dbda62dfbdfb1c7d381c5962"),
        ("8F2F08A9DBDA62DF", "8f2f08a9dbda62df"),
        ("8f2f08a9-dbda-62df-bdfb-1c7d381c5962", "8f2f08a9dbda62dfbdfb1c7d381c5962"),
        # printf '%s' event-1 | sha256sum
        ("event-1", "ce36863f51b6baf9d16397ffb3e9af50"),
        ("0" * 32, "84e0c0eafaa95a34c293f278ac52e45c"),
    ],
)
def test_a_correlation_id_that_is_a_trace_id_stays_it_any_other_is_hashed(correlation_id: str, trace_id: str) -> None:
    assert trace_id_of(correlation_id) == trace_id


def test_ids_are_the_same_in_each_run_and_whatever_they_are_made_of() -> None:
    assert zipkin_spans(stuck()) == zipkin_spans(stuck())
    assert span_id_of("publish:m1") == "4ad0a997523ae171"
    assert len(trace_id_of("\ud800 half a letter")) == 32


def test_causes_that_run_in_a_circle_are_opened_so_that_every_span_can_be_reached() -> None:
    trace = refused()
    looped = replace(trace, steps=trace.steps.assign(parent_id=[*list(trace.steps["id"].iloc[1:]), "publish:m1"]))
    spans = {span["id"]: span.get("parentId") for span in zipkin_spans(looped)}

    assert list(spans.values()).count(None) == 1
    for span in spans:
        above = set()
        step: str | None = span
        while step is not None:
            assert step not in above
            above.add(step)
            step = spans[step]
