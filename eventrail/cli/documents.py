"""The answers as JSON documents. Their names are an interface for programs; docs/command-line.md lists them.

Times are ISO 8601 in UTC. A value that is not known is null. Problems have one shape wherever they stand.
"""

import json
from datetime import datetime
from typing import Any, Final

import pandas as pd

from eventrail.investigate.answers import FoundEvents, TraceAnswer, UnackedAnswer
from eventrail.model.answers import SourceCheck
from eventrail.model.ledger import QueueLedger, Reason
from eventrail.model.problem import Problem
from eventrail.recording.record import RecordingMade

Document = dict[str, Any]

STEP_KEYS: Final = (
    *("id", "parent_id", "kind", "service", "pod", "node", "queue", "exchange", "routing_key"),
    *("message_id", "event_type", "attempt", "start", "end", "state", "inferred"),
)
DELIVERY_KEYS: Final = (
    *("message_id", "correlation_id", "event_type", "service", "pod", "node", "stage", "delivered", "age_seconds"),
    *("attempt", "consumer_tag", "delivery_tag", "inferred"),
)
FOUND_KEYS: Final = ("correlation_id", "newest", "lines", "matched")


def trace_document(answer: TraceAnswer) -> Document:
    """Give `eventrail trace`. log_lines and outstanding are counts."""
    trace = answer.trace
    if trace is None:
        return {
            "correlation_id": answer.correlation_id,
            "started": None,
            "ended": None,
            "state": "unknown",
            "services": [],
            "steps": [],
            "log_lines": 0,
            "outstanding": 0,
            "warnings": _problems(answer.problems),
        }
    return {
        "correlation_id": trace.correlation_id,
        "started": _json_value(trace.started),
        "ended": _json_value(trace.ended),
        "state": str(trace.state),
        "services": list(trace.services),
        "steps": _rows(trace.steps, STEP_KEYS),
        "log_lines": len(trace.log_lines),
        "outstanding": len(trace.outstanding),
        "warnings": _problems((*trace.warnings, *answer.problems)),
    }


def unacked_document(answer: UnackedAnswer) -> Document:
    """Give `eventrail unacked`."""
    return {
        "as_of": _json_value(answer.moment.as_of),
        "queues": [_queue(queue) for queue in answer.ledger.queues],
        "problems": _problems(answer.problems),
    }


def found_document(answer: FoundEvents) -> Document:
    """Give `eventrail find`."""
    return {
        "text": answer.text,
        "from": _json_value(answer.searched.start),
        "to": _json_value(answer.searched.end),
        "events": _rows(answer.frame, FOUND_KEYS),
        "problems": _problems(answer.problems),
    }


def checks_document(checks: tuple[SourceCheck, ...]) -> Document:
    """Give `eventrail check`."""
    return {
        "sources": [
            {
                "source": check.source,
                "address": check.address,
                "reachable": check.reachable,
                "version": check.version,
                "details": dict(check.details),
                "problems": _problems(check.problems),
            }
            for check in checks
        ]
    }


def recording_document(made: RecordingMade) -> Document:
    """Give `eventrail record`."""
    return {
        "file": str(made.path),
        "size_bytes": made.size_bytes,
        "log_lines": made.log_lines,
        "samples": made.samples,
        "problems": _problems(made.problems),
    }


def as_text(document: Document) -> str:
    """Give the document as JSON. Other letters than ASCII are escaped, so that no text can speak to a terminal."""
    return json.dumps(document, indent=2, allow_nan=False)


def _queue(queue: QueueLedger) -> Document:
    return {
        "vhost": queue.vhost,
        "queue": queue.queue,
        "gauge": queue.gauge,
        "gauge_time": _json_value(queue.gauge_time),
        "explained": queue.explained,
        "unexplained": queue.unexplained,
        "surplus": queue.surplus,
        "reasons": [_reason(reason) for reason in queue.reasons],
        "deliveries": _rows(queue.deliveries, DELIVERY_KEYS),
    }


def _reason(reason: Reason) -> Document:
    return {"side": reason.side, "kind": reason.kind, "messages": reason.messages, "what": reason.what}


def _problems(problems: tuple[Problem, ...]) -> list[Document]:
    unique = dict.fromkeys(problems)
    return [
        {"source": each.source, "what": each.what, "remedy": each.remedy, "severity": each.severity} for each in unique
    ]


def _rows(frame: pd.DataFrame, keys: tuple[str, ...]) -> list[Document]:
    columns = {key: _column(frame[key], key) for key in keys}
    return [dict(zip(keys, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _column(column: "pd.Series[Any]", key: str) -> list[Any]:
    values = column.tolist()
    if key == "inferred":
        return [_names(value) for value in values]
    return [_json_value(value) for value in values]


def _names(value: Any) -> list[str]:
    return [name.strip() for name in value.split(",")] if isinstance(value, str) and value else []


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime) and not pd.isna(value):
        return value.isoformat().replace("+00:00", "Z")
    return None if pd.isna(value) else value
