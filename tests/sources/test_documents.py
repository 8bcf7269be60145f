"""Documents as people have them, turned into the canonical event table."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eventrail.errors import ConfigurationError
from eventrail.model.events import EVENT_COLUMNS
from eventrail.sources.documents import Converted, convert, field_map, join_converted

INSTANT = "2026-01-31T12:00:00.123456789Z"


def converted(*documents: Any, house: Path | None = None, columns: tuple[str, ...] = ()) -> Converted:
    return convert(documents, field_map(house), columns=columns)


def only_row(*documents: Any) -> dict[str, Any]:
    events = converted(*documents).events
    assert len(events) == 1
    return {name: value for name, value in events.iloc[0].items() if not pd.isna(value)}


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
    },
}
ECS = {
    "@timestamp": INSTANT,
    "message": "payment refused",
    "log": {"level": "WARN", "logger": "com.example.Payments"},
    "service": {"name": "payments", "ephemeral_id": "e-1"},
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
    ("document", "expected"),
    [
        pytest.param(
            FLUENTD,
            {"service": "payments", "pod": "payments-1", "node": "node-a", "instance_id": "ab12", "operation": "log"},
            id="fluentd with kubernetes_metadata",
        ),
        pytest.param(
            ECS,
            {"service": "payments", "correlation_id": "t-1", "span_id": "s-1", "level": "warning", "node": "node-a"},
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


@pytest.mark.parametrize(
    ("logged", "instant"),
    [
        ("2026-01-31T12:00:00.123456789Z", "2026-01-31T12:00:00.123456789Z"),
        ("2026-01-31T13:00:00.5+01:00", "2026-01-31T12:00:00.5Z"),
        ("2026-01-31 12:00:00", "2026-01-31T12:00:00Z"),
        (1769860800123, "2026-01-31T12:00:00.123Z"),
        ("1769860800123", "2026-01-31T12:00:00.123Z"),
        (["2026-01-31T12:00:00Z"], "2026-01-31T12:00:00Z"),
    ],
)
def test_times_are_understood_as_people_write_them(logged: Any, instant: str) -> None:
    assert only_row({"@timestamp": logged})["time"] == pd.Timestamp(instant)


@pytest.mark.parametrize(
    "useless", [None, "", "yesterday", "9999-01-01T00:00:00Z", "2026-02-30T00:00:00Z", {}, [], True, 1e300, "nan"]
)
def test_a_document_without_a_usable_time_is_set_aside_and_counted(useless: Any) -> None:
    result = converted({"@timestamp": useless, "message": "lost"}, {"@timestamp": INSTANT, "message": "kept"})

    assert result.events["message"].tolist() == ["kept"]
    assert result.set_aside == 1
    assert "1 of 2 documents have no usable time" in str(result.problems("the test")[0])


def test_without_any_time_field_all_is_set_aside() -> None:
    result = converted({"message": "x"}, {"message": "y"})

    assert (len(result.events), result.set_aside) == (0, 2)
    assert list(result.events.columns) == list(EVENT_COLUMNS)


@pytest.mark.parametrize("bad", ["many", 1.5, {"a": 1}, [1, 2], True, 2**70, float("inf")])
def test_a_bad_delivery_tag_is_missing_and_said_and_the_line_stays(bad: Any) -> None:
    good = {"@timestamp": INSTANT, "messaging.rabbitmq.message.delivery_tag": "42", "message": "kept"}
    odd = good | {"messaging.rabbitmq.message.delivery_tag": bad}

    result = converted(good, odd)

    assert result.events["delivery_tag"].tolist()[0] == 42
    assert pd.isna(result.events["delivery_tag"].iloc[1])
    assert result.events["message"].tolist() == ["kept", "kept"]
    assert "1 documents have a messaging.rabbitmq.message.delivery_tag that is no whole number" in str(
        result.problems("the test")[0]
    )


def test_what_did_not_fit_adds_up_over_pages() -> None:
    odd = {"@timestamp": INSTANT, "messaging.rabbitmq.message.delivery_tag": "many"}

    whole = join_converted([converted(odd, {"message": "no time"}), converted(odd, odd), converted()])

    assert (len(whole.events), whole.set_aside, whole.documents) == (3, 1, 4)
    assert [str(problem).split(" documents")[0] for problem in whole.problems("x")] == ["x: 1 of 4", "x: 3"]
    assert whole.fields["delivery_tag"] == ("messaging.rabbitmq.message.delivery_tag",)


def test_a_bad_value_is_shown_short_and_without_control_characters() -> None:
    hostile = "\x1b[31m" + "x" * 1000

    told = str(converted({"@timestamp": INSTANT, "event.sequence": hostile}).problems("the test")[0])

    assert "\x1b" not in told
    assert len(told) < 300


def test_identifiers_of_any_type_are_text_and_objects_are_none() -> None:
    events = converted(
        {"@timestamp": INSTANT, "correlation_id": 12345},
        {"@timestamp": INSTANT, "correlation_id": True},
        {"@timestamp": INSTANT, "correlation_id": ""},
        {"@timestamp": INSTANT, "correlation_id": {"id": 1}},
        {"@timestamp": INSTANT, "correlation_id": ["c-1"]},
        {"@timestamp": INSTANT, "correlation_id": "half a pair \ud800"},
    ).events

    assert events["correlation_id"].fillna("missing").tolist() == [
        "12345",
        "true",
        "missing",
        "missing",
        "c-1",
        "half a pair ?",
    ]


def test_a_message_that_is_no_text_is_shown_as_it_was_logged() -> None:
    assert only_row({"@timestamp": INSTANT, "message": ["a", {"b": "ü"}]})["message"] == '["a", {"b": "ü"}]'


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"event.duration": 1_500_000_000}, 1.5),
        ({"duration_ms": 1500}, 1.5),
        ({"duration_ms": 1500.5}, 1.5005),
        ({"duration_seconds": "1.5"}, 1.5),
    ],
)
def test_durations_are_seconds_whatever_unit_the_field_has(fields: dict[str, Any], seconds: float) -> None:
    assert only_row({"@timestamp": INSTANT, **fields})["duration_seconds"] == pytest.approx(seconds)


def test_only_what_is_asked_for_is_read_and_what_it_is_decided_from() -> None:
    events = converted(OUR_SETTLE, columns=("outcome", "queue")).events

    stated = {name for name in events.columns if events[name].notna().all()}
    assert {"time", "queue", "operation", "outcome"} <= stated
    assert "message" not in stated


def test_things_that_are_no_documents_are_set_aside() -> None:
    result = converted(None, 5, "text", ["list"], {1: 2}, {"@timestamp": INSTANT})

    assert (len(result.events), result.set_aside) == (1, 5)


def test_every_line_of_no_documents_is_none() -> None:
    assert len(converted().events) == 0


def test_a_house_map_goes_before_the_shipped_ones(tmp_path: Path) -> None:
    house = tmp_path / "house.toml"
    house.write_text(
        '[columns]\ncorrelation_id = ["zahlung.vorgang"]\ntime = [{field = "zeit", unit = "seconds"}]\n',
        encoding="utf-8",
    )

    events = converted({"zeit": 1769860800.5, "zahlung": {"vorgang": "v-1"}, "message": "m"}, house=house).events

    assert events["correlation_id"].tolist() == ["v-1"]
    assert events["time"].iloc[0] == pd.Timestamp("2026-01-31T12:00:00.5Z")
    assert events["message"].tolist() == ["m"], "what the house map does not say, the shipped ones do"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('[columns]\ncorrelationid = ["x"]\n', "no such column"),
        ('[columns]\nservice = "x"\n', "columns.service"),
        ('[signals]\nverb = ["x"]\n[columns]\n', "there is no"),
        ("[columns\n", "cannot be read as TOML"),
        ('[columns]\nservice = [{field = "x", unit = "hours"}]\n', "unit"),
    ],
)
def test_a_wrong_house_map_is_refused_by_what_is_wrong(tmp_path: Path, content: str, told: str) -> None:
    house = tmp_path / "house.toml"
    house.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigurationError, match=told):
        field_map(house)


def test_the_shipped_vocabularies_have_a_word_for_every_column_but_the_documents_own() -> None:
    decided = {"document_id", "operation", "outcome"}

    assert set(EVENT_COLUMNS) - decided <= set(field_map().candidates)


def test_the_table_has_exactly_the_canonical_columns_and_types() -> None:
    events = converted(OUR_SETTLE, FLUENTD, ECS, OPENTELEMETRY, NEZHA).events

    assert {name: str(kind) for name, kind in events.dtypes.items()} == {
        name: kind for name, (kind, _) in EVENT_COLUMNS.items()
    }
    assert np.array_equal(events.index, np.arange(5))
