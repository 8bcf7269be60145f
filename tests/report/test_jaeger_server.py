"""The real Jaeger takes what is exported as Zipkin's spans, and tells it as it was meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from eventrail.model.trace import Trace
from eventrail.report.json_values import as_text
from eventrail.report.zipkin import trace_id_of, zipkin_spans
from stack.jaeger import Jaeger, why_not
from tests.report.stories import exported, refused, renamed, stuck
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

EXPORTED = exported()
TIMEOUT_SECONDS = 10
# What Jaeger makes of a span's kind and of a failure.
ITS_OWN = {"span.kind", "error", "otel.status_code", "otel.status_description"}
Span = dict[str, Any]


@pytest.fixture(scope="module")
def jaeger(servers_folder: Path) -> Iterator[Jaeger]:
    """A server for these tests alone; skips where it was not built."""
    if reason := why_not():
        pytest.skip(reason)
    server = Jaeger.create(servers_folder / "jaeger")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def told_by(jaeger: Jaeger, trace: Trace) -> tuple[list[Span], dict[str, Any]]:
    """Post a trace as a user would, and give what Jaeger tells of it: its spans and processes."""
    sent = zipkin_spans(trace)
    taken = requests.post(
        f"{jaeger.zipkin_url}/api/v2/spans",
        data=as_text(sent).encode(),
        headers={"Content-Type": "application/json"},
        timeout=TIMEOUT_SECONDS,
    )
    assert taken.status_code == 202, taken.text
    answers: list[Span] = []

    def complete() -> bool:
        address = f"{jaeger.url}/api/traces/{trace_id_of(trace.correlation_id)}"
        found = requests.get(address, timeout=TIMEOUT_SECONDS)
        answers[:] = found.json()["data"] if found.ok else []
        return bool(answers) and len(answers[0]["spans"]) == len(sent)

    assert eventually(complete), [len(answer["spans"]) for answer in answers]
    return answers[0]["spans"], answers[0]["processes"]


def tags_of(thing: Span) -> dict[str, Any]:
    return {tag["key"]: tag["value"] for tag in thing["tags"]}


@pytest.mark.parametrize("trace", EXPORTED.values(), ids=EXPORTED)
def test_jaeger_tells_every_span_with_its_cause_its_times_and_where_it_ran(jaeger: Jaeger, trace: Trace) -> None:
    spans, processes = told_by(jaeger, trace)

    def meant(span: Span) -> tuple[Any, ...]:
        service = span["localEndpoint"]["serviceName"]
        other = {"peer.service": span["remoteEndpoint"]["serviceName"]} if "remoteEndpoint" in span else {}
        tags = {name: text for name, text in (other | span["tags"]).items() if name != "error"}
        said = [(note["timestamp"], note["value"]) for note in span.get("annotations", [])]
        return (span["name"], span.get("parentId"), span["timestamp"], span.get("duration", 0), service, tags, said)

    def shown(span: Span) -> tuple[Any, ...]:
        causes = [one["spanID"] for one in span["references"]]
        process = processes[span["processID"]]
        tags = {name: text for name, text in tags_of(span).items() if name not in ITS_OWN}
        said = [(line["timestamp"], field["value"]) for line in span["logs"] for field in line["fields"]]
        cause = causes[0] if causes else None
        times = (span["startTime"], span["duration"])
        return (span["operationName"], cause, *times, process["serviceName"], tags, said)

    assert {one["spanID"]: shown(one) for one in spans} == {one["id"]: meant(one) for one in zipkin_spans(trace)}


def test_jaeger_marks_what_failed_and_says_what_is_open(jaeger: Jaeger) -> None:
    failed, _ = told_by(jaeger, renamed(refused(), "an event that failed"))
    (handling,) = [span for span in failed if span["operationName"] == "process payments"]
    assert tags_of(handling)["error"] is True
    assert tags_of(handling)["error.type"] == "CardError"

    stands, _ = told_by(jaeger, renamed(stuck(), "an event that stands still"))
    still = {span["operationName"] for span in stands if tags_of(span).get("eventrail.open") == "true"}
    assert still == {"process receipts", "wait parcels"}
