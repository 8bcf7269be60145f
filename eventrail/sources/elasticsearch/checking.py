"""Whether the server answers, what it is, and what a sample of the window shows."""

from collections.abc import Mapping
from typing import Any, Final

from eventrail.model.answers import SourceCheck
from eventrail.model.problem import Problem
from eventrail.model.window import Window
from eventrail.sources.documents import convert
from eventrail.sources.documents.coverage import fields_lacking, vocabularies_found
from eventrail.sources.elasticsearch import bodies
from eventrail.sources.elasticsearch.backend import Backend, Layout, UnanswerableError
from eventrail.sources.elasticsearch.faults import FAULTS, NAME, problem_of

_SAMPLE_DOCUMENTS: Final = 500
# Shown in this order where the sample has them.
_SHOWN_COLUMNS: Final = ("time", "correlation_id", "message_id", "operation_type", "queue", "service", "pod", "node")


def check(backend: Backend, window: Window) -> SourceCheck:
    """Answer as LogSource.check."""
    asked = backend.asked("looking at the logs")
    version, details, problems = _server(backend)
    try:
        layout = backend.layout(asked.question)
        sampled, lacks = _sample(backend, layout, window)
    except UnanswerableError as unanswerable:
        return SourceCheck(NAME, backend.address, True, version, details, (*problems, unanswerable.problem))
    except FAULTS as fault:
        problem = problem_of(fault, asked)
        return SourceCheck(NAME, backend.address, False, version, details, (problem,))
    indices = ("indices", f"{len(layout.index.indices)} for {backend.index}")
    return SourceCheck(NAME, backend.address, True, version, (*details, indices, *sampled), (*problems, *lacks))


def _server(backend: Backend) -> tuple[str, tuple[tuple[str, str], ...], tuple[Problem, ...]]:
    """Give version and cluster name; a user who may read only the logs may not be told them."""
    try:
        # The root of the API is not served by every distribution.
        told: Mapping[str, Any] = backend.client.nodes.info(
            metric="http", filter_path="cluster_name,nodes.*.version"
        ).body
    except FAULTS:
        what = "the server's version is not shown to this user"
        return "", (), (Problem(NAME, what, "grant the cluster privilege monitor, if you want to see it", "info"),)
    versions = sorted({str(node.get("version", "")) for node in told.get("nodes", {}).values()})
    return ", ".join(versions), (("cluster", str(told.get("cluster_name", ""))),), ()


def _sample(
    backend: Backend, layout: Layout, window: Window
) -> tuple[tuple[tuple[str, str], ...], tuple[Problem, ...]]:
    body = bodies.sample(window, layout.time_path, _SAMPLE_DOCUMENTS)
    response, lacks = backend.search(body, "looking at a sample")
    hits = response["hits"]["hits"]
    details = [("documents in the window", f"{response['hits']['total']['value']:,}")]
    if not hits:
        what = "no log lines in the window"
        return tuple(details), (*lacks, Problem(NAME, what, "choose another window; look at the log shipper"))
    converted = convert([hit.get("_source") for hit in hits], backend.field_map)
    found = vocabularies_found(converted, backend.field_map)
    details.append(("vocabulary", ", ".join(f"{name} ({count} fields)" for name, count in found)))
    details += [
        (column, ", ".join(converted.fields[column])) for column in _SHOWN_COLUMNS if column in converted.fields
    ]
    return tuple(details), (*lacks, *converted.problems(NAME), *fields_lacking(converted.events, NAME))
