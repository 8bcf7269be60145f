"""gRPC interceptors that log calls and carry correlation and causation across them.

Needs the extra `grpc`.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import grpc

from eventrail_instrumentation.calls import Call, write_call
from eventrail_instrumentation.context import Cause, current_cause, on_behalf_of
from eventrail_instrumentation.eventlog import EventLog
from eventrail_instrumentation.ids import new_id

_CORRELATION = "correlation-id"
_CAUSATION = "causation-id"
_SPAN = "span-id"


class _CallDetails(NamedTuple):
    """What gRPC's interceptor protocol reads, with metadata of our own."""

    method: str
    timeout: float | None
    metadata: list[tuple[str, str]]
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class ClientInterceptor(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Logs each unary call of a channel: `grpc.intercept_channel(channel, ClientInterceptor(service.log,
    "limits"))`.
    """

    def __init__(self, log: EventLog, peer: str) -> None:
        """`peer` is the name of the service that the channel leads to."""
        self._log = log
        self._peer = peer

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request: Any
    ) -> Any:
        """Called by gRPC around a call. Waits for the answer, as a unary call does anyway."""
        service, method = _split(client_call_details.method)
        call = Call("client", "grpc", service, method, peer=self._peer, span_id=new_id())
        details = _CallDetails(
            client_call_details.method,
            client_call_details.timeout,
            [*(client_call_details.metadata or ()), *_metadata(call.span_id or "")],
            client_call_details.credentials,
            client_call_details.wait_for_ready,
            client_call_details.compression,
        )
        started = time.perf_counter_ns()
        response = continuation(details, request)
        status = response.code()  # waits for the end of the call
        _write(self._log, call, started, status)
        return response


class ServerInterceptor(grpc.ServerInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Logs each unary call served: `grpc.server(pool, interceptors=[ServerInterceptor(service.log)])`."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Called by gRPC to find a method's handler; wraps the handler of a unary method, leaves others
        alone.
        """
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        service, method = _split(handler_call_details.method)

        def serve(request: Any, context: Any) -> Any:
            metadata = dict(context.invocation_metadata())
            call = Call("server", "grpc", service, method, parent_id=metadata.get(_SPAN))
            with on_behalf_of(_cause(metadata)):
                return self._serve(call, handler.unary_unary, request, context)

        return grpc.unary_unary_rpc_method_handler(serve, handler.request_deserializer, handler.response_serializer)

    def _serve(self, call: Call, behaviour: Callable[[Any, Any], Any], request: Any, context: Any) -> Any:
        started = time.perf_counter_ns()
        try:
            response = behaviour(request, context)
        except BaseException:
            # context.abort() raises a bare Exception after it has set the code; anything else is UNKNOWN to
            # the client.
            _write(self._log, call, started, context.code() or grpc.StatusCode.UNKNOWN)
            raise
        _write(self._log, call, started, context.code() or grpc.StatusCode.OK)
        return response


def _write(log: EventLog, call: Call, started: int, status: Any) -> None:
    error_type = None if status is grpc.StatusCode.OK else status.name
    write_call(log, call, time.perf_counter_ns() - started, grpc_status=status.value[0], error_type=error_type)


def _metadata(span_id: str) -> Iterable[tuple[str, str]]:
    yield _SPAN, span_id
    cause = current_cause()
    if cause is not None:
        # Metadata is printable ASCII; an ID may hold anything.
        yield _CORRELATION, quote(cause.correlation_id)
        if cause.message_id is not None:
            yield _CAUSATION, quote(cause.message_id)


def _cause(metadata: dict[str, str]) -> Cause:
    causation = metadata.get(_CAUSATION)
    correlation = metadata.get(_CORRELATION)
    return Cause(
        unquote(correlation) if correlation is not None else new_id(),
        unquote(causation) if causation is not None else None,
    )


def _split(path: str | bytes) -> tuple[str, str]:
    text = path.decode() if isinstance(path, bytes) else path
    service, _, method = text.lstrip("/").rpartition("/")
    return service, method
