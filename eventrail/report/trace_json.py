"""A trace as a JSON document, whoever asks for it; docs/command-line.md lists its keys."""

from typing import Final

from eventrail.model.problem import Problem
from eventrail.model.trace import Trace
from eventrail.report.json_values import Document, json_value, problem_documents, rows

STEP_KEYS: Final = (
    *("id", "parent_id", "kind", "service", "service_version", "pod", "node", "queue", "exchange", "routing_key"),
    *("message_id", "event_type", "attempt", "start", "end", "state", "inferred"),
)


def trace_document(trace: Trace | None, correlation_id: str, problems: tuple[Problem, ...] = ()) -> Document:
    """Give the document of a trace, or of one that was not found; `problems` follow the trace's own warnings.

    log_lines and outstanding are counts.
    """
    if trace is None:
        return {
            "correlation_id": correlation_id,
            "started": None,
            "ended": None,
            "state": "unknown",
            "services": [],
            "steps": [],
            "log_lines": 0,
            "outstanding": 0,
            "warnings": problem_documents(problems),
        }
    return {
        "correlation_id": trace.correlation_id,
        "started": json_value(trace.started),
        "ended": json_value(trace.ended),
        "state": str(trace.state),
        "services": list(trace.services),
        "steps": rows(trace.steps, STEP_KEYS),
        "log_lines": len(trace.log_lines),
        "outstanding": len(trace.outstanding),
        "warnings": problem_documents((*trace.warnings, *problems)),
    }
