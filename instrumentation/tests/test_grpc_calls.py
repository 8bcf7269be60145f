"""A gRPC call leaves a line on each side, joined by the span ID, and carries the event across."""

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from eventrail_instrumentation import Call, Cause, Identity, client_call, configure_logging, current_cause, on_behalf_of
from eventrail_instrumentation.eventlog import EventLog
from eventrail_instrumentation.grpc_calls import ClientInterceptor, ServerInterceptor
from eventrail_instrumentation.testing import LogLines

HOSTILE_CAUSE = Cause('event "1" *\nдa 💶', "m1")


def check_limit(request: dict[str, Any], context: Any) -> dict[str, Any]:
    if request["amount"] > 1000:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "above the limit")
    if request["amount"] < 0:
        raise ArithmeticError("negative")
    cause = current_cause()
    return {"correlation": cause.correlation_id, "causation": cause.message_id} if cause else {}


def encode(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.fixture
def lines(restored_logging: None) -> LogLines:
    stream = LogLines()
    configure_logging(Identity("payments"), stream)
    logging.getLogger("grpc").setLevel(logging.CRITICAL)  # grpcio logs a handler's exception by itself
    return stream


@pytest.fixture
def check(lines: LogLines) -> Iterator[Any]:
    """The method /bank.Limits/Check of a real server, called through a real channel."""
    log = EventLog("/")
    server = grpc.server(ThreadPoolExecutor(2), interceptors=[ServerInterceptor(log)])
    method = grpc.unary_unary_rpc_method_handler(check_limit, json.loads, encode)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("bank.Limits", {"Check": method})])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield grpc.intercept_channel(channel, ClientInterceptor(log, "limits")).unary_unary(
            "/bank.Limits/Check", encode, json.loads
        )
    server.stop(None).wait()


def test_both_sides_log_the_call_on_behalf_of_the_event(check: Any, lines: LogLines) -> None:
    with on_behalf_of(HOSTILE_CAUSE):
        answer = check({"amount": 412}, timeout=5)

    assert answer == {"correlation": HOSTILE_CAUSE.correlation_id, "causation": "m1"}
    client, server = lines.wait(kind="client")[0], lines.wait(kind="server")[0]
    assert client["span.id"] == server["parent.id"]
    assert client["peer.service"] == "limits"
    for line in (client, server):
        assert (line["rpc.system"], line["rpc.service"], line["rpc.method"]) == ("grpc", "bank.Limits", "Check")
        assert line["rpc.grpc.status_code"] == 0
        assert line["messaging.message.conversation_id"] == HOSTILE_CAUSE.correlation_id
        assert line["messaging.message.causation_id"] == "m1"
        assert "error.type" not in line
    assert 0 < server["event.duration"] <= client["event.duration"]


@pytest.mark.parametrize(
    ("amount", "status"),
    [(5000, grpc.StatusCode.FAILED_PRECONDITION), (-1, grpc.StatusCode.UNKNOWN)],
)
def test_a_refused_or_broken_call_names_its_status_on_both_sides(
    check: Any, lines: LogLines, amount: int, status: Any
) -> None:
    with pytest.raises(grpc.RpcError):
        check({"amount": amount}, timeout=5)

    for kind in ("client", "server"):
        line = lines.wait(kind=kind)[0]
        assert (line["rpc.grpc.status_code"], line["error.type"]) == (status.value[0], status.name)


def test_a_call_to_a_service_that_is_down_is_logged(lines: LogLines) -> None:
    with grpc.insecure_channel("127.0.0.1:9") as channel:
        call = grpc.intercept_channel(channel, ClientInterceptor(EventLog("/"), "limits")).unary_unary(
            "/bank.Limits/Check"
        )
        with pytest.raises(grpc.RpcError):
            call(b"", timeout=5)

    assert lines.wait(kind="client")[0]["error.type"] == "UNAVAILABLE"


def test_a_call_over_another_transport_is_logged_by_hand(lines: LogLines) -> None:
    call = Call("client", "http", "PartnerBank", "Settle", peer="partner-bank")
    with pytest.raises(TimeoutError), client_call(EventLog("/"), call):
        raise TimeoutError
    with client_call(EventLog("/"), call):
        pass

    failed, answered = lines.matching(kind="client")
    assert failed["error.type"] == "TimeoutError"
    assert "error.type" not in answered
    assert "rpc.grpc.status_code" not in answered
