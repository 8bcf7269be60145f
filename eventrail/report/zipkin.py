"""A trace as Zipkin v2 spans, which Zipkin and Jaeger take as they are: one span a step.

Zipkin has no word for a message that waits: such a step is a span of the broker, between publish and handling.
"""

import hashlib
import re
from typing import Any, Final

import pandas as pd

from eventrail.analysis.columns import NOWHERE
from eventrail.analysis.forest import forest_of
from eventrail.model.trace import OPEN_STATES, SERVER, StepKind, Trace
from eventrail.report.zipkin_tags import BROKER, tags_of

Span = dict[str, Any]

_HEX_IDS: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{16}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPAN_ID_CHARACTERS: Final = 16
_TRACE_ID_CHARACTERS: Final = 32


def zipkin_spans(trace: Trace) -> list[Span]:
    """Give the trace's spans, in the order of its steps, ready to be written as JSON; docs/exports.md tells each field.

    Names are in small letters, as Zipkin's format asks; the tags have them as they were logged.
    Times are whole microseconds: begins and ends are cut, and what ended within one lasts 1, as Zipkin takes 0 for
    unknown. A step that is open has no duration and the tag `eventrail.open`.
    """
    steps = zip(trace.steps.to_dict("records"), _parents(trace.steps), strict=True)
    return [_span(step, trace.correlation_id, parent) for step, parent in steps]


def trace_id_of(correlation_id: str) -> str:
    """Give the trace ID: the correlation ID itself where it is one (16 or 32 hexadecimal digits, or a UUID, whose
    dashes go), else the first half of the SHA-256 of its UTF-8.
    """
    lower = correlation_id.lower()
    compact = lower.replace("-", "") if _UUID.fullmatch(lower) else lower
    if _HEX_IDS.fullmatch(compact) and compact.strip("0"):
        return compact
    return _digest(correlation_id)[:_TRACE_ID_CHARACTERS]


def span_id_of(step_id: str) -> str:
    """Give the span ID: the first quarter of the SHA-256 of the step's ID."""
    return _digest(step_id)[:_SPAN_ID_CHARACTERS]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _span(step: dict[Any, Any], correlation_id: str, parent: str | None) -> Span:
    start, end = step["start"], step["end"]
    began = start if pd.notna(start) else end
    is_open = step["state"] in OPEN_STATES
    span: Span = {"traceId": trace_id_of(correlation_id), "id": span_id_of(step["id"]), "name": _name(step).lower()}
    if parent is not None:
        span["parentId"] = span_id_of(parent)
    if (kind := _kind(step)) is not None:
        span["kind"] = kind
    if pd.notna(began):
        span["timestamp"] = _microseconds(began)
    if pd.notna(began) and pd.notna(end):
        span["duration"] = max(_microseconds(end) - _microseconds(began), 1)
    if (local := BROKER if step["kind"] == StepKind.WAIT else _text(step["service"])) is not None:
        span["localEndpoint"] = {"serviceName": local.lower()}
    if (remote := _remote(step)) is not None:
        span["remoteEndpoint"] = {"serviceName": remote.lower()}
    if annotations := _annotations(step):
        span["annotations"] = annotations
    return span | {"tags": tags_of(step, correlation_id, is_open=is_open)}


def _name(step: dict[Any, Any]) -> str:
    """Name a span as OpenTelemetry names those of messaging: what is done, and where."""
    place = _text(step["queue"])
    match step["kind"]:
        case StepKind.PUBLISH:
            return f"send {_text(step['event_type']) or _text(step['exchange']) or ''}".strip()
        case StepKind.WAIT:
            return f"wait {place or ''}".strip()
        case StepKind.HANDLE:
            return f"process {place or ''}".strip()
        case _:
            return _text(step["call_method"]) or "call"


def _kind(step: dict[Any, Any]) -> str | None:
    match step["kind"]:
        case StepKind.PUBLISH:
            return "PRODUCER"
        case StepKind.HANDLE:
            return "CONSUMER"
        case StepKind.CALL:
            return "SERVER" if step["span_kind"] == SERVER else "CLIENT"
        case _:
            return None


def _remote(step: dict[Any, Any]) -> str | None:
    if step["kind"] in (StepKind.PUBLISH, StepKind.HANDLE):
        return BROKER
    return _text(step["peer_service"]) if step["kind"] == StepKind.CALL else None


def _annotations(step: dict[Any, Any]) -> list[dict[str, Any]]:
    """Give when a delivery was received, taken by its handler, and settled."""
    if step["kind"] != StepKind.HANDLE:
        return []
    outcome = _text(step["outcome"])
    settled = f"settle: {outcome}" if outcome else "settle"
    told = ((step["start"], "receive"), (step["handling_start"], "process"), (step["end"], settled))
    return [{"timestamp": _microseconds(at), "value": value} for at, value in told if pd.notna(at)]


def _parents(steps: pd.DataFrame) -> list[str | None]:
    """Give the ID of each step's cause; a circle of causes, which only bad IDs make, is cut above its first step."""
    ids = steps["id"].tolist()
    return [None if cause == NOWHERE else ids[cause] for cause in forest_of(steps).parent.tolist()]


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or value == "" else str(value)


def _microseconds(instant: pd.Timestamp) -> int:
    return int(instant.as_unit("ns").value // 1000)
