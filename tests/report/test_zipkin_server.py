"""The real Zipkin takes what is exported and shows it as it was meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from eventrail.model.trace import Trace
from eventrail.report.json_values import as_text
from eventrail.report.zipkin import trace_id_of, zipkin_spans
from stack.zipkin import Zipkin, why_not
from tests.report.stories import exported, renamed, stuck
from tests.stack.polling import eventually

pytestmark = pytest.mark.servers

EXPORTED = exported()
TIMEOUT_SECONDS = 10


@pytest.fixture(scope="module")
def zipkin(servers_folder: Path) -> Iterator[Zipkin]:
    """A server for these tests alone; skips where it cannot run."""
    if reason := why_not():
        pytest.skip(reason)
    server = Zipkin.create(servers_folder / "zipkin", heap="256m")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def by_id(spans: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {span["id"]: span for span in spans}


@pytest.mark.parametrize("trace", EXPORTED.values(), ids=EXPORTED)
def test_zipkin_gives_back_every_span_as_it_was_sent(zipkin: Zipkin, trace: Trace) -> None:
    sent = zipkin_spans(trace)
    taken = requests.post(
        f"{zipkin.url}/api/v2/spans",
        data=as_text(sent),
        headers={"Content-Type": "application/json"},
        timeout=TIMEOUT_SECONDS,
    )
    assert taken.status_code == 202, taken.text

    def stored() -> list[dict[str, Any]]:
        address = f"{zipkin.url}/api/v2/trace/{trace_id_of(trace.correlation_id)}"
        found = requests.get(address, timeout=TIMEOUT_SECONDS)
        spans: list[dict[str, Any]] = found.json() if found.ok else []
        return spans

    assert eventually(lambda: len(stored()) == len(sent)), len(stored())
    assert by_id(stored()) == by_id(sent)


def test_zipkin_sees_who_sends_to_whom_by_way_of_the_broker(zipkin: Zipkin) -> None:
    sent = zipkin_spans(renamed(stuck(), "an event with neighbours"))
    requests.post(f"{zipkin.url}/api/v2/spans", json=sent, timeout=TIMEOUT_SECONDS).raise_for_status()
    newest = max(span["timestamp"] for span in sent) // 1000 + 60_000

    def neighbours() -> set[tuple[str, str]]:
        asked = {"endTs": newest, "lookback": 3_600_000}
        found = requests.get(f"{zipkin.url}/api/v2/dependencies", params=asked, timeout=TIMEOUT_SECONDS)
        found.raise_for_status()
        return {(link["parent"], link["child"]) for link in found.json()}

    wanted = {("orders", "rabbitmq"), ("rabbitmq", "payments"), ("payments", "limits"), ("rabbitmq", "receipts")}
    assert eventually(lambda: neighbours() >= wanted), neighbours()
