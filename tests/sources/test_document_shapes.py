"""Documents as people have them, each in its vocabulary, turned into the canonical event table."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventrail.model.events import EVENT_COLUMNS
from tests.sources.converting import INSTANT, converted, only_row

OUR_SETTLE = {
    "@timestamp": INSTANT,
    "message": "acknowledged m-1",
    "log.level": "info",
    "log.logger": "eventrail.consumer",
    "service.name": "payments",
    "service.instance.id": "i-1",
    "event.sequence": 7,
    "event.duration": 1_500_000_000,
    "messaging.message.conversation_id": "c-1",
    "messaging.message.id": "m-1",
    "messaging.message.type": "payment.requested",
    "messaging.message.attempt": 2,
    "messaging.operation.type": "settle",
    "messaging.operation.name": "ack",
    "messaging.operation.outcome": "ack",
    "messaging.destination.name": "",
    "messaging.rabbitmq.destination.routing_key": "payments",
    "messaging.rabbitmq.vhost": "/",
    "messaging.destination.subscription.name": "payments",
    "messaging.rabbitmq.message.delivery_tag": 42,
    "messaging.rabbitmq.message.redelivered": True,
    "messaging.rabbitmq.consumer.tag": "ct-1",
    "messaging.rabbitmq.channel.id": "i-1/1/1",
    "messaging.client.id": "payments-1/1",
    "kubernetes": {"pod_name": "payments-1", "namespace_name": "bank", "host": "node-a"},
}
OUR_SETTLE_CANONICAL = {
    "time": pd.Timestamp(INSTANT),
    "sequence": 7,
    "operation": "settle",
    "outcome": "ack",
    "service": "payments",
    "pod": "payments-1",
    "node": "node-a",
    "namespace": "bank",
    "instance_id": "i-1",
    "correlation_id": "c-1",
    "message_id": "m-1",
    "event_type": "payment.requested",
    "vhost": "/",
    "exchange": "",
    "routing_key": "payments",
    "queue": "payments",
    "channel_id": "i-1/1/1",
    "client_id": "payments-1/1",
    "consumer_tag": "ct-1",
    "delivery_tag": 42,
    "redelivered": True,
    "attempt": 2,
    "duration_seconds": 1.5,
    "level": "info",
    "logger": "eventrail.consumer",
    "message": "acknowledged m-1",
}


def nested(document: dict[str, Any]) -> dict[str, Any]:
    """The same document as an indexer hands it out that takes dots for objects."""
    whole: dict[str, Any] = {}
    for path, value in document.items():
        *objects, name = path.split(".")
        place = whole
        for each in objects:
            place = place.setdefault(each, {})
        place[name] = value
    return whole


def test_our_own_line_gives_every_column_it_states() -> None:
    assert only_row(OUR_SETTLE) == OUR_SETTLE_CANONICAL


def test_dotted_and_nested_keys_are_the_same_even_in_one_document() -> None:
    half_nested = {"messaging.rabbitmq": {"message.delivery_tag": 42, "message": {"redelivered": True}}}
    mixed = {key: value for key, value in OUR_SETTLE.items() if not key.startswith("messaging.rabbitmq.message")}

    assert only_row(nested(OUR_SETTLE)) == OUR_SETTLE_CANONICAL
    assert only_row(mixed | half_nested) == OUR_SETTLE_CANONICAL


def test_a_document_late_in_the_batch_may_bring_fields_that_none_before_had() -> None:
    plain = {"@timestamp": INSTANT, "message": "plain"}

    events = converted(*[plain] * 1200, OUR_SETTLE | {"event.sequence": None}, plain).events

    assert events["delivery_tag"].dropna().tolist() == [42]


FLUENTD = {
    "@timestamp": "2026-01-31T12:00:00.123456789+00:00",
    "log": "payment refused\n",
    "stream": "stdout",
    "docker": {"container_id": "ab12"},
    "kubernetes": {
        "container_name": "app",
        "namespace_name": "bank",
        "pod_name": "payments-1",
        "host": "node-a",
        "labels": {"app": "payments"},
        "container_image": "registry.example:5000/bank/payments:2.4.1",
    },
}
ECS = {
    "@timestamp": INSTANT,
    "message": "payment refused",
    "log": {"level": "WARN", "logger": "com.example.Payments"},
    "service": {"name": "payments", "version": "2.4.1", "ephemeral_id": "e-1"},
    "kubernetes": {"pod": {"name": "payments-1"}, "node": {"name": "node-a"}, "namespace": "bank"},
    "trace": {"id": "t-1"},
    "span": {"id": "s-1"},
    "error": {"type": "LimitExceeded"},
}
OPENTELEMETRY = {
    "@timestamp": INSTANT,
    "severity_text": "ERROR",
    "body": {"text": "payment refused"},
    "trace_id": "t-1",
    "span_id": "s-1",
    "resource": {"attributes": {"service.name": "payments", "k8s.pod.name": "payments-1", "k8s.node.name": "node-a"}},
    "attributes": {
        "messaging.operation.type": "process",
        "messaging.message.conversation_id": "c-1",
        "messaging.message.id": "m-1",
        "messaging.destination.name": "bank.events",
        "messaging.destination.subscription.name": "payments",
        "rabbitmq.message.delivery_tag": 42,
        "rabbitmq.destination.routing_key": "payment.requested",
    },
}
# Nezha (IntelligentDDS/Nezha, MIT licence, Copyright (c) 2023 IntelligentDDS), 2023-01-29, one line.
NEZHA = {
    "@timestamp": "2023-01-29T08:42:09.496671207Z",
    "message": "[checkStationsExists][Check Stations Exists][stationNames: [nanjing, shanghai]]",
    "service": "ts-basic-service",
    "pod": "ts-basic-service-5dc8d4f9fd-46997",
    "node": "33.33.33.76",
    "container": "server",
    "correlation_id": "6f3cbf058c2765548a39ad724905d6a1",
    "span_id": "d5968a836cd9ff5a",
    "parent_span_id": "c5e35fece2160d3a",
    "operation": "BasicController.checkStationsExists",
    "level": "INFO",
    "logger": "f.m.s.BasicServiceImpl#343",
    "stream": "stdout",
    "seq": 3,
}


@pytest.mark.parametrize(
    ("kubernetes", "version"),
    [
        ({"container_image": "payments:2.4.1"}, "2.4.1"),
        ({"container_image": "registry.example:5000/bank/payments:2.4.1@sha256:ab12"}, "2.4.1"),
        ({"container_image": "registry.example:5000/bank/payments"}, None),
        ({"container_image": "payments@sha256:ab12"}, None),
        ({"container_image": "sha256:ab12/x:"}, None),
        ({"container_image": 7}, None),
        ({"container_image": "payments:a1b2c3", "labels": {"version": "v2"}}, "v2"),
        ({"labels": {"version": "v2", "app_kubernetes_io/version": "2.4.1"}}, "2.4.1"),
        ({"labels": {"app.kubernetes.io/version": "2.4.1"}}, "2.4.1"),
    ],
)
def test_the_version_of_a_service_that_logs_none_is_its_pods_label_or_its_images_tag(
    kubernetes: dict[str, Any], version: str | None
) -> None:
    where = {"kubernetes": {"pod_name": "payments-1", **kubernetes}}

    assert only_row({"@timestamp": INSTANT, "log": "x"} | where).get("service_version") == version
    assert only_row(OUR_SETTLE | {"service.version": "3.0"} | where)["service_version"] == "3.0"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            FLUENTD,
            {
                "service": "payments",
                "pod": "payments-1",
                "node": "node-a",
                "service_version": "2.4.1",
                "operation": "log",
            },
            id="fluentd with kubernetes_metadata",
        ),
        pytest.param(
            ECS,
            {
                "service": "payments",
                "correlation_id": "t-1",
                "span_id": "s-1",
                "level": "warning",
                "service_version": "2.4.1",
            },
            id="Elastic Common Schema",
        ),
        pytest.param(
            OPENTELEMETRY,
            {
                "service": "payments",
                "operation": "process",
                "correlation_id": "c-1",
                "queue": "payments",
                "delivery_tag": 42,
                "routing_key": "payment.requested",
                "message": "payment refused",
                "level": "error",
            },
            id="OpenTelemetry, attributes below attributes",
        ),
        pytest.param(
            NEZHA,
            {
                "time": pd.Timestamp("2023-01-29T08:42:09.496671207Z"),
                "service": "ts-basic-service",
                "correlation_id": "6f3cbf058c2765548a39ad724905d6a1",
                "parent_span_id": "c5e35fece2160d3a",
                "operation": "log",
                "sequence": 3,
                "level": "info",
            },
            id="plain short names",
        ),
        pytest.param(
            {"@timestamp": INSTANT, "messaging.operation": "publish", "messaging.message_id": "m", "TraceID": "t"},
            {"operation": "send", "message_id": "m", "correlation_id": "t"},
            id="OpenTelemetry before 1.24 and Zipkin's spelling",
        ),
    ],
)
def test_each_vocabulary_is_understood(document: dict[str, Any], expected: dict[str, Any]) -> None:
    row = only_row(document)

    assert {name: row.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "operation", "outcome"),
    [
        ({"event.action": "heartbeat", "messaging.operation.type": "process"}, "heartbeat", None),
        ({"event.action": "channel-closed"}, "channel-closed", None),
        ({"messaging.operation.type": "deliver"}, "process", None),
        ({"messaging.operation.name": "deliver"}, "receive", None),
        ({"messaging.operation.type": "send", "messaging.operation.outcome": "unroutable"}, "send", "unroutable"),
        ({"messaging.operation.type": "send", "messaging.operation.outcome": "ack"}, "send", None),
        ({"messaging.operation.type": "settle", "messaging.operation.name": "ack"}, "settle", "ack"),
        ({"messaging.operation.name": "nack"}, "settle", "requeue"),
        ({"messaging.operation.name": "nack", "requeue": False}, "settle", "discard"),
        ({"messaging.operation.name": "reject"}, "settle", "discard"),
        ({"messaging.operation.name": "reject", "requeue": True}, "settle", "requeue"),
        ({"messaging.operation.name": "reject", "messaging.operation.outcome": "requeue"}, "settle", "requeue"),
        ({"span.kind": "client", "rpc.grpc.status_code": 0}, "call", "ok"),
        ({"span.kind": "client", "rpc.grpc.status_code": 4}, "call", "error"),
        ({"span.kind": "SERVER", "error.type": "Timeout"}, "call", "error"),
        ({"span.kind": "server"}, "call", "ok"),
        ({"span.kind": "consumer", "messaging.operation.type": "process"}, "process", None),
        ({"span.kind": "client", "messaging.operation.type": "settle"}, "settle", None),
        ({"operation": "BasicController.query"}, "log", None),
        ({}, "log", None),
    ],
)
def test_what_a_line_tells_and_how_it_ended(fields: dict[str, Any], operation: str, outcome: str | None) -> None:
    row = only_row({"@timestamp": INSTANT, **fields})

    assert (row["operation"], row.get("outcome")) == (operation, outcome)


def test_a_call_is_named_by_service_and_method() -> None:
    call = {"@timestamp": INSTANT, "span.kind": "client", "rpc.service": "bank.Limits", "rpc.method": "Check"}

    assert only_row(call)["call_method"] == "bank.Limits/Check"


def test_only_what_is_asked_for_is_read_and_what_it_is_decided_from() -> None:
    events = converted(OUR_SETTLE, columns=("outcome", "queue")).events

    stated = {name for name in events.columns if events[name].notna().all()}
    assert {"time", "queue", "operation", "outcome"} <= stated
    assert "message" not in stated


def test_the_table_has_exactly_the_canonical_columns_and_types() -> None:
    events = converted(OUR_SETTLE, FLUENTD, ECS, OPENTELEMETRY, NEZHA).events

    assert {name: str(kind) for name, kind in events.dtypes.items()} == {
        name: kind for name, (kind, _) in EVENT_COLUMNS.items()
    }
    assert np.array_equal(events.index, np.arange(5))
