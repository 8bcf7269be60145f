"""The bank's synchronous calls by gRPC, with JSON as the wire format: no generated code to keep."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from eventrail_instrumentation import Requeue
from eventrail_instrumentation.eventlog import EventLog
from eventrail_instrumentation.grpc_calls import ClientInterceptor, ServerInterceptor

_TIMEOUT_SECONDS = 5.0
_SERVER_THREADS = 4
_BALANCE = '{"loadBalancingConfig": [{"round_robin": {}}]}'
_UNREACHABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]


class Calls:
    """A pod's way to ask other services. Channels open with their first use and spread calls over a service's pods."""

    def __init__(self, log: EventLog, addresses: Mapping[str, list[str]]) -> None:
        self._log = log
        self._addresses = addresses
        self._channels: dict[str, Any] = {}

    def ask(self, service: str, method: str, question: Mapping[str, object]) -> dict[str, Any]:
        """Asks and waits. Raises `Requeue` when no pod of the service answers in time: the work is done later."""
        call = self._channel(service).unary_unary(_path(service, method), _encode, json.loads)
        try:
            answer: dict[str, Any] = call(question, timeout=_TIMEOUT_SECONDS, wait_for_ready=True)
        except grpc.RpcError as error:
            if error.code() in _UNREACHABLE:
                raise Requeue(f"{service} does not answer") from error
            raise
        return answer

    def _channel(self, service: str) -> Any:
        if service not in self._channels:
            target = "ipv4:" + ",".join(self._addresses[service])
            channel = grpc.insecure_channel(target, options=[("grpc.service_config", _BALANCE)])
            self._channels[service] = grpc.intercept_channel(channel, ClientInterceptor(self._log, service))
        return self._channels[service]


def serve(service: str, port: int, log: EventLog, methods: Mapping[str, Answer]) -> Any:
    """Starts a gRPC server for the methods; the caller stops it."""
    server = grpc.server(ThreadPoolExecutor(_SERVER_THREADS), interceptors=[ServerInterceptor(log)])
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            lambda question, _context, answer=answer: answer(question), json.loads, _encode
        )
        for method, answer in methods.items()
    }
    name = _path(service, "").strip("/")
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, handlers)])
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


def _path(service: str, method: str) -> str:
    return f"/bank.{service.title().replace('-', '')}/{method}"


def _encode(value: object) -> bytes:
    return json.dumps(value).encode()
